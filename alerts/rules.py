"""Rules: from facts on record to what must happen next, by when, and the sum that gives the date."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from alerts.terms import Term, Unit, day_in_words, last_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    next working day. `shared`: one examination serves several conditions. `title` and
    `thresholds` None: those of the kind.
    """

    name: str
    kind: str
    title: str | None = None
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
    def asked(self) -> tuple[str, str | None, date | None]:
        """What is asked for, of whom, by when: whoever states just this means the same."""
        return self.rule.kind, self.fact.person, self.due_on

    def title(self, kind_words: str) -> str:
        """What must happen, in words for staff; `kind_words` are those of its kind."""
        words = self.rule.title or f"{kind_words[0].upper()}{kind_words[1:]}"
        return f"{words}: {self.fact.about}" if self.fact.about else words

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
    reached = [one for one in _closings(rule, fact, facts, start) if one.on <= today]
    met_on = [one.on for one in reached if one.met]
    if rule.every is not None:
        # What recurs is never met for good: it is counted anew.
        reached = [one for one in reached if not one.met]
    closing = min(reached, key=lambda one: (one.on, not one.met), default=None)
    if start is None:
        return Derived(rule, fact, None, "The fact bears no date to count from.", closing)
    last = max([*met_on, *([completed] if completed else [])], default=None)
    if rule.every is not None and last is not None:
        return _summed(rule, fact, rule.every, Day(last), calendar, closing, notes=["last done"])
    term = fact.terms.get(rule.own_term or "", rule.term)
    if not rule.first_day_counts:
        return _summed(rule, fact, term, start, calendar, closing, notes=[])
    after_day_1 = Term(max(0, term.count - 1), term.unit)
    note = f"{day_in_words(start.on)} is day 1 of {term}"
    return _summed(rule, fact, after_day_1, start, calendar, closing, notes=[note])


def _summed(
    rule: Rule, fact: Fact, term: Term, start: Day, calendar: Calendar, closing: Closing | None, *, notes: list[str]
) -> Derived:
    due_on = last_day(term, start.on, calendar=calendar, pauses=fact.pauses, rolls=rule.rolls)
    if due_on is None:
        stands = any(pause.until_on is None for pause in fact.pauses)
        why = "the clock stands still" if stands else "past the end of the calendar"
        return Derived(rule, fact, None, f"{start} + {term}: {why}.", closing)
    if term.unit is Unit.WORKING_DAY or rule.rolls:
        notes = [*notes, f"working days of {calendar.words}"]
    notes = [*notes, *_stood_still(fact.pauses, start.on, due_on)]
    said = f" ({'; '.join(notes)})" if notes else ""
    if not term.count and due_on == start.on:
        return Derived(rule, fact, due_on, f"{start}{said}.", closing)
    return Derived(rule, fact, due_on, f"{start} + {term} = {day_in_words(due_on)}{said}.", closing)


def _stood_still(pauses: Sequence[Pause], start: date, end: date) -> Iterator[str]:
    for pause in pauses:
        if pause.until_on is not None and pause.until_on > start and pause.from_on <= end:
            yield f"the clock stood still from {day_in_words(pause.from_on)} to {day_in_words(pause.until_on)}"


def _closings(rule: Rule, fact: Fact, facts: Sequence[Fact], start: Day | None) -> Iterator[Closing]:
    """Every day that met it or took its object away, whenever that was."""
    for names, met in ((rule.met, True), (rule.void, False)):
        for name in names:
            if name in fact.days:
                yield Closing(fact.days[name].on, met, f"{_words(name)} on {day_in_words(fact.days[name].on)}")
    # Of a fact without a date nobody knows what came after it.
    others = [other for other in facts if start and other is not fact and other.person == fact.person]
    for choices, met in ((rule.met_by, True), (rule.void_by, False)):
        for chosen in choices:
            for other in filter(chosen.fits, others):
                on = other.days[chosen.on].on if chosen.on in other.days else None
                if on is not None and start is not None and on >= start.on:
                    yield Closing(on, met, f"{_what(other)} on {day_in_words(on)}")


def _each_once(found: list[Derived]) -> list[Derived]:
    kept, asked = [], set()
    for one in found:
        if one.rule.shared and one.due_on is not None and one.closing is None:
            if one.asked in asked:
                continue
            asked.add(one.asked)
        kept.append(one)
    return kept


def _words(name: str) -> str:
    return {"until_on": "ended", "occurred_on": "done"}.get(name, name.removesuffix("_on").replace("_", " "))


def _what(fact: Fact) -> str:
    return fact.words.get("kind", fact.sort).replace("_", " ")
