"""Health conditions and what was done about them."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Date, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import CONFIDENTIAL, HEALTH, PUBLIC, Base, UtcDateTime, Versioned, new_id, word
from service.vocabulary import CareAccess, CareKind, Certainty, DatePrecision, OfficialPosition, Severity, Urgency


class HealthCondition(Versioned, Base):
    """A diagnosis or complaint as stated, with its severity, its certainty, and who made it."""

    __tablename__ = "health_condition"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True, info=CONFIDENTIAL)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True, info=CONFIDENTIAL)
    source_id: Mapped[UUID | None] = mapped_column(ForeignKey("source.id"), info=CONFIDENTIAL)
    label: Mapped[str] = mapped_column(String(200), info=HEALTH)
    severity: Mapped[Severity] = mapped_column(word(Severity), info=HEALTH)
    certainty: Mapped[Certainty] = mapped_column(word(Certainty), info=HEALTH)
    made_by: Mapped[str | None] = mapped_column(String(200), info=HEALTH)
    care_access: Mapped[CareAccess] = mapped_column(word(CareAccess), info=HEALTH)
    official_position: Mapped[OfficialPosition | None] = mapped_column(word(OfficialPosition), info=HEALTH)
    official_assessment: Mapped[str | None] = mapped_column(Text, info=HEALTH)
    as_of: Mapped[date] = mapped_column(Date, info=HEALTH)
    locator: Mapped[str | None] = mapped_column(String(200), info=HEALTH)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=CONFIDENTIAL)


class CareEvent(Versioned, Base):
    """An examination, treatment or refusal: asked for when, happened when, with what result."""

    __tablename__ = "care_event"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True, info=CONFIDENTIAL)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True, info=CONFIDENTIAL)
    source_id: Mapped[UUID | None] = mapped_column(ForeignKey("source.id"), info=CONFIDENTIAL)
    kind: Mapped[CareKind] = mapped_column(word(CareKind), info=HEALTH)
    urgency: Mapped[Urgency | None] = mapped_column(word(Urgency), info=HEALTH)
    requested_on: Mapped[date | None] = mapped_column(Date, info=HEALTH)
    occurred_on: Mapped[date | None] = mapped_column(Date, info=HEALTH)
    occurred_precision: Mapped[DatePrecision] = mapped_column(
        word(DatePrecision), default=DatePrecision.UNKNOWN, info=HEALTH
    )
    outcome: Mapped[str] = mapped_column(Text, info=HEALTH)
    as_of: Mapped[date] = mapped_column(Date, info=HEALTH)
    locator: Mapped[str | None] = mapped_column(String(200), info=HEALTH)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=CONFIDENTIAL)
