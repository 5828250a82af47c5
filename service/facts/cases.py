"""Everything that a message or a page may say about cases, loaded for many cases at once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select
from sqlalchemy.orm import selectinload

from alerts import facts
from alerts.facts import Tier
from service.facts.consents import gates_for
from service.records import Assertion, Case, Demand, Person, Source
from service.records.cases import case_person
from service.records.demands import demand_case, demand_person

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.facts.consents import Gates


@dataclass(frozen=True, slots=True)
class _Asked:
    demand: facts.Demand
    source_id: UUID
    tier: Tier
    persons: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class _Cited:
    source_id: UUID
    title: str
    url: str | None
    tier: Tier
    as_of: date | None


class CaseFacts:
    """One case with its persons, demands and sources; every answer is for one tier."""

    def __init__(
        self, case: Case, persons: list[Person], asked: list[_Asked], cited: list[_Cited], gates: Gates
    ) -> None:
        self.case = case
        self._persons = persons
        self._asked = asked
        self._cited = cited
        self._gates = gates

    def name(self, person_id: UUID | None = None) -> str | None:
        """The name of the person, or of all persons of the case; None unless every one of them may be named."""
        meant = [person for person in self._persons if person_id in (None, person.id)]
        if not meant or any(person.id not in self._gates.named for person in meant):
            return None
        return ", ".join(person.name for person in meant)

    def speaks_of_health(self, person_id: UUID | None = None) -> bool:
        """Whether one may speak in public of the health of the person, or of all persons of the case."""
        meant = {person.id for person in self._persons} if person_id is None else {person_id}
        return bool(meant) and meant <= self._gates.health

    def may_be_told(self) -> bool:
        """Whether the summary may be shown: it names the persons, so all of them must have agreed."""
        return all(person.id in self._gates.named for person in self._persons)

    def demands(self, tier: Tier) -> tuple[facts.Demand, ...]:
        """What is asked of the state; in public only where everybody whom a demand names may be named."""
        return tuple(asked.demand for asked in self._asked if self._may_say(asked, tier))

    def sources(self, tier: Tier) -> tuple[facts.Citation, ...]:
        """The sources of what this tier is told, each with the latest day for which it speaks, newest first."""
        behind_demands = {asked.source_id for asked in self._asked if self._may_say(asked, tier)}
        latest: dict[UUID, facts.Citation] = {}
        for cited in self._cited:
            if cited.as_of is None or (cited.tier.rank > tier.rank and cited.source_id not in behind_demands):
                continue
            known = latest.get(cited.source_id)
            if known is None or known.as_of < cited.as_of:
                latest[cited.source_id] = facts.Citation(cited.title, cited.url, cited.as_of)
        return tuple(sorted(latest.values(), key=lambda citation: (-citation.as_of.toordinal(), citation.title)))

    def _may_say(self, asked: _Asked, tier: Tier) -> bool:
        if asked.tier.rank > tier.rank:
            return False
        return tier is not Tier.PUBLIC or asked.persons <= self._gates.named


def case_facts(session: Session, case_ids: Collection[UUID], *, now: datetime) -> Mapping[UUID, CaseFacts]:
    """The facts of these cases at `now` (UTC), in a number of queries that does not grow with them."""
    persons = _persons(session, case_ids)
    asked = _asked(session, case_ids)
    cited = _cited(session, case_ids)
    everybody = {person.id for people in persons.values() for person in people}
    everybody |= {person_id for demands in asked.values() for demand in demands for person_id in demand.persons}
    gates = gates_for(session, everybody, now=now)
    cases = session.scalars(select(Case).where(Case.id.in_(case_ids)))
    return {case.id: CaseFacts(case, persons[case.id], asked[case.id], cited[case.id], gates) for case in cases}


def _persons(session: Session, case_ids: Collection[UUID]) -> dict[UUID, list[Person]]:
    found: dict[UUID, list[Person]] = defaultdict(list)
    rows = session.execute(
        select(case_person.c.case_id, Person)
        .join(Person, Person.id == case_person.c.person_id)
        .where(case_person.c.case_id.in_(case_ids))
        .order_by(Person.id)
        .options(selectinload(Person.names))
    )
    for case_id, person in rows:
        found[case_id].append(person)
    return found


def _asked(session: Session, case_ids: Collection[UUID]) -> dict[UUID, list[_Asked]]:
    concerned: dict[UUID, set[UUID]] = defaultdict(set)
    of_these = select(demand_case.c.demand_id).where(demand_case.c.case_id.in_(case_ids))
    for demand_id, person_id in session.execute(
        select(demand_person.c.demand_id, demand_person.c.person_id).where(demand_person.c.demand_id.in_(of_these))
    ):
        concerned[demand_id].add(person_id)
    found: dict[UUID, list[_Asked]] = defaultdict(list)
    rows = session.execute(
        select(demand_case.c.case_id, Demand.id, Demand.code, Demand.text, Demand.addressee, Source.id, Source.tier)
        .join(Demand, Demand.id == demand_case.c.demand_id)
        .join(Source, Source.id == Demand.source_id)
        # A duplicate is kept on record, but nobody is asked the same thing twice.
        .where(demand_case.c.case_id.in_(case_ids), Demand.duplicate_of_id.is_(None))
        .order_by(Demand.code)
    )
    for case_id, demand_id, code, text, addressee, source_id, tier in rows:
        demand = facts.Demand(code, text, addressee)
        found[case_id].append(_Asked(demand, source_id, tier, frozenset(concerned[demand_id])))
    return found


def _cited(session: Session, case_ids: Collection[UUID]) -> dict[UUID, list[_Cited]]:
    found: dict[UUID, list[_Cited]] = defaultdict(list)
    asserted = session.execute(
        select(
            Assertion.case_id,
            Assertion.tier,
            Source.id,
            Source.title,
            Source.url,
            Source.tier,
            func.max(Assertion.as_of),
        )
        .join(Source, Source.id == Assertion.source_id)
        .where(Assertion.case_id.in_(case_ids), or_(Assertion.tier != Tier.SEALED, Source.tier == Tier.PUBLIC))
        .group_by(Assertion.case_id, Assertion.tier, Source.id, Source.title, Source.url, Source.tier)
    )
    for case_id, tier, source_id, title, url, source_tier, as_of in asserted:
        closest = max(tier, source_tier, key=lambda one: one.rank)
        found[case_id].append(_Cited(source_id, title, url, closest, as_of))
    asked = session.execute(
        select(demand_case.c.case_id, Source.id, Source.title, Source.url, Source.tier, Source.published_on)
        .join(Demand, Demand.id == demand_case.c.demand_id)
        .join(Source, Source.id == Demand.source_id)
        .where(demand_case.c.case_id.in_(case_ids))
        .distinct()
    )
    for case_id, source_id, title, url, tier, published_on in asked:
        found[case_id].append(_Cited(source_id, title, url, tier, published_on))
    return found
