"""Reads the rules in force: the standard ones, and what an organisation's own file changes; or says what is wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from alerts.facts import Thresholds
from alerts.follow_up_kinds import FOLLOW_UP_KINDS
from alerts.rules import Rule, Selection
from alerts.terms import Term
from service.casefile.bounded import yaml_tree
from service.casefile.wording import problems_of
from service.errors import InvalidRules
from service.rules import schema
from service.rules.checking import cross_check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.casefile.tree import Tree

STANDARD = Path(__file__).with_name("standard.yaml")
LARGEST_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The rules in force, and after how long a recorded fact of the past opens nothing any more."""

    rules: tuple[Rule, ...]
    lapses_after: Term
    own_title: str | None = None


@lru_cache(maxsize=8)
def rule_book(own: Path | None = None) -> RuleBook:
    """The standard rules with the organisation's own file over them; read once, at the start.

    Raises InvalidRules with every problem and its line.
    """
    standard = _read(STANDARD)
    if standard.lapses_after is None:
        raise InvalidRules("the standard rules do not say when a fact of the past lapses")
    rules = {entry.rule: _as_rule(entry) for entry in standard.rules}
    if own is None:
        return RuleBook(tuple(rules.values()), Term.parse(standard.lapses_after))
    changed = _read(own, known=rules)
    for name in changed.without:
        rules.pop(name, None)
    rules |= {entry.rule: _as_rule(entry) for entry in changed.rules}
    return RuleBook(tuple(rules.values()), Term.parse(changed.lapses_after or standard.lapses_after), changed.title)


def _read(path: Path, known: Mapping[str, Rule] | None = None) -> schema.RuleFile:
    tree = _tree(path)
    problems = list(tree.problems)
    try:
        file = schema.RuleFile.model_validate_json(
            json.dumps(tree.value, ensure_ascii=False).encode("utf-8", errors="replace"), strict=True
        )
    except ValidationError as error:
        raise InvalidRules([*problems, *problems_of(error, tree)]) from None
    problems += cross_check(file, tree, known)
    if problems:
        raise InvalidRules(sorted(problems, key=lambda problem: problem.line or 0))
    return file


def _tree(path: Path) -> Tree:
    tree = yaml_tree(path, LARGEST_BYTES, InvalidRules)
    if not isinstance(tree.value, dict):
        raise InvalidRules(f"{path}: a file of rules is a mapping that begins with `schema: {schema.SCHEMA_NAME}`")
    return tree


def _as_rule(entry: schema.Rule) -> Rule:
    levels = entry.levels
    return Rule(
        name=entry.rule,
        kind=entry.opens,
        title=entry.title,
        of=_selection(entry.of, entry.where),
        counted_from=tuple(entry.counted_from),
        term=Term.parse(entry.term),
        basis=entry.basis or FOLLOW_UP_KINDS[entry.opens].basis,
        first_day_counts=entry.first_day_counts,
        own_term=entry.own_term,
        every=Term.parse(entry.every) if entry.every else None,
        rolls=entry.rolls,
        shared=entry.shared,
        met=tuple(entry.met),
        met_by=tuple(_selection(one.of, one.where, one.on) for one in entry.met_by),
        void=tuple(entry.void),
        void_by=tuple(_selection(one.of, one.where, one.on) for one in entry.void_by),
        thresholds=Thresholds(**levels.model_dump()) if levels else None,
        countries=frozenset(entry.countries),
    )


def _selection(sort: str, where: schema.Where, on: str = "") -> Selection:
    return Selection(sort, {name: frozenset(values) for name, values in where.items()}, on)
