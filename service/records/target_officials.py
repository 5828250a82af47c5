"""Target officials: whom an urgent action asks its readers to write to."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import JSON, Date, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import PUBLIC, RESTRICTED, Base, UtcDateTime, Versioned, new_id


class TargetOfficial(Versioned, Base):
    """An office and who holds it, as of `last_verified_on`.

    `address` has a line for each of the envelope's; `salutations` are by language (BCP 47). An office outlives whoever
    holds it, so the name may be missing.
    """

    __tablename__ = "target_official"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    office: Mapped[str] = mapped_column(String(200), info=PUBLIC)
    name: Mapped[str | None] = mapped_column(String(200), info=PUBLIC)
    country: Mapped[str] = mapped_column(String(2), index=True, info=PUBLIC)
    address: Mapped[str | None] = mapped_column(Text, info=PUBLIC)
    mailbox: Mapped[str | None] = mapped_column(String(254), info=PUBLIC)
    salutations: Mapped[dict[str, str]] = mapped_column(JSON, info=PUBLIC)
    last_verified_on: Mapped[date] = mapped_column(Date, info=PUBLIC)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=RESTRICTED)
