"""What was sent to an authority or a body that must answer, what came of it, and while what its clock stands still."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Date, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from alerts.facts import Tier
from service.records.base import (
    ABOUT_PERSON,
    PUBLIC,
    RESTRICTED,
    Base,
    UtcDateTime,
    Versioned,
    classified,
    new_id,
    word,
)
from service.vocabulary import DatePrecision, Mechanism

# What is complained of may be an illness or torture, and whoever answers repeats it.
PLEADED = classified(Tier.CONFIDENTIAL, about="person")


class Petition(Versioned, Base):
    """A complaint, communication or report: by which mechanism, to whom, what about, and what became of it.

    `reply_within_days` is the term that the law itself gives, which `reply_basis` names; None: the mechanism's own.
    `decided_on` is the day of an opinion, of a decision or of a report's adoption; `answered_on` that of a reply.
    """

    __tablename__ = "petition"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True, info=RESTRICTED)
    person_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), index=True, info=RESTRICTED
    )
    source_id: Mapped[UUID | None] = mapped_column(ForeignKey("source.id"), info=RESTRICTED)
    mechanism: Mapped[Mechanism] = mapped_column(word(Mechanism), info=ABOUT_PERSON)
    addressee: Mapped[str] = mapped_column(String(200), info=ABOUT_PERSON)
    subject: Mapped[str] = mapped_column(Text, info=PLEADED)
    reference: Mapped[str | None] = mapped_column(String(200), info=ABOUT_PERSON)
    sent_on: Mapped[date | None] = mapped_column(Date, info=ABOUT_PERSON)
    sent_precision: Mapped[DatePrecision] = mapped_column(word(DatePrecision), info=ABOUT_PERSON)
    reply_within_days: Mapped[int | None] = mapped_column(Integer, info=RESTRICTED)
    reply_basis: Mapped[str | None] = mapped_column(Text, info=RESTRICTED)
    counts_working_days: Mapped[bool] = mapped_column(default=False, info=RESTRICTED)
    decided_on: Mapped[date | None] = mapped_column(Date, info=ABOUT_PERSON)
    decision: Mapped[str | None] = mapped_column(Text, info=PLEADED)
    answered_on: Mapped[date | None] = mapped_column(Date, info=ABOUT_PERSON)
    answer: Mapped[str | None] = mapped_column(Text, info=PLEADED)
    withdrawn_on: Mapped[date | None] = mapped_column(Date, info=ABOUT_PERSON)
    as_of: Mapped[date] = mapped_column(Date, info=RESTRICTED)
    locator: Mapped[str | None] = mapped_column(String(200), info=RESTRICTED)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=RESTRICTED)

    pauses: Mapped[list[ClockPause]] = relationship(
        back_populates="petition", order_by="(ClockPause.from_on, ClockPause.id)", passive_deletes=True
    )


class ClockPause(Versioned, Base):
    """Days on which a petition's clock stands still, the first and the last included; `until_on` None: it still does.

    `basis` is what lets it stand still, such as the paragraph of a law.
    """

    __tablename__ = "clock_pause"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    petition_id: Mapped[UUID] = mapped_column(
        ForeignKey("petition.id", ondelete="CASCADE"), index=True, info=RESTRICTED
    )
    from_on: Mapped[date] = mapped_column(Date, info=ABOUT_PERSON)
    until_on: Mapped[date | None] = mapped_column(Date, info=ABOUT_PERSON)
    reason: Mapped[str] = mapped_column(Text, info=PLEADED)
    basis: Mapped[str] = mapped_column(Text, info=RESTRICTED)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=RESTRICTED)

    petition: Mapped[Petition] = relationship(back_populates="pauses")
