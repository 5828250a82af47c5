"""Gates: how fast, and whether at all, a receiving host or a relay may be written to just now."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import CONFIDENTIAL, PUBLIC, RESTRICTED, Base, UtcDateTime


class Gate(Base):
    """The pace and the circuit of one host, relay or destination; it holds for every process.

    `key` is `smtp:host:port` for a relay, `dest:id` for a destination with a gate of its own, and `host:` with a keyed
    hash for a host that somebody chose as theirs. Instants are the database's clock: nothing leaves before `shut_until`;
    `paced_until` is how far the pace is used up. `failures` counts those in a row, `reason` is the last one's.
    """

    __tablename__ = "gate"

    key: Mapped[str] = mapped_column(String(300), primary_key=True, info=RESTRICTED)
    paced_until: Mapped[datetime | None] = mapped_column(UtcDateTime, info=PUBLIC)
    shut_until: Mapped[datetime | None] = mapped_column(UtcDateTime, info=PUBLIC)
    failures: Mapped[int] = mapped_column(default=0, info=PUBLIC)
    reason: Mapped[str | None] = mapped_column(String(500), info=CONFIDENTIAL)
