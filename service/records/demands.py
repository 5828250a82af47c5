"""Demands: what is asked of the state, and what became of it over time."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Column, Date, ForeignKey, String, Table, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.records.base import PUBLIC, RESTRICTED, Base, UtcDateTime, Versioned, new_id, word
from service.records.cases import Case
from service.records.follow_ups import FollowUp
from service.records.people import Person
from service.records.sources import Source
from service.vocabulary import Implementation, StateResponse

demand_case = Table(
    "demand_case",
    Base.metadata,
    Column("demand_id", ForeignKey("demand.id", ondelete="CASCADE"), primary_key=True, info=PUBLIC),
    Column("case_id", ForeignKey("case.id", ondelete="CASCADE"), primary_key=True, index=True, info=PUBLIC),
)
demand_person = Table(
    "demand_person",
    Base.metadata,
    Column("demand_id", ForeignKey("demand.id", ondelete="CASCADE"), primary_key=True, info=RESTRICTED),
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True, info=RESTRICTED),
)

demand_follow_up = Table(
    "demand_follow_up",
    Base.metadata,
    Column("demand_id", ForeignKey("demand.id", ondelete="CASCADE"), primary_key=True, info=PUBLIC),
    Column("follow_up_id", ForeignKey("follow_up.id", ondelete="CASCADE"), primary_key=True, index=True, info=PUBLIC),
)


class Demand(Versioned, Base):
    """A recommendation addressed to the state.

    `code` is its place in the source: section, G (general) or S (specific), order within them ("1S2"). `state_response`
    and `implementation` are those of the latest assessment.
    """

    __tablename__ = "demand"
    __table_args__ = (UniqueConstraint("case_file", "code"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    case_file: Mapped[str] = mapped_column(String(64), info=PUBLIC)
    code: Mapped[str] = mapped_column(String(16), info=PUBLIC)
    scope: Mapped[str] = mapped_column(String(16), info=PUBLIC)
    text: Mapped[str] = mapped_column(Text, info=PUBLIC)
    addressee: Mapped[str] = mapped_column(String(200), info=PUBLIC)
    category: Mapped[int | None] = mapped_column(info=PUBLIC)
    duplicate_of_id: Mapped[UUID | None] = mapped_column(ForeignKey("demand.id"), info=PUBLIC)
    source_id: Mapped[UUID] = mapped_column(ForeignKey("source.id"), info=PUBLIC)
    state_response: Mapped[StateResponse | None] = mapped_column(word(StateResponse), info=PUBLIC)
    implementation: Mapped[Implementation] = mapped_column(
        word(Implementation), default=Implementation.NOT_ASSESSED, info=PUBLIC
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=RESTRICTED)

    cases: Mapped[list[Case]] = relationship(secondary=demand_case)
    persons: Mapped[list[Person]] = relationship(secondary=demand_person)
    follow_ups: Mapped[list[FollowUp]] = relationship(secondary=demand_follow_up, order_by=FollowUp.due_on)


class DemandAssessment(Base):
    """What was found of a demand on a day: how the state answered, how far it is carried out, and by which evidence.

    `state_response` None: nothing new of the answer.
    """

    __tablename__ = "demand_assessment"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    demand_id: Mapped[UUID] = mapped_column(ForeignKey("demand.id", ondelete="CASCADE"), index=True, info=PUBLIC)
    assessed_on: Mapped[date] = mapped_column(Date, info=PUBLIC)
    state_response: Mapped[StateResponse | None] = mapped_column(word(StateResponse), info=PUBLIC)
    implementation: Mapped[Implementation] = mapped_column(word(Implementation), info=PUBLIC)
    evidence: Mapped[str] = mapped_column(Text, info=PUBLIC)
    locator: Mapped[str | None] = mapped_column(String(200), info=PUBLIC)
    source_id: Mapped[UUID] = mapped_column(ForeignKey("source.id"), info=PUBLIC)
    recorded_by: Mapped[str] = mapped_column(String(200), info=RESTRICTED)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=RESTRICTED)

    source: Mapped[Source] = relationship(lazy="joined", innerjoin=True)
