"""What a document contradicts, repeats or breaks off: told, never mended."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from alerts.facts import Tier
from service.statements import statements_of
from service.vocabulary import DatePrecision

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.casefile.reading import Document
    from service.casefile.schema import Assertion, Case, CaseFile, Demand

CONTRADICTION = "contradiction"
AFTER_AS_OF = "after_as_of"
DUPLICATE_DEMAND = "duplicate_demand"
OVERLAPPING_DEMAND = "overlapping_demand"
INCOMPLETE = "incomplete"
UNFOUNDED = "unfounded"

# A finding is printed on terminals, so it repeats no more than staff without a grant to health may read.
_SPEAKABLE = frozenset({Tier.PUBLIC, Tier.RESTRICTED})
LONGEST_WHERE = 200
LONGEST_VALUE = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth a human's look: `case` is a reference, `where` the keys, `lines` their places in the file."""

    code: str
    case: str | None
    where: str
    message: str
    lines: tuple[int, ...] = ()


def find(document: Document) -> list[Finding]:
    """Everything that the document contradicts, repeats or breaks off, in the file's order."""
    found: list[Finding] = []
    for number, case in enumerate(document.file.cases):
        lines = _Lines(document, number)
        found += _contradictions(case, lines)
        found += _after_as_of(case, document.file, lines)
        found += _incomplete(case, lines)
        found += _unfounded(case, document, number)
    return found + list(_demands(document))


@dataclass(frozen=True, slots=True)
class _Lines:
    document: Document
    case: int

    def of(self, section: str, number: int) -> int:
        return self.document.tree.line_of(("cases", self.case, section, number)) or 0


def _contradictions(case: Case, lines: _Lines) -> Iterator[Finding]:
    by_attribute: dict[str, list[tuple[int, Assertion]]] = defaultdict(list)
    for number, assertion in enumerate(case.assertions):
        by_attribute[assertion.attribute].append((number, assertion))
    for attribute, rows in by_attribute.items():
        if len({_folded(assertion.value) for _, assertion in rows}) < 2:
            continue
        yield Finding(
            CONTRADICTION,
            case.reference,
            _where("assertions", [assertion.key for _, assertion in rows]),
            f"{attribute}: {_values([assertion for _, assertion in rows])}",
            tuple(lines.of("assertions", number) for number, _ in rows),
        )


def _unfounded(case: Case, document: Document, number: int) -> Iterator[Finding]:
    if case.tier is not Tier.PUBLIC:
        return
    line = document.tree.line_of(("cases", number, "summary")) or 0
    for place, statement in enumerate(statements_of(case.summary)):
        if not (case.rests_on[place : place + 1] or [[]])[0]:
            yield Finding(
                UNFOUNDED,
                case.reference,
                "summary",
                f"sentence {place + 1} rests on no assertion, and is not published: {_folded(statement)[:LONGEST_VALUE]}",
                (line,),
            )


def _values(assertions: list[Assertion]) -> str:
    if not all(assertion.tier in _SPEAKABLE for assertion in assertions):
        return f"{len(assertions)} different statements, which are not shown here"
    return " / ".join(f"“{_short(assertion.value)}” ({assertion.locator})" for assertion in assertions)


def _after_as_of(case: Case, file: CaseFile, lines: _Lines) -> Iterator[Finding]:
    for section, number, key, day, precision, as_of in _dated(case):
        speaks_for = as_of or file.as_of
        if day is None or precision is DatePrecision.UNKNOWN or precision.earliest(day) <= speaks_for:
            continue
        yield Finding(
            AFTER_AS_OF,
            case.reference,
            _where(section, [key]),
            f"is dated {day}, but its source speaks for {speaks_for}",
            (lines.of(section, number),),
        )


Dated = tuple[str, int, str, date | None, DatePrecision, date | None]


def _dated(case: Case) -> Iterator[Dated]:
    """Everything that has happened, by its source: section, number, key, day, precision, as-of."""
    for n, assertion in enumerate(case.assertions):
        yield "assertions", n, assertion.key, assertion.occurred, assertion.occurred_precision, assertion.as_of
    for n, event in enumerate(case.care_events):
        yield "care_events", n, event.key, event.occurred, event.occurred_precision, event.as_of
    for n, episode in enumerate(case.detention_episodes):
        yield "detention_episodes", n, episode.key, episode.from_, episode.from_precision, episode.as_of
    for n, placement in enumerate(case.isolation_placements):
        yield "isolation_placements", n, placement.key, placement.from_, placement.from_precision, placement.as_of
    for n, step in enumerate(case.proceedings):
        yield "proceedings", n, step.key, step.occurred, step.occurred_precision, step.as_of
    for n, sentence in enumerate(case.sentences):
        yield "sentences", n, sentence.key, sentence.pronounced, sentence.pronounced_precision, sentence.as_of
    for n, review in enumerate(case.parole_reviews):
        yield "parole_reviews", n, review.key, review.decided, DatePrecision.DAY, review.as_of
    yield from _petitions(case)


def _petitions(case: Case) -> Iterator[Dated]:
    for n, petition in enumerate(case.petitions):
        yield "petitions", n, petition.key, petition.sent, petition.sent_precision, petition.as_of
        for day in (petition.decided, petition.answered, petition.withdrawn):
            yield "petitions", n, petition.key, day, DatePrecision.DAY, petition.as_of


def _incomplete(case: Case, lines: _Lines) -> Iterator[Finding]:
    for number, assertion in enumerate(case.assertions):
        if assertion.incomplete:
            message = f"{assertion.attribute}: the source breaks off ({assertion.locator})"
            where = _where("assertions", [assertion.key])
            yield Finding(INCOMPLETE, case.reference, where, message, (lines.of("assertions", number),))


def _demands(document: Document) -> Iterator[Finding]:
    line = {d.code: document.tree.line_of(("demands", n)) or 0 for n, d in enumerate(document.file.demands)}
    same: dict[str, Demand] = {}
    for demand in document.file.demands:
        first = same.setdefault(_folded(demand.text), demand)
        if demand.duplicate_of:
            message = f"asks the same as {demand.duplicate_of}; both are kept and counted once"
            yield _about(DUPLICATE_DEMAND, demand.code, demand.duplicate_of, message, line)
        elif first is not demand and first.duplicate_of != demand.code:
            message = f"has the words of {first.code}, and no `duplicate_of` says so"
            yield _about(DUPLICATE_DEMAND, demand.code, first.code, message, line)
        if demand.overlaps:
            message = f"asks in part for the same as {demand.overlaps}"
            yield _about(OVERLAPPING_DEMAND, demand.code, demand.overlaps, message, line)


def _about(code: str, first: str, second: str, message: str, line: dict[str, int]) -> Finding:
    return Finding(code, None, _where("demands", [first, second]), message, (line[first], line[second]))


def _where(section: str, keys: list[str]) -> str:
    return _short(f"{section} {', '.join(keys)}", LONGEST_WHERE)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _short(text: str, longest: int = LONGEST_VALUE) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"
