"""Cases: the unit people subscribe to."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Column, Date, ForeignKey, String, Table, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from alerts.facts import Tier
from service.records.base import PUBLIC, RESTRICTED, Base, UtcDateTime, Versioned, new_id, word
from service.records.members import Member
from service.records.people import Person
from service.vocabulary import DetentionStatus, Monitoring

case_person = Table(
    "case_person",
    Base.metadata,
    Column("case_id", ForeignKey("case.id", ondelete="CASCADE"), primary_key=True, info=RESTRICTED),
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True, info=RESTRICTED),
)


class Case(Versioned, Base):
    """One case: its reference, the persons it is about, where and how they are held, and how closely it is kept.

    `country` is ISO 3166-1 alpha-2; `time_zone` is the IANA zone of the facility, in which due dates are counted;
    `slug` is the address of its public page; `summary` is written for the public. `resumed_at` is when it was last
    watched again after it was not. Its owner, since `owned_since`, owns every follow-up that has no owner of its own.
    """

    __tablename__ = "case"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    reference: Mapped[str] = mapped_column(String(32), unique=True, info=PUBLIC)
    slug: Mapped[str] = mapped_column(String(64), unique=True, info=PUBLIC)
    tier: Mapped[Tier] = mapped_column(word(Tier), default=Tier.RESTRICTED, info=PUBLIC)
    title: Mapped[str] = mapped_column(String(200), info=RESTRICTED)
    country: Mapped[str] = mapped_column(String(2), index=True, info=PUBLIC)
    time_zone: Mapped[str] = mapped_column(String(64), info=PUBLIC)
    facility: Mapped[str | None] = mapped_column(String(200), info=RESTRICTED)
    detention_status: Mapped[DetentionStatus] = mapped_column(word(DetentionStatus), info=PUBLIC)
    summary: Mapped[str] = mapped_column(Text, info=PUBLIC)
    monitoring: Mapped[Monitoring] = mapped_column(word(Monitoring), default=Monitoring.ACTIVE, info=PUBLIC)
    resumed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=RESTRICTED)
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("member.id"), info=RESTRICTED)
    last_verified_on: Mapped[date | None] = mapped_column(Date, info=RESTRICTED)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=RESTRICTED)
    owned_since: Mapped[datetime | None] = mapped_column(UtcDateTime, info=RESTRICTED)

    owner: Mapped[Member | None] = relationship()
    persons: Mapped[list[Person]] = relationship(secondary=case_person, order_by=Person.id)
