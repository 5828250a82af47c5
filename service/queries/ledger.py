"""The ledger of recommendations: what was asked, what the state answered, and what became of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from alerts.facts import Tier
from service.records import Demand, DemandAssessment
from service.records.demands import demand_case
from service.vocabulary import FollowUpState, Implementation

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.facts import Level
    from service.vocabulary import StateResponse


@dataclass(frozen=True, slots=True)
class Review:
    """An open follow-up that asks what became of the demand."""

    kind: str
    due_on: date
    level: Level | None


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One demand as it stands; `evidence` is that of its latest assessment, with its source and its day."""

    id: UUID
    case_file: str
    code: str
    text: str
    addressee: str
    state_response: StateResponse | None
    implementation: Implementation
    assessed_on: date | None = None
    evidence: str | None = None
    source: str | None = None
    duplicate_of: str | None = None
    cases: tuple[str, ...] = ()
    reviews: tuple[Review, ...] = ()

    @property
    def section(self) -> str:
        """Where it stands in its source: the code up to its letter."""
        return self.code[:1]


@dataclass(frozen=True, slots=True)
class MidTerm:
    """How far a state has come with one section: how many different demands stand how."""

    section: str
    demands: int
    by_implementation: dict[Implementation, int] = field(default_factory=dict)
    answered: int = 0
    without_assessment: int = 0


def ledger(
    session: Session, *, case_file: str | None = None, case_ids: Collection[UUID] | None = None
) -> list[LedgerRow]:
    """The demands by file and code; only those of these cases, and those of no case, where `case_ids` are given."""
    query = (
        select(Demand)
        .options(selectinload(Demand.cases), selectinload(Demand.follow_ups))
        .order_by(Demand.case_file, Demand.code)
    )
    if case_file is not None:
        query = query.where(Demand.case_file == case_file)
    if case_ids is not None:
        query = query.where(Demand.id.in_(select(demand_case.c.demand_id).where(demand_case.c.case_id.in_(case_ids))))
    return ledger_rows(session, session.scalars(query).all())


def ledger_rows(session: Session, demands: Sequence[Demand]) -> list[LedgerRow]:
    """These demands as they stand, in their order; a duplicate says its original, whether that is among them or not."""
    latest = latest_assessments(session, [demand.id for demand in demands])
    originals = {demand.duplicate_of_id for demand in demands} - {None}
    codes = dict(session.execute(select(Demand.id, Demand.code).where(Demand.id.in_(originals))).all())
    return [_row(demand, latest.get(demand.id), codes) for demand in demands]


def in_order(code: str) -> tuple[str, int, str]:
    """By which codes sort as their document has them: 1G10 comes after 1G9."""
    return (code[:2], int(code[2:]), code) if code[2:].isdigit() else (code[:2], 0, code)


def history(session: Session, demand: Demand) -> Sequence[DemandAssessment]:
    """Every assessment of the demand, the latest first."""
    return session.scalars(
        select(DemandAssessment)
        .where(DemandAssessment.demand_id == demand.id)
        .order_by(DemandAssessment.assessed_on.desc(), DemandAssessment.created_at.desc(), DemandAssessment.id.desc())
    ).all()


def mid_term(rows: Sequence[LedgerRow]) -> list[MidTerm]:
    """The ledger by section, as a mid-term report of a Universal Periodic Review asks for it.

    A duplicate is counted with the demand that it repeats, and not again.
    """
    sections: dict[str, list[LedgerRow]] = defaultdict(list)
    for row in rows:
        if row.duplicate_of is None:
            sections[row.section].append(row)
    return [
        MidTerm(
            section=section,
            demands=len(found),
            by_implementation=dict(Counter(row.implementation for row in found)),
            answered=sum(row.state_response is not None for row in found),
            without_assessment=sum(row.assessed_on is None for row in found),
        )
        for section, found in sorted(sections.items())
    ]


def latest_assessments(session: Session, demand_ids: Collection[UUID]) -> dict[UUID, DemandAssessment]:
    """The assessment as which each of these demands stands; who was never assessed is missing."""
    rows = session.scalars(
        select(DemandAssessment)
        .where(DemandAssessment.demand_id.in_(demand_ids))
        .order_by(DemandAssessment.assessed_on, DemandAssessment.created_at, DemandAssessment.id)
    )
    return {row.demand_id: row for row in rows}


def _row(demand: Demand, latest: DemandAssessment | None, codes: dict[UUID, str]) -> LedgerRow:
    cases = sorted((case for case in demand.cases if case.tier is not Tier.SEALED), key=lambda case: case.reference)
    return LedgerRow(
        id=demand.id,
        case_file=demand.case_file,
        code=demand.code,
        text=demand.text,
        addressee=demand.addressee,
        state_response=demand.state_response,
        implementation=demand.implementation,
        assessed_on=latest.assessed_on if latest else None,
        evidence=latest.evidence if latest else None,
        source=latest.source.title if latest else None,
        duplicate_of=codes.get(demand.duplicate_of_id) if demand.duplicate_of_id else None,
        cases=tuple(case.reference for case in cases),
        reviews=tuple(
            Review(one.kind, one.due_on, one.level)
            for one in demand.follow_ups
            if one.state is FollowUpState.OPEN and one.tier is not Tier.SEALED
        ),
    )
