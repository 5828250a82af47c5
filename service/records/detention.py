"""Where and how somebody was held, and the days in isolation.

`created_at` is None for what was written before it was noted.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Date, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import ABOUT_PERSON, PUBLIC, RESTRICTED, Base, UtcDateTime, Versioned, new_id, word
from service.vocabulary import DatePrecision, Regime


class DetentionEpisode(Versioned, Base):
    """One stay in one facility under one regime; `until_on` is None while it lasts or is not known."""

    __tablename__ = "detention_episode"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True, info=RESTRICTED)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True, info=RESTRICTED)
    source_id: Mapped[UUID | None] = mapped_column(ForeignKey("source.id"), info=RESTRICTED)
    facility: Mapped[str] = mapped_column(String(200), info=ABOUT_PERSON)
    place: Mapped[str | None] = mapped_column(String(200), info=ABOUT_PERSON)
    regime: Mapped[Regime | None] = mapped_column(word(Regime), info=ABOUT_PERSON)
    from_on: Mapped[date | None] = mapped_column(Date, info=ABOUT_PERSON)
    from_precision: Mapped[DatePrecision] = mapped_column(word(DatePrecision), info=ABOUT_PERSON)
    until_on: Mapped[date | None] = mapped_column(Date, info=ABOUT_PERSON)
    until_precision: Mapped[DatePrecision] = mapped_column(word(DatePrecision), info=ABOUT_PERSON)
    reason: Mapped[str | None] = mapped_column(Text, info=ABOUT_PERSON)
    as_of: Mapped[date] = mapped_column(Date, info=RESTRICTED)
    locator: Mapped[str | None] = mapped_column(String(200), info=RESTRICTED)
    created_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=RESTRICTED)


class IsolationPlacement(Versioned, Base):
    """A placement in solitary confinement; the Mandela Rules (43, 44) forbid more than 15 days."""

    __tablename__ = "isolation_placement"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True, info=RESTRICTED)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True, info=RESTRICTED)
    source_id: Mapped[UUID | None] = mapped_column(ForeignKey("source.id"), info=RESTRICTED)
    from_on: Mapped[date | None] = mapped_column(Date, info=ABOUT_PERSON)
    from_precision: Mapped[DatePrecision] = mapped_column(word(DatePrecision), info=ABOUT_PERSON)
    until_on: Mapped[date | None] = mapped_column(Date, info=ABOUT_PERSON)
    reason: Mapped[str | None] = mapped_column(Text, info=ABOUT_PERSON)
    as_of: Mapped[date] = mapped_column(Date, info=RESTRICTED)
    locator: Mapped[str | None] = mapped_column(String(200), info=RESTRICTED)
    created_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=RESTRICTED)
