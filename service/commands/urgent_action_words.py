"""What a version of an urgent action says, as it is given and written down."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import select

from service.errors import InvalidInput, Problem
from service.records import Demand, Person, TargetOfficial, UrgentActionDemand, UrgentActionLetter
from service.records.demands import demand_case
from service.vocabulary import UrgentActionKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.records import UrgentAction
    from service.vocabulary import UrgentActionOutcome

# A mail is cut off at about 100 kB, and a reader stops long before.
MOST_LETTERS = 4
MOST_DEMANDS = 10
MOST_TARGETS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One thing that the letters ask for; `demand_id` where it stands in the ledger of recommendations too."""

    text: str
    demand_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Everything that a version says. `act_by` is a day in the case's time zone; languages are BCP 47."""

    headline: str
    summary: str
    what_changed: str | None = None
    speaks_of_health: bool = False
    act_by: date | None = None
    write_in: Sequence[str] = ()
    outcome: UrgentActionOutcome | None = None
    person_ids: Sequence[UUID] = ()
    target_ids: Sequence[UUID] = ()
    demands: Sequence[Asked] = ()
    letters: Mapping[str, str] = field(default_factory=dict)


def write_words(session: Session, action: UrgentAction, words: Words) -> None:
    """Put the words on the record. Raises InvalidInput for what this kind of version cannot say."""
    problems = [*_wrong_for(action.kind, words), *_too_many(words)]
    if problems:
        raise InvalidInput(problems)
    # One change, one new version of the record.
    with session.no_autoflush:
        action.persons = _persons(action, words.person_ids)
        action.targets = _targets(session, words.target_ids)
        _require_demands(session, action, words.demands)
        action.headline, action.summary, action.what_changed = words.headline, words.summary, words.what_changed
        action.speaks_of_health = words.speaks_of_health
        action.act_by, action.expires_at = words.act_by, end_of_day(words.act_by, action.time_zone)
        action.write_in = " ".join(words.write_in)
        action.outcome = words.outcome
        action.demands = [
            UrgentActionDemand(position=place, text=one.text, demand_id=one.demand_id)
            for place, one in enumerate(words.demands)
        ]
        action.letters = [UrgentActionLetter(language=tag, text=text) for tag, text in sorted(words.letters.items())]


def words_of(action: UrgentAction) -> Words:
    """What the version says now, to be changed in part."""
    return Words(
        headline=action.headline, summary=action.summary, what_changed=action.what_changed,
        speaks_of_health=action.speaks_of_health, act_by=action.act_by, write_in=tuple(action.write_in.split()),
        outcome=action.outcome, person_ids=tuple(person.id for person in action.persons),
        target_ids=tuple(official.id for official in action.targets),
        demands=tuple(Asked(text=one.text, demand_id=one.demand_id) for one in action.demands),
        letters={one.language: one.text for one in action.letters},
    )  # fmt: skip


def end_of_day(day: date | None, time_zone: str) -> datetime | None:
    """The first instant after this day in this zone (IANA)."""
    return datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(time_zone)) if day else None


def _wrong_for(kind: UrgentActionKind, words: Words) -> list[Problem]:
    if kind is UrgentActionKind.INITIAL and words.what_changed:
        return [Problem("what_changed", "The first version has changed nothing.")]
    if kind is not UrgentActionKind.STOP_ACTION:
        return []
    asks = {
        "demands": words.demands, "target_ids": words.target_ids, "act_by": words.act_by, "letters": words.letters,
        "write_in": words.write_in,
    }  # fmt: skip
    return [Problem(name, "A stop action asks nobody to write.") for name, given in asks.items() if given]


def _too_many(words: Words) -> list[Problem]:
    limits = (
        ("letters", len(words.letters), MOST_LETTERS),
        ("demands", len(words.demands), MOST_DEMANDS),
        ("target_ids", len(words.target_ids), MOST_TARGETS),
    )
    return [Problem(name, f"Use {most} at most.") for name, count, most in limits if count > most]


def _persons(action: UrgentAction, ids: Sequence[UUID]) -> list[Person]:
    of_case = {person.id: person for person in action.case.persons}
    if set(ids) - set(of_case):
        raise InvalidInput([Problem("person_ids", "The case is not about one of these persons.")])
    return [of_case[one] for one in sorted(set(ids))]


def _targets(session: Session, ids: Sequence[UUID]) -> list[TargetOfficial]:
    found = list(
        session.scalars(select(TargetOfficial).where(TargetOfficial.id.in_(ids)).order_by(TargetOfficial.office))
    )
    if len(found) != len(set(ids)):
        raise InvalidInput([Problem("target_ids", "One of these officials is not on record.")])
    return found


def _require_demands(session: Session, action: UrgentAction, demands: Sequence[Asked]) -> None:
    ids = {one.demand_id for one in demands if one.demand_id is not None}
    known = select(Demand.id).join(demand_case, demand_case.c.demand_id == Demand.id)
    found = set(session.scalars(known.where(Demand.id.in_(ids), demand_case.c.case_id == action.case.id)))
    if ids - found:
        raise InvalidInput([Problem("demands", "One of these does not stand in the ledger for this case.")])
