"""A file with a table in it, told by its name and then by what it holds."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from service.errors import InvalidTable
from service.tables.csv_text import read_csv
from service.tables.sheets import LARGEST_CSV_BYTES
from service.tables.workbook import read_workbook

if TYPE_CHECKING:
    from pathlib import Path

    from service.tables.sheets import Sheet

_ZIP = b"PK\x03\x04"
_CSV, _XLSX = (".csv", ".tsv", ".txt"), (".xlsx", ".xlsm")
_OTHERS = {
    ".xls": "an old .xls workbook: save it as .xlsx",
    ".xlsb": "a binary workbook: save it as .xlsx",
    ".ods": "an OpenDocument sheet: save it as .xlsx",
}


def read_table(path: Path, *, sheet: str | None = None) -> Sheet:
    """The table in the file. Raises InvalidTable, which says what the file is where it is none."""
    suffix = path.suffix.lower()
    if suffix in _OTHERS:
        raise InvalidTable(f"{path} is {_OTHERS[suffix]}")
    if suffix not in (*_CSV, *_XLSX):
        raise InvalidTable(f"{path}: a table is a .csv or .xlsx file")
    try:
        with path.open("rb") as stream:
            if suffix in _XLSX:
                return read_workbook(stream, sheet=sheet)
            content = stream.read(LARGEST_CSV_BYTES + 1)
    except OSError as error:
        raise InvalidTable(f"{path} cannot be read: {error.strerror}") from None
    if content.startswith(_ZIP):
        raise InvalidTable(f"{path} is a zip file, perhaps a workbook: name it .xlsx")
    return _csv(content, sheet)


def read_sent(content: bytes, *, is_workbook: bool, sheet: str | None = None) -> Sheet:
    """The table in these bytes, which were sent as a workbook or as CSV. Raises InvalidTable."""
    if is_workbook:
        return read_workbook(io.BytesIO(content), sheet=sheet)
    if content.startswith(_ZIP):
        raise InvalidTable("this is a zip file, perhaps a workbook: send it as one")
    return _csv(content, sheet)


def _csv(content: bytes, sheet: str | None) -> Sheet:
    if sheet is not None:
        raise InvalidTable("a CSV file has no sheets")
    return read_csv(content)
