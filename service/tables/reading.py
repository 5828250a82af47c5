"""A file with a table in it, told by its name and then by what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.errors import InvalidTable
from service.tables.csv_text import read_csv
from service.tables.sheets import LARGEST_CSV_BYTES
from service.tables.workbook import read_workbook

if TYPE_CHECKING:
    from pathlib import Path

    from service.tables.sheets import Sheet

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
            if sheet is not None:
                raise InvalidTable("a CSV file has no sheets")
            content = stream.read(LARGEST_CSV_BYTES + 1)
    except OSError as error:
        raise InvalidTable(f"{path} cannot be read: {error.strerror}") from None
    if content.startswith(b"PK\x03\x04"):
        raise InvalidTable(f"{path} is a zip file, perhaps a workbook: name it .xlsx")
    return read_csv(content)
