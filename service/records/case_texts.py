"""The public summary of a case in other languages than its own."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Date, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import ABOUT_MEMBER, PUBLIC, RESTRICTED, Base, UtcDateTime, Versioned, new_id


class CaseText(Versioned, Base):
    """One translation of a case's public summary into one language (BCP 47).

    `made_from` is the SHA-256 of the original that was translated: once the original says something else, the translation
    is not shown. `translated_by` names whoever answers for it, for staff alone; `as_of` is the day of the translation.
    """

    __tablename__ = "case_text"
    __table_args__ = (UniqueConstraint("case_id", "language"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), info=PUBLIC)
    language: Mapped[str] = mapped_column(String(16), info=PUBLIC)
    summary: Mapped[str] = mapped_column(Text, info=PUBLIC)
    made_from: Mapped[str] = mapped_column(String(64), info=PUBLIC)
    translated_by: Mapped[str | None] = mapped_column(String(200), info=ABOUT_MEMBER)
    as_of: Mapped[date] = mapped_column(Date, info=PUBLIC)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=RESTRICTED)
