"""On which assertions a published statement rests, and what was corrected after it had been told."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    SQLColumnExpression,
    String,
    Text,
    and_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from alerts.facts import Tier
from service.records.base import ABOUT_MEMBER, PUBLIC, RESTRICTED, Base, UtcDateTime, Versioned, new_id, word
from service.records.cases import Case
from service.records.sources import Assertion, Source
from service.vocabulary import CorrectionKind, CorrectionStatus, Verification

if TYPE_CHECKING:
    from collections.abc import Collection


class Footing(Base):
    """One assertion on which a statement of its case rests; `statement_mark` is `service.statements.mark_of` of it.

    A statement is known by its words: where they stand in the summary or in an urgent action makes no difference, and
    another word makes it another statement, which rests on nothing yet.
    """

    __tablename__ = "footing"
    __table_args__ = (Index("ix_footing_case_id_statement_mark", "case_id", "statement_mark"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), info=RESTRICTED)
    statement_mark: Mapped[str] = mapped_column(String(64), info=RESTRICTED)
    assertion_id: Mapped[UUID] = mapped_column(
        ForeignKey("assertion.id", ondelete="CASCADE"), index=True, info=RESTRICTED
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=RESTRICTED)

    assertion: Mapped[Assertion] = relationship()


# Joined are Assertion and Source. What is refuted or replaced carries nothing, and what is sealed is shown to nobody.
CARRIES: ColumnElement[bool] = and_(
    Assertion.tier != Tier.SEALED,
    Assertion.verification != Verification.REFUTED,
    Assertion.replaced_by_id.is_(None),
    Source.tier != Tier.SEALED,
)


def carried(*columns: SQLColumnExpression[Any], case_ids: Collection[UUID]) -> Select[*tuple[Any, ...]]:
    """The given columns of what carries the statements of these cases; joined are Footing, Assertion and Source."""
    return (
        select(*columns)
        .select_from(Footing)
        .join(Assertion, Assertion.id == Footing.assertion_id)
        .join(Source, Source.id == Assertion.source_id)
        .where(Footing.case_id.in_(case_ids), CARRIES)
    )


class Correction(Versioned, Base):
    """What is wrong with an assertion, in words for everybody who was told anything of the case since it was recorded.

    `was` and `reads` are what was said in public and what is said instead; neither they nor `reason` name anybody, and
    what they say of somebody's health needs a consent (`speaks_of_health`). `told` is to how many destinations it was
    sent. Whoever wrote it (`author_id`) does not approve it.
    """

    __tablename__ = "correction"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True, info=PUBLIC)
    assertion_id: Mapped[UUID] = mapped_column(
        ForeignKey("assertion.id", ondelete="CASCADE"), index=True, info=RESTRICTED
    )
    kind: Mapped[CorrectionKind] = mapped_column(word(CorrectionKind), info=PUBLIC)
    status: Mapped[CorrectionStatus] = mapped_column(
        word(CorrectionStatus), default=CorrectionStatus.DRAFT, info=RESTRICTED
    )
    was: Mapped[str] = mapped_column(Text, info=RESTRICTED)
    reads: Mapped[str | None] = mapped_column(Text, info=RESTRICTED)
    reason: Mapped[str] = mapped_column(Text, info=RESTRICTED)
    speaks_of_health: Mapped[bool] = mapped_column(default=False, info=RESTRICTED)
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("member.id"), info=ABOUT_MEMBER)
    approver_id: Mapped[UUID | None] = mapped_column(ForeignKey("member.id"), info=ABOUT_MEMBER)
    alert_id: Mapped[UUID | None] = mapped_column(ForeignKey("alert.id", ondelete="SET NULL"), unique=True, info=PUBLIC)
    told: Mapped[int] = mapped_column(default=0, info=RESTRICTED)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=RESTRICTED)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=RESTRICTED)

    case: Mapped[Case] = relationship()
    assertion: Mapped[Assertion] = relationship()
