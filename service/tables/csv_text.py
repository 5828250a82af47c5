"""CSV (RFC 4180) in UTF-8: read with whatever separator it has, written with commas and every cell in quotes."""

from __future__ import annotations

import csv
import io
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, BinaryIO

from service.casefile.bounded import require_bounded
from service.errors import InvalidTable, Problem
from service.tables.safe_cells import as_meant, defused
from service.tables.sheets import LARGEST_CSV_BYTES, LONGEST_CELL, MOST_COLUMNS, Sheet, gathered, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from service.tables.sheets import Cell

SEPARATORS = ",;\t"
# The marks by which other encodings announce themselves.
_OTHERS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


def read_csv(content: bytes) -> Sheet:
    """The table in these bytes. Raises InvalidTable with the row where it is none."""
    require_bounded(len(content), LARGEST_CSV_BYTES, InvalidTable)
    text = _decoded(content)
    if (bad := text.find("\0")) >= 0:
        raise InvalidTable([Problem(f"line {text.count(chr(10), 0, bad) + 1}", "holds a NUL: this is no text")])
    return gathered(_rows(text, _separator(text)))


def write_csv(stream: IO[str], headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write the table.

    Every cell stands in quotes, and what a spreadsheet would run is written with an apostrophe before it, which
    `read_csv` takes off again.
    """
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([defused(heading) for heading in headings])
    for row in rows:
        writer.writerow([defused(cell) for cell in row])


@contextmanager
def text_stream(stream: BinaryIO) -> Iterator[IO[str]]:
    """The bytes' stream for `write_csv`: UTF-8 with the mark without which Excel takes it for something else."""
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    yield text
    text.flush()
    text.detach()


def _decoded(content: bytes) -> str:
    if (other := _OTHERS.get(content[:2])) is not None:
        raise InvalidTable(f"the file is written in {other}: save it as CSV UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        reason = f"is not UTF-8: byte 0x{content[error.start]:02X} at offset {error.start}; save it as CSV UTF-8"
        raise InvalidTable([Problem(f"line {line}", reason)]) from None


def _separator(text: str) -> str:
    """The one that stands most often in the first line, outside quotes."""
    first, quoted = dict.fromkeys(SEPARATORS, 0), False
    for character in text[: LONGEST_CELL * 2]:
        quoted ^= character == '"'
        if character in "\r\n" and not quoted:
            if any(first.values()):
                break
        elif character in first and not quoted:
            first[character] += 1
    return max(first, key=lambda one: first[one])


def _rows(text: str, separator: str) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    # Without newline="" the ends of lines within quotes would not stay as they are.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InvalidTable([Problem(f"row {number}", f"is not CSV: {error}")]) from None
        if len(cells) > MOST_COLUMNS:
            raise InvalidTable([Problem(f"row {number}", f"has {len(cells):,} cells; the most is {MOST_COLUMNS}")])
        for cell in cells:
            if len(cell) > LONGEST_CELL:
                reason = f"has a cell of {len(cell):,} characters; the most is {LONGEST_CELL:,}"
                raise InvalidTable([Problem(f"row {number}", f"{reason}: {shortened(cell)}")])
        yield number, tuple(as_meant(cell) for cell in cells)
