"""Urgent actions: public calls to write to officials, version by version, and the letters that were reported."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import JSON, Column, Date, ForeignKey, Index, String, Table, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.records.base import ABOUT_MEMBER, PUBLIC, RESTRICTED, Base, UtcDateTime, Versioned, new_id, word
from service.records.cases import Case
from service.records.people import Person
from service.records.sources import Source
from service.records.target_officials import TargetOfficial
from service.vocabulary import UrgentActionKind, UrgentActionOutcome, UrgentActionStatus

# Every sentence of these rests on an assertion before the version goes out, and while it does.
RESTING = ("headline", "summary", "what_changed", "background")

urgent_action_person = Table(
    "urgent_action_person",
    Base.metadata,
    Column("urgent_action_id", ForeignKey("urgent_action.id", ondelete="CASCADE"), primary_key=True, info=RESTRICTED),
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True, info=RESTRICTED),
)
urgent_action_target = Table(
    "urgent_action_target",
    Base.metadata,
    Column("urgent_action_id", ForeignKey("urgent_action.id", ondelete="CASCADE"), primary_key=True, info=RESTRICTED),
    Column("target_official_id", ForeignKey("target_official.id"), primary_key=True, index=True, info=RESTRICTED),
)
# Those who are sent a copy of the letter: an embassy, an ombudsman. They are not asked for anything.
urgent_action_copy = Table(
    "urgent_action_copy",
    Base.metadata,
    Column("urgent_action_id", ForeignKey("urgent_action.id", ondelete="CASCADE"), primary_key=True, info=RESTRICTED),
    Column("target_official_id", ForeignKey("target_official.id"), primary_key=True, index=True, info=RESTRICTED),
)


class UrgentActionNumber(Base):
    """The last number that was given in a year; it only rises, so that none is given twice."""

    __tablename__ = "urgent_action_number"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PUBLIC)
    given: Mapped[int] = mapped_column(info=PUBLIC)


class UrgentAction(Versioned, Base):
    """One version of a call: number `given` of its `year`, `edition` 0 for the first ("UA 12/14", then "UA 12/14-1").

    `act_by` is a calendar day in `time_zone`, which was the case's; `expires_at` the instant at which it is over.
    `index_number` is the organisation's own. `write_in` lists languages (BCP 47), parted by spaces; `guidance` on how to write
    is by language. `report_to` (a mailbox or an https page) is where to say that a letter was written. `persons` are those
    whom the text names; what it says of their health needs another consent (`speaks_of_health`). `leaves_at` is the end of the hold-back after the approval.
    Whoever drafted it (`author_id`) or changed it last does not approve it. `alert_id` is what was told of it: once that is there, no word is changed any more.
    """

    __tablename__ = "urgent_action"
    __table_args__ = (
        UniqueConstraint("year", "given", "edition"),
        Index("ix_urgent_action_leaves_at", "status", "leaves_at"),
        Index("ix_urgent_action_expires_at", "status", "expires_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    year: Mapped[int] = mapped_column(info=PUBLIC)
    given: Mapped[int] = mapped_column(info=PUBLIC)
    edition: Mapped[int] = mapped_column(default=0, info=PUBLIC)
    kind: Mapped[UrgentActionKind] = mapped_column(word(UrgentActionKind), info=PUBLIC)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True, info=PUBLIC)
    previous_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("urgent_action.id", ondelete="SET NULL"), index=True, info=PUBLIC
    )
    alert_id: Mapped[UUID | None] = mapped_column(ForeignKey("alert.id", ondelete="SET NULL"), unique=True, info=PUBLIC)
    status: Mapped[UrgentActionStatus] = mapped_column(
        word(UrgentActionStatus), default=UrgentActionStatus.DRAFT, info=PUBLIC
    )
    index_number: Mapped[str | None] = mapped_column(String(64), info=RESTRICTED)
    headline: Mapped[str] = mapped_column(String(200), info=RESTRICTED)
    summary: Mapped[str] = mapped_column(Text, info=RESTRICTED)
    what_changed: Mapped[str | None] = mapped_column(Text, info=RESTRICTED)
    background: Mapped[str | None] = mapped_column(Text, info=RESTRICTED)
    speaks_of_health: Mapped[bool] = mapped_column(default=False, info=RESTRICTED)
    act_by: Mapped[date | None] = mapped_column(Date, info=PUBLIC)
    time_zone: Mapped[str] = mapped_column(String(64), info=PUBLIC)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=PUBLIC)
    write_in: Mapped[str] = mapped_column(String(200), default="", info=PUBLIC)
    guidance: Mapped[dict[str, str]] = mapped_column(JSON, default=dict, server_default="{}", info=RESTRICTED)
    report_to: Mapped[str | None] = mapped_column(String(254), info=RESTRICTED)
    outcome: Mapped[UrgentActionOutcome | None] = mapped_column(word(UrgentActionOutcome), info=PUBLIC)
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("member.id"), info=ABOUT_MEMBER)
    changed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("member.id"), info=ABOUT_MEMBER)
    approver_id: Mapped[UUID | None] = mapped_column(ForeignKey("member.id"), info=ABOUT_MEMBER)
    suspended_because: Mapped[str | None] = mapped_column(Text, info=RESTRICTED)
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=RESTRICTED)
    leaves_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=RESTRICTED)
    issued_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=PUBLIC)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=PUBLIC)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=RESTRICTED)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, info=RESTRICTED)

    case: Mapped[Case] = relationship()
    previous: Mapped[UrgentAction | None] = relationship(remote_side="UrgentAction.id", viewonly=True)
    persons: Mapped[list[Person]] = relationship(secondary=urgent_action_person, order_by=Person.id)
    targets: Mapped[list[TargetOfficial]] = relationship(secondary=urgent_action_target, order_by=TargetOfficial.office)
    copies: Mapped[list[TargetOfficial]] = relationship(secondary=urgent_action_copy, order_by=TargetOfficial.office)
    demands: Mapped[list[UrgentActionDemand]] = relationship(
        order_by="UrgentActionDemand.position", cascade="all, delete-orphan"
    )
    letters: Mapped[list[UrgentActionLetter]] = relationship(
        order_by="UrgentActionLetter.language", cascade="all, delete-orphan"
    )
    sources: Mapped[list[UrgentActionSource]] = relationship(
        order_by="UrgentActionSource.position", cascade="all, delete-orphan"
    )

    @property
    def number(self) -> str:
        """As it is written: "UA 12/14", and "UA 12/14-1" for the first version after it."""
        edition = f"-{self.edition}" if self.edition else ""
        return f"UA {self.given}/{self.year % 100:02d}{edition}"

    @property
    def slug(self) -> str:
        """The end of its page's address: "12-2014", and "12-2014-1" for the first version after it."""
        return f"{self.given}-{self.year}{f'-{self.edition}' if self.edition else ''}"


class UrgentActionDemand(Base):
    """One thing that the letters ask for; `demand_id` names it in the ledger of recommendations, where it stands there."""

    __tablename__ = "urgent_action_demand"

    urgent_action_id: Mapped[UUID] = mapped_column(
        ForeignKey("urgent_action.id", ondelete="CASCADE"), primary_key=True, info=RESTRICTED
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=RESTRICTED)
    text: Mapped[str] = mapped_column(Text, info=RESTRICTED)
    demand_id: Mapped[UUID | None] = mapped_column(ForeignKey("demand.id"), index=True, info=RESTRICTED)


class UrgentActionLetter(Base):
    """A model letter in one language (BCP 47), and the subject line under which it is mailed."""

    __tablename__ = "urgent_action_letter"

    urgent_action_id: Mapped[UUID] = mapped_column(
        ForeignKey("urgent_action.id", ondelete="CASCADE"), primary_key=True, info=RESTRICTED
    )
    language: Mapped[str] = mapped_column(String(16), primary_key=True, info=PUBLIC)
    subject: Mapped[str | None] = mapped_column(String(200), info=RESTRICTED)
    text: Mapped[str] = mapped_column(Text, info=RESTRICTED)


class UrgentActionSource(Base):
    """One source of the background, and the day for which it speaks."""

    __tablename__ = "urgent_action_source"

    urgent_action_id: Mapped[UUID] = mapped_column(
        ForeignKey("urgent_action.id", ondelete="CASCADE"), primary_key=True, info=RESTRICTED
    )
    source_id: Mapped[UUID] = mapped_column(ForeignKey("source.id"), primary_key=True, index=True, info=RESTRICTED)
    position: Mapped[int] = mapped_column(info=RESTRICTED)
    as_of: Mapped[date] = mapped_column(Date, info=RESTRICTED)

    source: Mapped[Source] = relationship()


class LetterReport(Base):
    """How many letters in one language were reported on one day; by whom is never asked."""

    __tablename__ = "letter_report"

    urgent_action_id: Mapped[UUID] = mapped_column(
        ForeignKey("urgent_action.id", ondelete="CASCADE"), primary_key=True, info=PUBLIC
    )
    reported_on: Mapped[date] = mapped_column(Date, primary_key=True, info=PUBLIC)
    language: Mapped[str] = mapped_column(String(16), primary_key=True, info=PUBLIC)
    letters: Mapped[int] = mapped_column(info=PUBLIC)
