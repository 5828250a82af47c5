"""Cases as a bundle for partners: what the persons agreed to share, and nothing that is sealed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from alerts.facts import Tier
from alerts.follow_up_kinds import FOLLOW_UP_KINDS
from service.bundles.document import written
from service.bundles.shape import HANGS_ON, LISTED, MODELS, REFERENCES, SECTIONS
from service.errors import NotFound
from service.exports.bundle_rules import rules_as_they_leave
from service.facts.consents import agreed
from service.queries.visible import cases_of, open_rows
from service.records import CareEvent, Case, Consent, Demand, FollowUp, HealthCondition, Person, Petition, Source
from service.records.demands import demand_case
from service.vocabulary import ConsentScope

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.rules.reading import RuleBook
    from service.security.policy import Actor

# What stands where a title or summary would name somebody who did not agree.
NOT_SHARED = "Not shared: somebody in this case has not agreed to it."
_OF_CASES = tuple(name for name, (_, columns) in SECTIONS.items() if "case_id" in columns and name not in HANGS_ON)
# What is pleaded, and answered, may be an illness, and no column says so.
_HEALTH = (HealthCondition, CareEvent, Petition)


@dataclass(frozen=True, slots=True)
class BundleMade:
    """The document, and in words what of each case was left out and why."""

    content: bytes
    references: tuple[str, ...]
    rows: int
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Shared:
    """The cases, those of them of which everybody agreed to everything, and what persons agreed to."""

    cases: Sequence[Case]
    persons: frozenset[UUID]
    health: frozenset[UUID]
    whole: frozenset[UUID]
    healthy: frozenset[UUID]

    def may_leave(self, row: Any, case_id: UUID) -> bool:
        """Whether a part of a case may: the person it is about must have agreed, else everybody in the case."""
        person_id = getattr(row, "person_id", None)
        agreed_to_health = person_id in self.health if person_id else case_id in self.healthy
        if _is_about_health(row) and not agreed_to_health:
            return False
        return person_id in self.persons if person_id else case_id in self.whole


def make_bundle(
    session: Session, actor: Actor, references: Collection[str], *, book: RuleBook, now: datetime
) -> BundleMade:
    """The bundle of these cases at `now` (UTC).

    Of a person, and of what is about them, only with a live consent `share_partners`; of an illness, and of a petition,
    which may plead one, only with a live `store_health` as well. `book` are the rules in force here.
    Raises NotFound for a case that is missing, sealed or foreign to the actor.
    """
    shared = _shared(session, actor, references, now=now)
    rows: dict[str, list[Any]] = {"persons": _persons(session, shared), "cases": list(shared.cases)}
    rows["consents"] = list(session.scalars(select(Consent).where(Consent.person_id.in_(shared.persons))))
    left_out: list[str] = []
    for section in _OF_CASES:
        rows[section], missing = _parts(session, section, shared)
        left_out += missing
    rows["demands"] = _demands(session, shared)
    for section, column in HANGS_ON.items():
        rows[section] = _hanging(session, section, column, rows[REFERENCES[column]])
    rows["sources"] = _sources(session, rows)
    for case in shared.cases:
        gone = sum(person.id not in shared.persons and person.tier is not Tier.SEALED for person in case.persons)
        left_out += (
            [f"{case.reference}: {gone} persons, who have not agreed to be shared with partners"] if gone else []
        )
    kept = {section: {row.id for row in listed} for section, listed in rows.items()}
    ruled, opening = _ruled(session, shared, rows, kept, book=book, now=now)
    left_out += opening
    content = {
        section: [
            _plain(section, row, kept, shared, ruled.get(row.id, {}))
            for row in sorted(rows[section], key=lambda row: row.id.bytes)
        ]
        for section in SECTIONS
    }
    made = written(content)
    return BundleMade(
        made, tuple(case.reference for case in shared.cases), sum(map(len, content.values())), tuple(sorted(left_out))
    )


def _shared(session: Session, actor: Actor, references: Collection[str], *, now: datetime) -> _Shared:
    query = select(Case).where(Case.reference.in_(references), cases_of(actor)).order_by(Case.reference)
    cases = session.scalars(query.options(selectinload(Case.persons))).all()
    if missing := sorted(set(references) - {case.reference for case in cases}):
        raise NotFound(f"no case bears the reference {', '.join(missing)}")
    everybody = {person.id for case in cases for person in case.persons}
    persons = agreed(session, everybody, ConsentScope.SHARE_PARTNERS, now=now)
    health = persons & agreed(session, everybody, ConsentScope.STORE_HEALTH, now=now)
    return _Shared(cases, persons, health, _cases_of(cases, persons), _cases_of(cases, health))


def _cases_of(cases: Iterable[Case], persons: frozenset[UUID]) -> frozenset[UUID]:
    return frozenset(case.id for case in cases if all(person.id in persons for person in case.persons))


def _persons(session: Session, shared: _Shared) -> list[Person]:
    return list(session.scalars(select(Person).where(Person.id.in_(shared.persons), Person.tier != Tier.SEALED)))


def _parts(session: Session, section: str, shared: _Shared) -> tuple[list[Any], list[str]]:
    record: Any = SECTIONS[section][0]
    query = select(record).where(record.case_id.in_([case.id for case in shared.cases]), open_rows(record))
    names = {case.id: case.reference for case in shared.cases}
    kept, gone = [], dict[str, int]()
    for row in session.scalars(query):
        if shared.may_leave(row, row.case_id):
            kept.append(row)
        else:
            gone[names[row.case_id]] = gone.get(names[row.case_id], 0) + 1
    what = section.replace("_", " ")
    return kept, [f"{name}: {count} {what}, for which the consents do not suffice" for name, count in gone.items()]


def _hanging(session: Session, section: str, column: str, owners: Iterable[Any]) -> list[Any]:
    record: Any = SECTIONS[section][0]
    query = select(record).where(getattr(record, column).in_([owner.id for owner in owners]), open_rows(record))
    return list(session.scalars(query))


def _ruled(
    session: Session, shared: _Shared, rows: Mapping[str, Sequence[Any]], kept: Mapping[str, set[UUID]], *,
    book: RuleBook, now: datetime,
) -> tuple[dict[UUID, dict[str, Any]], list[str]]:  # fmt: skip
    """The rule columns that leave otherwise than they stand here, and what the rules will open elsewhere."""
    everything = frozenset().union(*kept.values())
    changed: dict[UUID, dict[str, Any]] = {}
    said = []
    for case in shared.cases:
        leaving = [row for row in rows["follow_ups"] if row.case_id == case.id]
        columns, opening = rules_as_they_leave(session, case, leaving, kept=everything, book=book, now=now)
        changed |= columns
        if opening:
            said.append(
                f"{case.reference}: what meets {opening} follow-ups, which the rules will open where the bundle goes"
            )
    return changed, said


def _demands(session: Session, shared: _Shared) -> list[Demand]:
    of_cases = select(demand_case.c.demand_id).where(demand_case.c.case_id.in_([case.id for case in shared.cases]))
    query = select(Demand).where(Demand.id.in_(of_cases), open_rows(Demand))
    found = session.scalars(
        query.options(selectinload(Demand.cases), selectinload(Demand.persons), selectinload(Demand.follow_ups))
    )
    # somebody outside these cases may be named in it
    return [row for row in found if all(person.id in shared.persons for person in row.persons)]


def _sources(session: Session, rows: dict[str, list[Any]]) -> list[Source]:
    cited = {getattr(row, "source_id", None) for listed in rows.values() for row in listed}
    return list(session.scalars(select(Source).where(Source.id.in_(cited - {None}), Source.tier != Tier.SEALED)))


def _is_about_health(row: Any) -> bool:
    if isinstance(row, FollowUp):
        kind = FOLLOW_UP_KINDS.get(row.kind)
        return kind is None or kind.about_health
    return isinstance(row, _HEALTH)


def _plain(
    section: str, row: Any, kept: Mapping[str, set[UUID]], shared: _Shared, ruled: Mapping[str, Any]
) -> dict[str, Any]:
    fields = {name: getattr(row, name) for name in ("id", *SECTIONS[section][1])} | dict(ruled)
    if section == "persons":
        fields["names"] = [
            {"text": one.text, "kind": one.kind, "script": one.script, "language": one.language} for one in row.names
        ]
    for name in LISTED.get(section, ()):
        listed = (one.id for one in getattr(row, name) if one.id in kept[REFERENCES[name]])
        fields[name] = sorted(listed, key=lambda one: one.bytes)
    for name in ("duplicate_of_id", "replaced_by_id"):
        if name in fields and fields[name] not in kept[section]:
            fields[name] = None
    if section == "cases" and row.id not in shared.whole:
        fields |= {"title": row.reference, "summary": NOT_SHARED, "facility": None}
    plain: dict[str, Any] = MODELS[section].model_validate(fields).model_dump(mode="json")
    return plain
