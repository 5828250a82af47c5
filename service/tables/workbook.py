"""XLSX workbooks, read and written as a stream: the one place that speaks to openpyxl."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ERROR_CODES
from openpyxl.utils.exceptions import IllegalCharacterError, InvalidFileException

from service.errors import InvalidTable, Problem
from service.tables.safe_cells import would_run
from service.tables.sheets import LONGEST_CELL, MOST_COLUMNS, MOST_ROWS, Sheet, gathered, shortened
from service.tables.unpacking import require_harmless

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from openpyxl.cell import Cell as WrittenCell

    from service.tables.sheets import Cell

# What openpyxl raises over a file that is no workbook: it has no one error of its own.
_BROKEN = (
    KeyError, ValueError, TypeError, AttributeError, IndexError, OverflowError, ParseError, DefusedXmlException,
    InvalidFileException, zipfile.BadZipFile, zlib.error, EOFError, OSError, RecursionError, NotImplementedError,
    AssertionError, LookupError, StopIteration,
)  # fmt: skip
# A sheet may leave rows out; beyond this it names rows that nobody fills.
_LAST_ROW = MOST_ROWS * 2


def read_workbook(stream: BinaryIO, *, sheet: str | None = None) -> Sheet:
    """The table on the sheet of that name (None: the only one that holds anything).

    Raises InvalidTable for whatever is no workbook, is broken, or is beyond the limits, and for formulas, whose result
    a file does not vouch for.
    """
    require_harmless(stream)
    stream.seek(0)
    with _as_ours(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book: Any = load_workbook(stream, read_only=True, data_only=False, keep_links=False)
        try:
            found = _sheet(book, sheet)
            return gathered(_rows(found), name=str(found.title))
        finally:
            book.close()


def write_workbook(
    stream: BinaryIO, title: str, headings: Sequence[str], rows: Iterable[Sequence[str]], *, now: datetime
) -> None:
    """Write one sheet of texts.

    All cells are text, so that no spreadsheet turns `1S2` or a date into something else; what it would run is marked
    as text for good, so that it stays text when somebody edits the cell. `now` (UTC) is when it was made.
    """
    book = Workbook(write_only=True)
    stamp = now.astimezone(UTC).replace(tzinfo=None)
    book.properties.created = book.properties.modified = stamp
    book.properties.creator = "Vigil"
    page = book.create_sheet(title[:31])
    page.freeze_panes = "A2"
    try:
        for row in (headings, *rows) if isinstance(rows, list | tuple) else _chained(headings, rows):
            page.append([_written(page, text) for text in row])
    except IllegalCharacterError:
        raise InvalidTable("a text holds a character that no workbook can hold: export it as CSV or JSON") from None
    book.save(stream)


def _chained(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
    yield headings
    yield from rows


def _written(page: Any, text: str) -> str | WrittenCell:
    risky = would_run(text)
    if not risky and text not in ERROR_CODES:
        return text
    cell = WriteOnlyCell(page, value=text)
    cell.data_type = "s"
    if risky:
        cell.quotePrefix = True
    return cell


def _sheet(book: Any, name: str | None) -> Any:
    sheets = list(book.worksheets)
    if name is not None:
        named = [one for one in sheets if one.title == name]
        if not named:
            there = ", ".join(shortened(one.title) for one in sheets[:20])
            raise InvalidTable(f"the workbook has no sheet {shortened(name)}; it has {there or 'none'}")
        return named[0]
    if not sheets:
        raise InvalidTable("the workbook has no sheet")
    if len(sheets) != 1:
        there = ", ".join(shortened(one.title) for one in sheets[:20])
        raise InvalidTable(f"the workbook has {len(sheets)} sheets: say which with --sheet; it has {there or 'none'}")
    return sheets[0]


def _rows(page: Any) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    if not hasattr(page, "reset_dimensions"):
        raise InvalidTable("the sheet is a chart")
    # What a file says of its own size is not believed.
    page.reset_dimensions()
    for number, cells in enumerate(page.iter_rows(max_col=MOST_COLUMNS + 1), 1):
        if number > _LAST_ROW:
            raise InvalidTable([Problem(f"row {number}", f"is beyond row {_LAST_ROW:,}, the last that is looked at")])
        if cells and cells[-1].value is not None and len(cells) > MOST_COLUMNS:
            raise InvalidTable([Problem(f"row {number}", f"has more than {MOST_COLUMNS} columns")])
        yield number, tuple(_value(cell) for cell in cells)


def _value(cell: Any) -> Cell:
    value = cell.value
    if value is None:
        return None
    if cell.data_type == "f":
        raise InvalidTable([Problem(f"cell {cell.coordinate}", "is a formula: paste its value instead")])
    if cell.data_type == "e":
        raise InvalidTable([Problem(f"cell {cell.coordinate}", f"holds the error {shortened(value)}")])
    if isinstance(value, str) and len(value) > LONGEST_CELL:
        raise InvalidTable([Problem(f"cell {cell.coordinate}", f"has {len(value):,} characters: {shortened(value)}")])
    return value  # type: ignore[no-any-return] # text, number, truth or a date, as openpyxl reads them


@contextmanager
def _as_ours() -> Iterator[None]:
    """Whatever the library makes of a broken file, told as our own refusal."""
    try:
        yield
    except _BROKEN as error:
        lines = str(error.__cause__ or error).splitlines()
        raise InvalidTable(
            f"the workbook is broken: {shortened(lines[0] if lines else type(error).__name__, 80)}"
        ) from None
