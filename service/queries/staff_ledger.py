"""The ledger of recommendations as a member reads it: the demands of the granted cases, with what each is tied to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from alerts.facts import Tier
from service.errors import NotFound
from service.queries.board import Dated, all_dated
from service.queries.ledger import LedgerRow, in_order, latest_assessments, ledger_rows
from service.queries.visible import case_ids_of, demands_of, follow_ups_of
from service.records import Case, Demand, DemandAssessment, FollowUp, Person, Source
from service.records.demands import demand_person

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from service.security.policy import Actor
    from service.vocabulary import Implementation

_OPEN_SOURCES = select(Source.id).where(Source.tier != Tier.SEALED)


@dataclass(frozen=True, slots=True)
class StaffDemand:
    """One demand: as it stands (`row`), the document that asks it, the latest assessment, and the codes that repeat it.

    `cases` and `follow_ups` are those that the member may know of.
    """

    row: LedgerRow
    asked_in: Source
    latest: DemandAssessment | None
    repeated_by: tuple[str, ...]
    cases: tuple[str, ...]
    follow_ups: Sequence[Dated]


def staff_ledger(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    case_file: str | None = None,
    implementation: Implementation | None = None,
) -> list[StaffDemand]:
    """The demands by case file, in the order of their document; without those about somebody, or from a source, sealed."""
    query = select(Demand).where(*_known_to(actor))
    if case_file:
        query = query.where(Demand.case_file == case_file)
    if implementation is not None:
        query = query.where(Demand.implementation == implementation)
    return _demands(session, actor, session.scalars(query.options(*_WITH)).all(), now=now)


def staff_demand(session: Session, actor: Actor, demand_id: UUID, *, now: datetime) -> StaffDemand:
    """One demand. Raises NotFound for one that is missing or that this member may not know of."""
    query = select(Demand).where(Demand.id == demand_id, *_known_to(actor)).options(*_WITH)
    found = _demands(session, actor, session.scalars(query).all(), now=now)
    if not found:
        raise NotFound("no such demand")
    return found[0]


def case_files_of(session: Session, actor: Actor) -> Sequence[str]:
    """The case files of those demands."""
    query = select(Demand.case_file).where(*_known_to(actor)).distinct().order_by(Demand.case_file)
    return session.scalars(query).all()


def assessments_of(session: Session, demand_id: UUID) -> Sequence[DemandAssessment]:
    """Everything that was found of the demand, the latest day first, from sources that are not sealed."""
    return session.scalars(
        select(DemandAssessment)
        .where(DemandAssessment.demand_id == demand_id, DemandAssessment.source_id.in_(_OPEN_SOURCES))
        .order_by(DemandAssessment.assessed_on.desc(), DemandAssessment.created_at.desc(), DemandAssessment.id.desc())
    ).all()


_WITH = (selectinload(Demand.cases), selectinload(Demand.follow_ups))


def _known_to(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    about_sealed = (
        select(demand_person.c.demand_id)
        .join(Person, Person.id == demand_person.c.person_id)
        .where(Person.tier == Tier.SEALED)
    )
    return demands_of(actor), Demand.id.not_in(about_sealed), Demand.source_id.in_(_OPEN_SOURCES)


def _demands(session: Session, actor: Actor, demands: Sequence[Demand], *, now: datetime) -> list[StaffDemand]:
    listed = sorted(demands, key=lambda demand: (demand.case_file, in_order(demand.code)))
    ids = [demand.id for demand in listed]
    latest = latest_assessments(session, ids)
    cited = {demand.source_id for demand in listed} | {one.source_id for one in latest.values()}
    query = select(Source).where(Source.id.in_(cited), Source.tier != Tier.SEALED)
    sources = {source.id: source for source in session.scalars(query)}
    cases = set(session.scalars(case_ids_of(actor)))
    dated = _dated(session, actor, {one.id for demand in listed for one in demand.follow_ups}, now=now)
    repeating: dict[UUID | None, list[str]] = {}
    for original, code in session.execute(
        select(Demand.duplicate_of_id, Demand.code).where(Demand.duplicate_of_id.in_(ids), *_known_to(actor))
    ):
        repeating.setdefault(original, []).append(code)
    return [
        StaffDemand(
            row=row,
            asked_in=sources[demand.source_id],
            latest=_open(latest.get(demand.id), sources),
            repeated_by=tuple(sorted(repeating.get(demand.id, ()), key=in_order)),
            cases=tuple(sorted(case.reference for case in demand.cases if case.id in cases)),
            follow_ups=[dated[one.id] for one in demand.follow_ups if one.id in dated],
        )
        for demand, row in zip(listed, ledger_rows(session, listed), strict=True)
    ]


def _open(latest: DemandAssessment | None, sources: dict[UUID, Source]) -> DemandAssessment | None:
    return latest if latest is not None and latest.source_id in sources else None


def _dated(session: Session, actor: Actor, ids: set[UUID], *, now: datetime) -> dict[UUID, Dated]:
    query = select(FollowUp, Case).join(Case, Case.id == FollowUp.case_id).where(FollowUp.id.in_(ids))
    rows = session.execute(query.where(follow_ups_of(actor))).all()
    return {follow_up.id: line for (follow_up, _), line in zip(rows, all_dated(session, rows, now=now), strict=True)}
