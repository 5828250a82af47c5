"""The ledger: what is asked of the state, how it answered, and how far it was carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from alerts.facts import Tier
from service.exports.cases import chosen_cases
from service.exports.export import Export, text
from service.facts.consents import gates_for
from service.queries.ledger import in_order, latest_assessments
from service.records import Demand, Source
from service.records.demands import demand_case

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.records import DemandAssessment
    from service.security.policy import Actor

COLUMNS = (
    "code", "scope", "text", "addressee", "category", "cases", "state_response", "implementation",
    "assessed_on", "evidence", "evidence_source", "duplicate_of", "source", "as_of",
)  # fmt: skip


def export_ledger(
    session: Session, actor: Actor, *, tier: Tier, now: datetime, references: Collection[str] = ()
) -> Export:
    """The demands about the actor's cases by case file and code; those about no case need a grant on all cases.

    A demand about somebody who is sealed, or from a source held more closely than the tier, is missing; in public also
    one about somebody who may not be named.
    """
    cases = {case.id: case.reference for case in chosen_cases(session, actor, tier=tier, references=references)}
    of_cases = Demand.id.in_(select(demand_case.c.demand_id).where(demand_case.c.case_id.in_(list(cases))))
    of_none = Demand.id.not_in(select(demand_case.c.demand_id))
    theirs = or_(of_cases, of_none) if actor.all_cases is not None and not references else of_cases
    within = [one for one in Tier if one.rank <= tier.rank]
    query = (
        select(Demand, Source)
        .join(Source, Source.id == Demand.source_id)
        .where(theirs, Source.tier.in_(within))
        .options(selectinload(Demand.cases), selectinload(Demand.persons))
    )
    found = session.execute(query).all()
    gates = gates_for(session, {person.id for demand, _ in found for person in demand.persons}, now=now)
    latest = latest_assessments(session, [demand.id for demand, _ in found])
    codes = {demand.id: demand.code for demand, _ in found}
    rows = [
        _row(
            demand,
            source,
            latest.get(demand.id),
            cases,
            codes.get(demand.duplicate_of_id) if demand.duplicate_of_id else None,
        )
        for demand, source in sorted(found, key=lambda row: (row[0].case_file, in_order(row[0].code)))
        if all(person.tier is not Tier.SEALED for person in demand.persons)
        and (tier is not Tier.PUBLIC or all(person.id in gates.named for person in demand.persons))
    ]
    return Export("ledger", "Ledger of demands", tier, now, COLUMNS, rows, tuple(sorted(cases.values())))


def _row(
    demand: Demand, source: Source, latest: DemandAssessment | None, cases: Mapping[UUID, str], original: str | None
) -> tuple[str, ...]:
    named = sorted(cases[case.id] for case in demand.cases if case.id in cases)
    return tuple(
        text(value)
        for value in (
            demand.code,
            demand.scope,
            demand.text,
            demand.addressee,
            demand.category,
            ", ".join(named),
            demand.state_response,
            demand.implementation,
            latest.assessed_on if latest else None,
            latest.evidence if latest else None,
            latest.source.title if latest else None,
            original,
            source.title,
            source.published_on,
        )
    )
