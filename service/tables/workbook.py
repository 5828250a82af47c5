"""XLSX workbooks, read and written as a stream: the one place that speaks to openpyxl."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO
from xml.etree.ElementTree import ParseError, iterparse

from defusedxml.common import DefusedXmlException
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ERROR_CODES
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils import coordinate_to_tuple, get_column_letter
from openpyxl.utils.exceptions import IllegalCharacterError, InvalidFileException
from openpyxl.worksheet._reader import WorkSheetParser
from openpyxl.xml.constants import SHEET_MAIN_NS

from service.errors import InvalidTable, Problem
from service.tables.safe_cells import would_run
from service.tables.sheets import LONGEST_CELL, MOST_COLUMNS, MOST_ROWS, Sheet, gathered, shortened
from service.tables.unpacking import require_harmless

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from xml.etree.ElementTree import Element

    from openpyxl.cell import Cell as WrittenCell

    from service.tables.sheets import Cell

# What openpyxl raises over a file that is no workbook: it has no one error of its own.
_BROKEN = (
    KeyError, ValueError, TypeError, AttributeError, IndexError, OverflowError, ParseError, DefusedXmlException,
    InvalidFileException, zipfile.BadZipFile, zlib.error, EOFError, OSError, RecursionError, NotImplementedError,
    AssertionError, LookupError, StopIteration,
)  # fmt: skip
_MAIN = f"{{{SHEET_MAIN_NS}}}"
_ROW, _FORMULA = f"{_MAIN}row", f"{_MAIN}f"
_TEXT, _RUN = f"{_MAIN}is/{_MAIN}t", f"{_MAIN}is/{_MAIN}r/{_MAIN}t"
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
        # `load_workbook` would read each sheet twice: the first time for a size that nobody vouches for.
        reader = ExcelReader(stream, read_only=True, keep_vba=False, data_only=False, keep_links=False)
        with reader.archive:
            reader.read_manifest()
            reader.read_strings()
            reader.read_workbook()
            apply_stylesheet(reader.archive, reader.wb)
            name, member = _member(reader, sheet)
            with reader.archive.open(member) as part:
                return gathered(_rows(reader, part), name=name)


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


def _member(reader: Any, name: str | None) -> tuple[str, str]:
    """The name of the sheet, and of the member that holds it; charts are no tables."""
    sheets = {
        str(one.name): str(link.target) for one, link in reader.parser.find_sheets() if "chartsheet" not in link.Type
    }
    there = ", ".join(shortened(one) for one in list(sheets)[:20])
    if not sheets:
        raise InvalidTable("the workbook has no sheet")
    if name is None and len(sheets) > 1:
        raise InvalidTable(f"the workbook has {len(sheets)} sheets: say which with --sheet; it has {there}")
    if name is not None and name not in sheets:
        raise InvalidTable(f"the workbook has no sheet {shortened(name)}; it has {there}")
    found = name or next(iter(sheets))
    if sheets[found] not in reader.valid_files:
        raise InvalidTable(f"the workbook has no sheet: what it says of {shortened(found)} is not in it")
    return found, sheets[found]


def _rows(reader: Any, part: Any) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    book = reader.wb
    parser = _Parser(
        part, reader.shared_strings, epoch=book.epoch, date_formats=book._date_formats,  # noqa: SLF001 - as its own reader does
        timedelta_formats=book._timedelta_formats,  # noqa: SLF001
    )  # fmt: skip
    last = 0
    for number, cells in parser.rows():
        if not last < number <= _LAST_ROW:
            raise InvalidTable(
                [Problem(f"row {number}", f"does not follow row {last}, or is beyond row {_LAST_ROW:,}")]
            )
        last = number
        row: list[Cell] = []
        for cell in cells:
            if cell["value"] is not None:
                _put(row, cell)
        yield number, tuple(row)


class _Parser(WorkSheetParser):
    """openpyxl's parser of sheets, for rows alone and twice as fast."""

    def rows(self) -> Iterator[tuple[int, list[dict[str, Any]]]]:
        """Each row's number and cells.

        defusedxml parses in Python; `require_harmless` has let no declaration through that it would refuse.
        """
        for _, element in iterparse(self.source):  # noqa: S314 - see above
            if element.tag == _ROW:
                yield self.parse_row(element)  # type: ignore[arg-type] # an element, as the library itself gives it
                element.clear()

    def parse_cell(self, element: Element) -> dict[str, Any]:
        """A cell; its own text is read here, for which the library builds six objects."""
        cell: dict[str, Any]
        if element.get("t") != "inlineStr" or element.find(_FORMULA) is not None:
            cell = super().parse_cell(element)
            return cell
        coordinate = element.get("r")
        self.col_counter = coordinate_to_tuple(coordinate)[1] if coordinate else self.col_counter + 1
        texts = [part.text or "" for path in (_TEXT, _RUN) for part in element.iterfind(path)]
        value = "".join(texts) or None
        return {"row": self.row_counter, "column": self.col_counter, "value": value, "data_type": "s", "style_id": 0}


def _put(row: list[Cell], cell: dict[str, Any]) -> None:
    value, place = cell["value"], f"cell {get_column_letter(cell['column'])}{cell['row']}"
    if cell["column"] > MOST_COLUMNS:
        raise InvalidTable([Problem(place, f"is beyond column {MOST_COLUMNS}, the last that is looked at")])
    if cell["data_type"] == "f":
        raise InvalidTable([Problem(place, "is a formula: paste its value instead")])
    if cell["data_type"] == "e":
        raise InvalidTable([Problem(place, f"holds the error {shortened(value)}")])
    if isinstance(value, str) and len(value) > LONGEST_CELL:
        raise InvalidTable([Problem(place, f"has {len(value):,} characters: {shortened(value)}")])
    row.extend([None] * (cell["column"] - len(row)))
    row[cell["column"] - 1] = value


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
