"""Sources, the assertions taken from them, and where they contradict each other."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Date, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from alerts.facts import Tier
from service.records.base import PUBLIC, RESTRICTED, Base, UtcDateTime, Versioned, classified, new_id, word
from service.vocabulary import DatePrecision, Reliability, SourceConnection, Verification

OF_SOURCE = classified(Tier.RESTRICTED, about="source")
# An assertion's own tier is a column, and what it seals is on no way out; the text is never less than confidential.
ASSERTED = classified(Tier.CONFIDENTIAL, about="person")


class Source(Base):
    """A document, report or witness from which facts are taken."""

    __tablename__ = "source"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    key: Mapped[str] = mapped_column(String(64), unique=True, info=PUBLIC)
    tier: Mapped[Tier] = mapped_column(word(Tier), default=Tier.PUBLIC, info=PUBLIC)
    title: Mapped[str] = mapped_column(Text, info=OF_SOURCE)
    publisher: Mapped[str | None] = mapped_column(String(200), info=OF_SOURCE)
    url: Mapped[str | None] = mapped_column(Text, info=OF_SOURCE)
    published_on: Mapped[date | None] = mapped_column(Date, info=OF_SOURCE)
    cited_in: Mapped[str | None] = mapped_column(String(64), info=OF_SOURCE)
    reliability: Mapped[Reliability] = mapped_column(word(Reliability), info=OF_SOURCE)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=RESTRICTED)


class Assertion(Versioned, Base):
    """One fact taken from one source: what it says (`attribute`, `value`), where it stands, and how sure it is.

    `as_of` is the day for which the source says it; `occurred_on` the day it speaks of, where it names one.
    `replaced_by_id` names the assertion that corrects it.
    """

    __tablename__ = "assertion"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True, info=PUBLIC)
    source_id: Mapped[UUID] = mapped_column(ForeignKey("source.id"), index=True, info=RESTRICTED)
    tier: Mapped[Tier] = mapped_column(word(Tier), default=Tier.RESTRICTED, info=PUBLIC)
    attribute: Mapped[str] = mapped_column(String(64), info=ASSERTED)
    value: Mapped[str] = mapped_column(Text, info=ASSERTED)
    locator: Mapped[str] = mapped_column(String(200), info=RESTRICTED)
    quote: Mapped[str | None] = mapped_column(Text, info=ASSERTED)
    connection: Mapped[SourceConnection] = mapped_column(word(SourceConnection), info=OF_SOURCE)
    reliability: Mapped[Reliability] = mapped_column(word(Reliability), info=OF_SOURCE)
    verification: Mapped[Verification] = mapped_column(word(Verification), info=RESTRICTED)
    as_of: Mapped[date] = mapped_column(Date, info=RESTRICTED)
    occurred_on: Mapped[date | None] = mapped_column(Date, info=ASSERTED)
    occurred_precision: Mapped[DatePrecision] = mapped_column(
        word(DatePrecision), default=DatePrecision.UNKNOWN, info=RESTRICTED
    )
    disputed_by: Mapped[str | None] = mapped_column(Text, info=ASSERTED)
    # No foreign key: SQLite would copy the table to add one.
    replaced_by_id: Mapped[UUID | None] = mapped_column(info=RESTRICTED)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=RESTRICTED)

    source: Mapped[Source] = relationship(lazy="joined", innerjoin=True)


class Finding(Base):
    """Something that an import noticed and did not mend: a contradiction, a duplicate, a gap."""

    __tablename__ = "finding"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    case_file: Mapped[str] = mapped_column(String(64), index=True, info=RESTRICTED)
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True, info=RESTRICTED)
    code: Mapped[str] = mapped_column(String(32), info=RESTRICTED)
    where: Mapped[str] = mapped_column(String(200), info=RESTRICTED)
    message: Mapped[str] = mapped_column(Text, info=ASSERTED)
