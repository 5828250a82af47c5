"""What no single field shows: names given twice, names of nothing, ends before beginnings."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from alerts.facts import Tier
from alerts.follow_up_kinds import FOLLOW_UP_KINDS
from service.casefile.tree import dotted, shortened
from service.errors import Problem
from service.statements import statements_of
from service.vocabulary import DatePrecision

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from service.casefile.tree import Path, Tree

SECTIONS = (
    "assertions",
    "health_conditions",
    "care_events",
    "detention_episodes",
    "isolation_placements",
    "proceedings",
    "sentences",
    "parole_reviews",
    "petitions",
    "follow_ups",
)
_FROM_UNTIL = (
    ("from", "until"), ("since", "until"), ("born", "deceased"), ("requested", "occurred"),
    ("sent", "decided"), ("sent", "answered"), ("sent", "withdrawn"),
)  # fmt: skip


class _Row(NamedTuple):
    path: Path
    fields: dict[str, Any]

    def get(self, name: str) -> Any:
        return self.fields.get(name)


def cross_check(tree: Tree) -> Iterator[Problem]:
    """Everything that contradicts the file itself; parts of another shape than the schema's are passed over."""
    top = tree.value
    sources, persons = list(_rows(top, (), "sources")), list(_rows(top, (), "persons"))
    cases, demands = list(_rows(top, (), "cases")), list(_rows(top, (), "demands"))
    for path, reason in (
        *_twice(sources, "key"),
        *_twice(persons, "key"),
        *_twice(cases, "reference"),
        *_twice(demands, "code"),
        *_consents(persons),
        *_sections(cases, sources=_names(sources, "key"), persons=_names(persons, "key")),
        *_main_source(top, _names(sources, "key")),
        *_demands(
            demands,
            cases=_names(cases, "reference"),
            persons=_names(persons, "key"),
            follow_ups=_names((row for case in cases for row in _rows(case.fields, case.path, "follow_ups")), "key"),
        ),
        *_backwards(persons),
    ):
        yield Problem(dotted(path), reason, tree.line_of(path))


def row_check(section: str, fields: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What one row contradicts by itself: the field, and why."""
    row = _Row((), fields)
    for path, reason in (*_backwards([row]), *(_kind(row) if section == "follow_ups" else ())):
        yield str(path[-1]), reason


Found = tuple["Path", str]


def _rows(parent: Any, path: Path, name: str) -> Iterator[_Row]:
    listed = parent.get(name) if isinstance(parent, dict) else None
    for number, fields in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(fields, dict):
            yield _Row((*path, name, number), fields)


def _names(rows: Iterable[_Row], name: str) -> set[str]:
    return {row.fields[name] for row in rows if isinstance(row.get(name), str)}


def _twice(rows: Iterable[_Row], name: str) -> Iterator[Found]:
    first: dict[str, Path] = {}
    for row in rows:
        value = row.get(name)
        if not isinstance(value, str):
            continue
        if value in first:
            yield (*row.path, name), f"{shortened(value)!r} stands twice, first at {dotted(first[value])}"
        first.setdefault(value, row.path)


def _consents(persons: Iterable[_Row]) -> Iterator[Found]:
    for person in persons:
        consents = list(_rows(person.fields, person.path, "consents"))
        yield from _backwards(consents)
        seen = set()
        for consent in consents:
            what = (str(consent.get("scope")), str(consent.get("given_by")))
            if what in seen:
                yield consent.path, f"{what[0]} by {what[1]} stands twice for this person"
            seen.add(what)


def _sections(cases: list[_Row], *, sources: set[str], persons: set[str]) -> Iterator[Found]:
    for case in cases:
        of_case = case.get("persons") if isinstance(case.get("persons"), list) else []
        yield from _unknown(case, "persons", persons, "person")
        for name in SECTIONS:
            for row in _rows(case.fields, case.path, name):
                yield from _unknown(row, "source", sources, "source")
                yield from _unknown(row, "person", persons, "person")
                person = row.get("person")
                if isinstance(person, str) and person in persons and person not in of_case:
                    yield (*row.path, "person"), f"{shortened(person)!r} is not one of this case's persons"
                yield from _backwards([row])
                if name == "follow_ups":
                    yield from _kind(row)
    for name in SECTIONS:
        # over the whole file: identifiers are made from the keys
        yield from _twice((row for case in cases for row in _rows(case.fields, case.path, name)), "key")
    yield from _resting(cases)
    for case in cases:
        yield from _twice(_rows(case.fields, case.path, "texts"), "language")
    yield from _petitions([row for case in cases for row in _rows(case.fields, case.path, "petitions")])


def _resting(cases: list[_Row]) -> Iterator[Found]:
    for case in cases:
        listed, summary = case.get("rests_on"), case.get("summary")
        if not isinstance(listed, list) or not isinstance(summary, str):
            continue
        count = len(statements_of(summary))
        if listed and len(listed) != count:
            yield (*case.path, "rests_on"), f"the summary has {count} sentences, and this lists {len(listed)}"
        yield from _rested_on(case, listed)


def _rested_on(case: _Row, listed: list[Any]) -> Iterator[Found]:
    assertions = list(_rows(case.fields, case.path, "assertions"))
    known = _names(assertions, "key")
    sealed = _names((row for row in assertions if row.get("tier") == Tier.SEALED), "key")
    for number, keys in enumerate(listed):
        for place, key in enumerate(keys if isinstance(keys, list) else []):
            path = (*case.path, "rests_on", number, place)
            if not isinstance(key, str):
                continue
            if key not in known:
                yield path, f"no assertion of this case is called {shortened(key)!r}"
            elif key in sealed:
                yield path, f"{shortened(key)!r} is sealed, and nothing that is published rests on it"


def _petitions(petitions: list[_Row]) -> Iterator[Found]:
    for row in petitions:
        if row.get("reply_within_days") is not None and row.get("reply_basis") is None:
            yield (*row.path, "reply_within_days"), "reply_basis must name the law that gives this term"
    pauses = [(row, pause) for row in petitions for pause in _rows(row.fields, row.path, "pauses")]
    yield from _twice((pause for _, pause in pauses), "key")
    yield from _backwards(pause for _, pause in pauses)
    for row, pause in pauses:
        sent, begin = _day(row.get("sent")), _day(pause.get("from"))
        if sent and begin and begin < _precision(row, "sent").earliest(sent):
            yield (*pause.path, "from"), f"{begin} lies before the petition was sent ({sent})"


def _main_source(top: Any, sources: set[str]) -> Iterator[Found]:
    yield from _unknown(_Row((), top), "main_source", sources, "source")


def _demands(demands: list[_Row], *, cases: set[str], persons: set[str], follow_ups: set[str]) -> Iterator[Found]:
    codes = _names(demands, "code")
    repeats = _names([row for row in demands if row.get("duplicate_of")], "code")
    for row in demands:
        yield from _unknown(row, "cases", cases, "case")
        yield from _unknown(row, "persons", persons, "person")
        yield from _unknown(row, "follow_ups", follow_ups, "follow-up")
        for name in ("duplicate_of", "overlaps"):
            yield from _unknown(row, name, codes, "demand")
            if row.get(name) is not None and row.get(name) == row.get("code"):
                yield (*row.path, name), "a demand cannot repeat itself"
            elif name == "duplicate_of" and isinstance(row.get(name), str) and row.get(name) in repeats:
                yield (*row.path, name), f"{shortened(row.fields[name])!r} is a duplicate itself: name the first"


def _unknown(row: _Row, name: str, known: set[str], what: str) -> Iterator[Found]:
    value = row.get(name)
    named = [((*row.path, name, number), item) for number, item in enumerate(value)] if isinstance(value, list) else []
    for path, key in named or [((*row.path, name), value)]:
        if isinstance(key, str) and key not in known:
            yield path, f"no {what} of this file is called {shortened(key)!r}"


def _kind(row: _Row) -> Iterator[Found]:
    kind = row.get("kind")
    if isinstance(kind, str) and kind not in FOLLOW_UP_KINDS:
        yield (
            (*row.path, "kind"),
            f"no follow-up kind is called {shortened(kind)!r}; known are: {', '.join(FOLLOW_UP_KINDS)}",
        )


def _backwards(rows: Iterable[_Row]) -> Iterator[Found]:
    for row in rows:
        for begins, ends in _FROM_UNTIL:
            begin, end = _day(row.get(begins)), _day(row.get(ends))
            if begin and end and end < _precision(row, begins).earliest(begin):
                yield (*row.path, ends), f"{end} lies before {begins} ({begin})"


def _precision(row: _Row, name: str) -> DatePrecision:
    stated = row.get(f"{name}_precision")
    return DatePrecision(stated) if stated in list(DatePrecision) else DatePrecision.DAY


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
