"""The rows of a table as entries of the case file's schema, each checked by itself, or everything that is wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError, create_model

from service.casefile.cross_checks import row_check
from service.casefile.schema import Entry
from service.casefile.tree import MOST_PROBLEMS
from service.casefile.wording import reason_of
from service.errors import InvalidTable, Problem
from service.tables.cells import text_of, value_of
from service.tables.sheets import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from service.tables.columns import Columns
    from service.tables.sections import Section
    from service.tables.sheets import Cell, Sheet


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row: `entry` bears the fields that the table speaks of, `place` is where it stands."""

    key: str
    place: str
    entry: Any


class Problems:
    """All that is wrong, up to a limit; the rest is counted."""

    def __init__(self) -> None:
        self._found: list[Problem] = []
        self._more = 0

    def add(self, problem: Problem) -> None:
        """Keep it, or count it."""
        if len(self._found) < MOST_PROBLEMS:
            self._found.append(problem)
        else:
            self._more += 1

    def require_none(self) -> None:
        """Raise InvalidTable when there are any."""
        if self._found:
            rest = [Problem("", f"and {self._more:,} more")] if self._more else []
            raise InvalidTable([*self._found, *rest])


def rows_of(sheet: Sheet, section: Section, columns: Columns) -> list[TableRow]:
    """Every row. Raises InvalidTable with all problems (the first 50): where, which value, and why."""
    problems, seen = Problems(), dict[str, str]()
    reader = _Reader(section, columns, sheet)
    rows = []
    for number, cells in sheet.rows:
        row = reader.row(number, cells, problems)
        if row is None:
            continue
        if row.key in seen:
            what = " ".join(section.key)
            problems.add(Problem(row.place, f"the {what} {shortened(row.key)} stands twice, first in {seen[row.key]}"))
        seen.setdefault(row.key, row.place)
        rows.append(row)
    problems.require_none()
    return rows


class _Reader:
    def __init__(self, section: Section, columns: Columns, sheet: Sheet) -> None:
        self._section, self._columns, self._sheet = section, columns, sheet
        self._fields = {name: section.fields[name] for name in section.fields if name in columns.given}
        shape: dict[str, Any] = {field.attribute: (field.annotation, field.info) for field in self._fields.values()}
        self._model = create_model("Row", __base__=Entry, **shape)
        self._by_attribute = {field.attribute: name for name, field in self._fields.items()}

    def row(self, number: int, cells: Sequence[Cell], problems: Problems) -> TableRow | None:
        """The row, or None when something is wrong with it."""
        values, sound = {}, True
        for name, field in self._fields.items():
            cell = self._cell(name, cells)
            try:
                value = value_of(cell, field, dates=self._columns.dates)
            except ValueError as error:
                problems.add(Problem(self._place(number, name), f"{_shown(cell)}: {error}"))
                sound = False
                continue
            if value is not None or field.nullable:
                values[name] = value
        if not sound:
            return None
        try:
            # Strict, and through JSON, as a case file is read.
            content = json.dumps(values, ensure_ascii=False).encode()
            entry = self._model.model_validate_json(content, strict=True)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                name = self._by_attribute.get(str(detail["loc"][0]), str(detail["loc"][0]))
                problems.add(Problem(self._place(number, name), reason_of(detail)))
            return None
        wrong = [Problem(self._place(number, name), reason) for name, reason in row_check(self._section.name, values)]
        for problem in wrong:
            problems.add(problem)
        key = "/".join(str(values[part]) for part in self._section.key)
        return None if wrong else TableRow(key, self._sheet.place(number), entry)

    def _cell(self, name: str, cells: Sequence[Cell]) -> object:
        if name in self._columns.values:
            return self._columns.values[name]
        place = self._columns.places[name]
        return cells[place] if place < len(cells) else None

    def _place(self, number: int, name: str) -> str:
        return self._sheet.place(number, self._columns.heading(name)) + (
            f" ({name})" if self._columns.heading(name) not in (name, None) else ""
        )


def _shown(cell: object) -> str:
    # repr escapes what cannot be printed, halves of surrogate pairs too
    return shortened(cell)


def written_rows(section: Section, entries: Iterator[dict[str, Any]]) -> Iterator[list[str]]:
    """The entries as texts, in the order of the section's fields."""
    for entry in entries:
        yield [text_of(entry.get(name), field) for name, field in section.fields.items()]
