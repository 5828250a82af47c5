"""What the running service notes about itself: signs of life, and answers already given."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import CONFIDENTIAL, RESTRICTED, Base, UtcDateTime


class Heartbeat(Base):
    """When a rhythm last ran to its end (the machine's clock, UTC), and what it found."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(String(64), primary_key=True, info=RESTRICTED)
    at: Mapped[datetime] = mapped_column(UtcDateTime, info=RESTRICTED)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, info=RESTRICTED)


class IdempotencyKey(Base):
    """An API request that sends something, and the answer it got, so that a repeat gets the same and sends nothing."""

    __tablename__ = "idempotency_key"

    caller: Mapped[str] = mapped_column(String(64), primary_key=True, info=CONFIDENTIAL)
    key: Mapped[str] = mapped_column(String(100), primary_key=True, info=CONFIDENTIAL)
    route: Mapped[str] = mapped_column(String(200), info=CONFIDENTIAL)
    request_hash: Mapped[str] = mapped_column(String(64), info=CONFIDENTIAL)
    status: Mapped[int] = mapped_column(info=CONFIDENTIAL)
    response: Mapped[str] = mapped_column(Text, info=CONFIDENTIAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=CONFIDENTIAL)
