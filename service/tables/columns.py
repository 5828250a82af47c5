"""Which column of a table is which field: by its heading, by a mapping file, or by `--map`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from service.casefile.bounded import yaml_tree
from service.errors import InvalidTable, Problem
from service.tables.dates import DATE_FORMATS
from service.tables.sheets import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from service.tables.sections import Section
    from service.tables.sheets import Sheet

LARGEST_MAPPING_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class TableMapping:
    """What somebody says of a table: heading to field, a value for every row, columns to pass over, how dates are written."""

    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    ignore: frozenset[str] = frozenset()
    dates: str = "YYYY-MM-DD"


@dataclass(frozen=True, slots=True)
class Columns:
    """Field to its place in a row, and the fields that have one value in all rows."""

    places: Mapping[str, int]
    values: Mapping[str, str]
    headings: tuple[str, ...]
    dates: str

    @property
    def given(self) -> frozenset[str]:
        """The fields that the table speaks of; all others it leaves as they are."""
        return frozenset(self.places) | frozenset(self.values)

    def heading(self, name: str) -> str | None:
        """The heading over this field, if it has a column."""
        return self.headings[self.places[name]] if name in self.places else None


def read_mapping(path: Path) -> TableMapping:
    """A small YAML file: `columns`, `values`, `ignore`, `dates`. Raises InvalidTable."""
    tree = yaml_tree(path, LARGEST_MAPPING_BYTES, InvalidTable)
    if tree.problems:
        raise InvalidTable(tree.problems)
    return _mapping(tree.value)


def joined(
    mapping: TableMapping,
    *,
    columns: Iterable[str] = (),
    values: Iterable[str] = (),
    ignore: Iterable[str] = (),
    dates: str | None = None,
) -> TableMapping:
    """The mapping with what the command line adds: `Heading=field`, `field=value`, headings. Raises InvalidTable."""
    return replace(
        mapping,
        columns={**mapping.columns, **dict(_pair(one, last=True) for one in columns)},
        values={**mapping.values, **dict(_pair(one, last=False) for one in values)},
        ignore=mapping.ignore | frozenset(ignore),
        dates=dates or mapping.dates,
    )


def columns_of(sheet: Sheet, section: Section, mapping: TableMapping) -> Columns:
    """Find the field of every column. Raises InvalidTable that names what is unknown, missing or there twice."""
    problems = [
        Problem("mapping", f"the table has no column {shortened(name)}{_near(name, sheet.headings)}")
        for name in (*mapping.columns, *mapping.ignore)
        if name not in sheet.headings
    ]
    places: dict[str, int] = {}
    for place, heading in enumerate(sheet.headings):
        if heading in mapping.ignore:
            continue
        name = mapping.columns.get(heading, _as_field(heading))
        if name not in section.fields:
            known = _near(name, section.fields) or f"; fields are: {', '.join(section.fields)}"
            problems.append(Problem(f"column {shortened(heading)}", f"is no field of {section.name}{known}"))
        elif name in places:
            first = sheet.headings[places[name]]
            problems.append(Problem(f"column {shortened(heading)}", f"is {name}, and so is {shortened(first)}"))
        else:
            places[name] = place
    problems += _set_values(section, mapping, places)
    problems += [
        Problem("", f"no column is {name}, which names the row")
        for name in section.key
        if name not in places and name not in mapping.values
    ]
    if problems:
        raise InvalidTable(problems)
    return Columns(places, dict(mapping.values), sheet.headings, mapping.dates)


def _set_values(section: Section, mapping: TableMapping, places: Mapping[str, int]) -> Iterable[Problem]:
    for name in mapping.values:
        if name not in section.fields:
            yield Problem(f"value {name}", f"is no field of {section.name}{_near(name, section.fields)}")
        elif name in places:
            yield Problem(f"value {name}", "has a column too")


def _as_field(heading: str) -> str:
    return re.sub(r"[\s-]+", "_", heading.strip().lower())


def _near(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _pair(text: str, *, last: bool) -> tuple[str, str]:
    left, equals, right = text.rpartition("=") if last else text.partition("=")
    if not equals or not left.strip():
        raise InvalidTable(f"{shortened(text)} is not written NAME=NAME")
    return left.strip(), right.strip()


def _mapping(value: Any) -> TableMapping:
    if not isinstance(value, dict):
        raise InvalidTable("a mapping is YAML with `columns`, `values`, `ignore` and `dates`")
    problems = [
        Problem(name, "is no part of a mapping") for name in value.keys() - {"columns", "values", "ignore", "dates"}
    ]
    for name in ("columns", "values"):
        part = value.get(name) or {}
        if not isinstance(part, dict) or not all(isinstance(one, str | int) for one in part.values()):
            problems.append(Problem(name, "must be a mapping of texts"))
    ignore = value.get("ignore") or []
    if not isinstance(ignore, list) or not all(isinstance(one, str) for one in ignore):
        problems.append(Problem("ignore", "must be a list of headings"))
    dates = value.get("dates") or "YYYY-MM-DD"
    if dates not in DATE_FORMATS:
        problems.append(Problem("dates", f"must be one of: {', '.join(DATE_FORMATS)}"))
    if problems:
        raise InvalidTable(problems)
    columns = {name: str(one) for name, one in (value.get("columns") or {}).items()}
    values = {name: str(one) for name, one in (value.get("values") or {}).items()}
    return TableMapping(columns, values, frozenset(ignore), dates)
