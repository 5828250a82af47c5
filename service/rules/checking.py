"""Looks whether rules speak of kinds, sorts, words and days that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.follow_up_kinds import FOLLOW_UP_KINDS
from service.errors import Problem
from service.rules.sorts import SORTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from alerts.rules import Rule
    from service.casefile.tree import Tree
    from service.rules import schema
    from service.rules.sorts import Sort


def cross_check(file: schema.RuleFile, tree: Tree, known: Mapping[str, Rule] | None) -> Iterator[Problem]:
    """What one field alone cannot show; `known` are the standard rules, which an organisation's own file may name."""
    named: set[str] = set()
    for place, entry in enumerate(file.rules):
        at = ("rules", place)
        for where, reason in _faults(entry):
            yield Problem(f"{entry.rule}.{where}", reason, tree.line_of((*at, where.split("[")[0])))
        if entry.rule in named:
            yield Problem("rule", f"{entry.rule!r} is there twice", tree.line_of((*at, "rule")))
        named.add(entry.rule)
    for place, name in enumerate(file.without):
        if known is None or name not in known:
            yield Problem("without", f"no standard rule is called {name!r}", tree.line_of(("without", place)))


def _faults(entry: schema.Rule) -> Iterator[tuple[str, str]]:
    if entry.opens not in FOLLOW_UP_KINDS:
        yield "opens", f"no follow-up kind is called {entry.opens!r}: see `vigil schema kinds`"
    sort = SORTS.get(entry.of)
    if sort is None:
        yield "of", _unknown(entry.of, "sort of fact", SORTS)
    else:
        yield from _wrong_words("where", entry.where, sort)
        yield from _wrong_days(entry, sort)
    for field in ("met_by", "void_by"):
        for meeting in getattr(entry, field):
            yield from _wrong_meeting(field, meeting)


def _wrong_days(entry: schema.Rule, sort: Sort) -> Iterator[tuple[str, str]]:
    for field in ("counted_from", "met", "void"):
        for name in getattr(entry, field):
            if name not in sort.days:
                yield field, _unknown(name, f"day of a {entry.of}", sort.days)
    if entry.own_term is not None and entry.own_term not in sort.terms:
        yield "own_term", _unknown(entry.own_term, f"term of a {entry.of}", sort.terms)


def _wrong_meeting(field: str, meeting: schema.Meeting) -> Iterator[tuple[str, str]]:
    sort = SORTS.get(meeting.of)
    if sort is None:
        yield field, _unknown(meeting.of, "sort of fact", SORTS)
        return
    yield from _wrong_words(field, meeting.where, sort)
    if meeting.on not in sort.days:
        yield field, _unknown(meeting.on, f"day of a {meeting.of}", sort.days)


def _wrong_words(field: str, where: schema.Where, sort: Sort) -> Iterator[tuple[str, str]]:
    for name, values in where.items():
        if name not in sort.words:
            yield field, _unknown(name, "word", sort.words)
            continue
        for value in values:
            if sort.words[name] and value not in sort.words[name]:
                yield field, _unknown(value, name, sort.words[name])


def _unknown(name: str, what: str, known: Iterable[str]) -> str:
    return f"{name!r} is no {what}; known are: {', '.join(sorted(known)) or 'none'}"
