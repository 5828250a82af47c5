"""What a table is, whatever file it comes from, and the limits that hold for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.errors import InvalidTable, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime, time, timedelta

    Cell = str | int | float | bool | datetime | date | time | timedelta | None

# A hundred thousand rows are twice the largest register that anybody told us of, and are held in memory once.
MOST_ROWS = 100_000
# The widest section has twenty fields.
MOST_COLUMNS = 200
# What a cell of a spreadsheet can hold; no field of ours is longer than 5,000.
LONGEST_CELL = 32_767
# 100,000 rows of long texts; a CSV file is as large as what is in it.
LARGEST_CSV_BYTES = 64 * 1024 * 1024
LARGEST_WORKBOOK_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sheet:
    """The cells of one table: `rows` are numbered as a spreadsheet numbers them, and bear no empty ones."""

    headings: tuple[str, ...]
    rows: Sequence[tuple[int, tuple[Cell, ...]]]
    name: str | None = None

    def place(self, row: int, heading: str | None = None) -> str:
        """Where a cell stands, in words."""
        parts = [f"sheet {shortened(self.name)}"] if self.name else []
        parts += [f"row {row}"]
        parts += [f"column {shortened(heading)}"] if heading is not None else []
        return ", ".join(parts)


def gathered(found: Iterator[tuple[int, tuple[Cell, ...]]], *, name: str | None = None) -> Sheet:
    """The first row that is not empty as headings, the rest as rows. Raises InvalidTable beyond the limits."""
    headings: tuple[str, ...] | None = None
    rows: list[tuple[int, tuple[Cell, ...]]] = []
    for number, cells in found:
        width = max((place for place, cell in enumerate(cells, 1) if cell not in (None, "")), default=0)
        if not width:
            continue
        if headings is None:
            headings = _headings(cells[:width], number)
            continue
        if len(rows) >= MOST_ROWS:
            raise InvalidTable([Problem(f"row {number}", f"more than {MOST_ROWS:,} rows")])
        if width > len(headings):
            raise InvalidTable([Problem(f"row {number}", f"has {width} cells under {len(headings)} headings")])
        rows.append((number, (*cells[: len(headings)], *(None,) * (len(headings) - len(cells)))))
    if headings is None:
        raise InvalidTable("the table is empty: its first row names the columns")
    return Sheet(headings, rows, name)


def shortened(text: object, most: int = 40) -> str:
    """A value as an error shows it."""
    plain = str(text)
    return repr(plain if len(plain) <= most else plain[: most - 1] + "…")


def _headings(cells: Sequence[Cell], number: int) -> tuple[str, ...]:
    headings = tuple(str(cell if cell is not None else "").strip() for cell in cells)
    problems = [
        Problem(f"row {number}", f"column {place} has no heading") for place, name in enumerate(headings, 1) if not name
    ]
    twice = dict.fromkeys(name for name in headings if name and headings.count(name) > 1)
    problems += [Problem(f"row {number}", f"the heading {shortened(name)} stands twice") for name in twice]
    if problems:
        raise InvalidTable(problems)
    return headings
