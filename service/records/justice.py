"""Court steps, sentences and parole reviews.

`created_at` is None for what was written before it was noted.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Date, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import ABOUT_PERSON, PUBLIC, RESTRICTED, Base, UtcDateTime, Versioned, new_id, word
from service.vocabulary import DatePrecision, ParoleDecision, Position, ProceedingKind


class Proceeding(Versioned, Base):
    """One step before a court or authority: which, when, with what result."""

    __tablename__ = "proceeding"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True, info=RESTRICTED)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), info=RESTRICTED)
    source_id: Mapped[UUID | None] = mapped_column(ForeignKey("source.id"), info=RESTRICTED)
    kind: Mapped[ProceedingKind] = mapped_column(word(ProceedingKind), info=ABOUT_PERSON)
    body: Mapped[str | None] = mapped_column(String(200), info=ABOUT_PERSON)
    occurred_on: Mapped[date | None] = mapped_column(Date, info=ABOUT_PERSON)
    occurred_precision: Mapped[DatePrecision] = mapped_column(word(DatePrecision), info=ABOUT_PERSON)
    charge: Mapped[str | None] = mapped_column(Text, info=ABOUT_PERSON)
    outcome: Mapped[str | None] = mapped_column(Text, info=ABOUT_PERSON)
    as_of: Mapped[date] = mapped_column(Date, info=RESTRICTED)
    locator: Mapped[str | None] = mapped_column(String(200), info=RESTRICTED)
    created_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=RESTRICTED)


class Sentence(Versioned, Base):
    """A term as pronounced, in months; `ends_on` only where a source states it."""

    __tablename__ = "sentence"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True, info=RESTRICTED)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), info=RESTRICTED)
    source_id: Mapped[UUID | None] = mapped_column(ForeignKey("source.id"), info=RESTRICTED)
    pronounced_on: Mapped[date | None] = mapped_column(Date, info=ABOUT_PERSON)
    pronounced_precision: Mapped[DatePrecision] = mapped_column(word(DatePrecision), info=ABOUT_PERSON)
    months: Mapped[int | None] = mapped_column(Integer, info=ABOUT_PERSON)
    confiscation: Mapped[bool] = mapped_column(default=False, info=ABOUT_PERSON)
    offences: Mapped[str | None] = mapped_column(Text, info=ABOUT_PERSON)
    ends_on: Mapped[date | None] = mapped_column(Date, info=ABOUT_PERSON)
    as_of: Mapped[date] = mapped_column(Date, info=RESTRICTED)
    locator: Mapped[str | None] = mapped_column(String(200), info=RESTRICTED)
    created_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=RESTRICTED)


class ParoleReview(Versioned, Base):
    """Eligibility, hearing, where prosecutor and administration stood, what was decided."""

    __tablename__ = "parole_review"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True, info=RESTRICTED)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), info=RESTRICTED)
    source_id: Mapped[UUID | None] = mapped_column(ForeignKey("source.id"), info=RESTRICTED)
    eligible_on: Mapped[date | None] = mapped_column(Date, info=ABOUT_PERSON)
    hearing_on: Mapped[date | None] = mapped_column(Date, info=ABOUT_PERSON)
    decided_on: Mapped[date | None] = mapped_column(Date, info=ABOUT_PERSON)
    decision: Mapped[ParoleDecision] = mapped_column(word(ParoleDecision), info=ABOUT_PERSON)
    prosecutor_position: Mapped[Position] = mapped_column(word(Position), info=ABOUT_PERSON)
    administration_position: Mapped[Position] = mapped_column(word(Position), info=ABOUT_PERSON)
    appeal_by: Mapped[date | None] = mapped_column(Date, info=ABOUT_PERSON)
    as_of: Mapped[date] = mapped_column(Date, info=RESTRICTED)
    locator: Mapped[str | None] = mapped_column(String(200), info=RESTRICTED)
    created_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=RESTRICTED)
