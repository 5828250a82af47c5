"""Workbooks and ways to spoil them."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from service.tables.workbook import write_workbook

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NOW = datetime(2014, 10, 24, tzinfo=UTC)
SHEET = "xl/worksheets/sheet1.xml"


def workbook(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """A sound workbook of one sheet."""
    stream = io.BytesIO()
    write_workbook(stream, "sheet", headings, rows, now=NOW)
    return stream.getvalue()


def with_parts(content: bytes, parts: Mapping[str, bytes | None]) -> bytes:
    """The workbook with some of its parts replaced, added, or (None) left out."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            if name not in parts:
                after.writestr(name, before.read(name))
        for name, part in parts.items():
            if part is not None:
                after.writestr(name, part)
    return stream.getvalue()


def sheet_of(content: bytes) -> bytes:
    """The XML of the sheet."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(SHEET)
