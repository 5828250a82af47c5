"""Rules: from facts on record to what must happen next, by when, and the sum that gives the date."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from alerts.terms import Term, Unit, day_in_words, last_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from alerts.facts import Thresholds
    from alerts.terms import Calendar, Pause


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a fact; `exact` False: the latest day that it can have been."""

    on: date
    exact: bool = True

    def __str__(self) -> str:
        return day_in_words(self.on) if self.exact else f"{day_in_words(self.on)} at the latest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing on record: what sort it is, about whom, what it says (`words`), and its days.

    `key` is its identifier; `about` is added to a title, for staff. `terms` are those that the fact itself states, as a
    national law does for one complaint. `pauses` are the days on which its clock stood still. What follows from a fact that
    `is_sealed` is sealed too.
    """

    sort: str
    key: str
    person: str | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    days: Mapping[str, Day] = field(default_factory=dict)
    terms: Mapping[str, Term] = field(default_factory=dict)
    pauses: Sequence[Pause] = ()
    about: str = ""
    is_sealed: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """Which facts are meant: those of this sort whose words are among these; of the other facts their day `on`."""

    sort: str
    where: Mapping[str, frozenset[str]] = field(default_factory=dict)
    on: str = ""

    def fits(self, fact: Fact) -> bool:
        """Whether this fact is meant."""
        return fact.sort == self.sort and all(fact.words.get(name) in words for name, words in self.where.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What follows from a fact.

    A follow-up of `kind` is due `term` after the first of the days `counted_from` that the fact has; with
    `first_day_counts` that day is day 1. A term of the fact itself, named in `own_term`, goes before. With `every` it is
    due again so long after it was last met. It is met by one of the fact's own days (`met`) or by another fact about the
    same person (`met_by`), and loses its object likewise (`void`, `void_by`). `rolls`: due on a day off, it is due on the
    next working day. `shared`: one examination serves several conditions. `thresholds` None: those of the kind.
    """

    name: str
    kind: str
    of: Selection
    counted_from: tuple[str, ...]
    term: Term
    basis: str
    first_day_counts: bool = False
    own_term: str | None = None
    every: Term | None = None
    rolls: bool = False
    shared: bool = False
    met: tuple[str, ...] = ()
    met_by: tuple[Selection, ...] = ()
    void: tuple[str, ...] = ()
    void_by: tuple[Selection, ...] = ()
    thresholds: Thresholds | None = None
    countries: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Closing:
    """Why nothing is owed any more: it was `met`, or it lost its object."""

    on: date
    met: bool
    why: str


@dataclass(frozen=True, slots=True)
class Derived:
    """What follows from one fact under one rule. `due_on` None: no date can be computed, and `working` says why."""

    rule: Rule
    fact: Fact
    due_on: date | None
    working: str
    closing: Closing | None = None

    @property
    def trigger(self) -> str:
        """The fact that opened it: its sort and its key."""
        return f"{self.fact.sort}:{self.fact.key}"


def derive(
    rules: Iterable[Rule],
    facts: Sequence[Fact],
    *,
    country: str,
    calendar: Calendar,
    today: date,
    completed: Mapping[tuple[str, str], date] = MappingProxyType({}),
) -> list[Derived]:
    """Everything that follows from these facts of one case on `today`, a day at the facility.

    What is on record for a later day closes nothing yet. `completed` are the days on which people last completed a
    recurring follow-up, by rule and trigger. Where a rule is `shared`, what several facts ask for alike (the kind, the
    person, the day) is owed once.
    """
    found = [
        _derived(rule, fact, facts, calendar, today, completed.get((rule.name, f"{fact.sort}:{fact.key}")))
        for rule in rules
        if not rule.countries or country in rule.countries
        for fact in facts
        if rule.of.fits(fact)
    ]
    return _each_once(found)


def _derived(
    rule: Rule, fact: Fact, facts: Sequence[Fact], calendar: Calendar, today: date, completed: date | None
) -> Derived:
    start = next((fact.days[name] for name in rule.counted_from if name in fact.days), None)
    if start is None:
        return Derived(
            rule, fact, None, "The fact bears no date to count from.", _closing(rule, fact, facts, None, today)
        )
    closing = _closing(rule, fact, facts, start, today)
    if rule.every is not None:
        last = max((*_met_on(rule, fact, facts, start.on, today), *([completed] if completed else [])), default=None)
        if last is not None:
            return _summed(rule, fact, rule.every, Day(last), calendar, closing, "last done")
    return _summed(rule, fact, fact.terms.get(rule.own_term or "", rule.term), start, calendar, closing, "")


def _summed(
    rule: Rule, fact: Fact, term: Term, start: Day, calendar: Calendar, closing: Closing | None, what: str
) -> Derived:
    counted = term
    if rule.first_day_counts and not what:
        counted = Term(max(0, term.count - 1), term.unit)
    due_on = last_day(counted, start.on, calendar=calendar, pauses=fact.pauses, rolls=rule.rolls)
    if due_on is None:
        return Derived(rule, fact, None, f"{start} + {counted}: the clock stands still.", closing)
    notes = [what] if what else []
    if counted != term:
        notes.append(f"{day_in_words(start.on)} is day 1 of {term}")
    if counted.unit is Unit.WORKING_DAY or rule.rolls:
        notes.append(f"working days of {calendar.words}")
    stood_still = [pause for pause in fact.pauses if pause.until_on is not None and pause.from_on <= due_on]
    notes += [
        f"the clock stood still from {day_in_words(pause.from_on)} to {day_in_words(pause.until_on)}"
        for pause in stood_still
        if pause.until_on is not None
    ]
    said = f" ({'; '.join(notes)})" if notes else ""
    sum_of = f"{start} + {counted}" if counted.count else str(start)
    end = f" = {day_in_words(due_on)}" if counted.count or due_on != start.on else ""
    return Derived(rule, fact, due_on, f"{sum_of}{end}{said}.", closing)


def _met_on(rule: Rule, fact: Fact, facts: Sequence[Fact], since: date, today: date) -> list[date]:
    own = [fact.days[name].on for name in rule.met if name in fact.days]
    others = [
        other.days[chosen.on].on
        for chosen in rule.met_by
        for other in facts
        if chosen.fits(other) and other is not fact and other.person == fact.person and chosen.on in other.days
    ]
    return [on for on in (*own, *(on for on in others if on >= since)) if on <= today]


def _closing(rule: Rule, fact: Fact, facts: Sequence[Fact], start: Day | None, today: date) -> Closing | None:
    """The first thing that closed it; what meets it goes before what makes it void on the same day."""
    since = start.on if start else None
    closings = [
        Closing(fact.days[name].on, False, f"{_words(name)} on {day_in_words(fact.days[name].on)}")
        for name in rule.void
        if name in fact.days
    ]
    closings += [
        Closing(other.days[chosen.on].on, False, f"{_what(other)} on {day_in_words(other.days[chosen.on].on)}")
        for chosen in rule.void_by
        for other in facts
        if chosen.fits(other) and other.person == fact.person and chosen.on in other.days
        # Of a fact without a date nobody knows whether it came before.
        if since is not None and other.days[chosen.on].on >= since
    ]
    if rule.every is None and since is not None:
        closings += [
            Closing(on, True, f"done on {day_in_words(on)}") for on in _met_on(rule, fact, facts, since, today)
        ]
    reached = [closing for closing in closings if closing.on <= today]
    return min(reached, key=lambda closing: (closing.on, not closing.met), default=None)


def _each_once(found: list[Derived]) -> list[Derived]:
    kept, asked = [], set()
    for one in found:
        same = (one.rule.kind, one.fact.person, one.due_on)
        if one.rule.shared and one.due_on is not None and one.closing is None:
            if same in asked:
                continue
            asked.add(same)
        kept.append(one)
    return kept


def _words(name: str) -> str:
    return {"until_on": "ended", "hearing_on": "heard"}.get(name, name.removesuffix("_on").replace("_", " "))


def _what(fact: Fact) -> str:
    return fact.words.get("kind", fact.sort).replace("_", " ")
