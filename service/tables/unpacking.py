"""A workbook is a zip of XML: looked through within limits before anybody builds something from it."""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.errors import InvalidTable
from service.tables.sheets import LARGEST_WORKBOOK_BYTES, MOST_ROWS, shortened

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

# A workbook of a few sheets has twenty members; each picture in it is one more.
MOST_MEMBERS = 1_000
# Unpacked, 100,000 rows of twenty columns have about 150 MB.
MOST_UNPACKED_BYTES = 256 * 1024 * 1024
# All that is no sheet and no list of texts is read at once and built into objects.
LARGEST_PART_BYTES = 4 * 1024 * 1024
# Each distinct text of a sheet may stand here once, and all of them stay in memory.
LARGEST_TEXTS_BYTES = 64 * 1024 * 1024
# A row is built whole before it is let go: 200 cells of the longest text that a field takes fit.
LONGEST_ROW_BYTES = 1024 * 1024
# 100,000 rows of twenty columns have about twelve million tags.
MOST_TAGS = 15_000_000

_PIECE = 256 * 1024
_ENCRYPTED_FLAG = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ROW_END = re.compile(rb"</(?:\w+:)?row\s*>|<(?:\w+:)?sheetData")
_SHEETS, _TEXTS = "xl/worksheets/", "xl/sharedstrings"


def require_harmless(stream: BinaryIO) -> None:
    """Read every part of the workbook once. Raises InvalidTable when it is none, is broken, or is beyond a limit."""
    _require_zip(stream)
    try:
        with zipfile.ZipFile(stream) as archive:
            _look_at_directory(archive)
            unpacked = 0
            for member in archive.infolist():
                unpacked += _look_through(archive, member, room=MOST_UNPACKED_BYTES - unpacked)
    except InvalidTable:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise InvalidTable(f"the workbook is broken: {_plainly(error)}") from None


def _require_zip(stream: BinaryIO) -> None:
    stream.seek(0)
    begins = stream.read(8)
    size = stream.seek(0, 2)
    stream.seek(0)
    if size > LARGEST_WORKBOOK_BYTES:
        most = LARGEST_WORKBOOK_BYTES // 1024 // 1024
        raise InvalidTable(f"the workbook has {size / 1024 / 1024:.0f} MiB; the most that is read is {most} MiB")
    if begins == _OLD:
        raise InvalidTable("this is an old .xls file, or a workbook with a password: save it as .xlsx without one")
    if not begins.startswith(b"PK"):
        raise InvalidTable("this is no .xlsx workbook, whatever its name says")


def _look_at_directory(archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    names = [member.filename for member in members]
    if len(members) > MOST_MEMBERS:
        raise InvalidTable(f"the workbook has {len(members):,} parts; the most is {MOST_MEMBERS:,}")
    if len(set(names)) < len(names):
        raise InvalidTable("the workbook has two parts of one name")
    if any(member.flag_bits & _ENCRYPTED_FLAG for member in members):
        raise InvalidTable("the workbook is encrypted: save it without a password")
    if any(member.compress_type not in _METHODS for member in members):
        raise InvalidTable("the workbook is packed in a way that no spreadsheet uses")
    if "xl/workbook.xml" not in names:
        raise InvalidTable("this is a zip file, but no .xlsx workbook")
    _look_at_sizes(members)


def _look_at_sizes(members: Sequence[zipfile.ZipInfo]) -> None:
    says = sum(member.file_size for member in members)
    if says > MOST_UNPACKED_BYTES:
        raise _too_large(says)
    for member in members:
        if member.file_size > _room_for(member.filename):
            raise InvalidTable(f"{shortened(member.filename)} in the workbook has {member.file_size:,} bytes unpacked")


def _look_through(archive: zipfile.ZipFile, member: zipfile.ZipInfo, *, room: int) -> int:
    """How many bytes come out of it; the directory may have said less."""
    name, seen = member.filename, 0
    tags = _Tags(name) if name.lower().endswith((".xml", ".rels")) else None
    with archive.open(member) as part:
        while piece := part.read(_PIECE):
            seen += len(piece)
            if seen > min(room, _room_for(name)):
                raise _too_large(MOST_UNPACKED_BYTES - room + seen)
            if tags is not None:
                tags.see(piece)
    return seen


@dataclass(slots=True)
class _Tags:
    """Counts the tags and rows of one part as it comes out, without building anything from them."""

    name: str
    tags: int = 0
    rows: int = 0
    since_row: int = 0
    edge: bytes = b""
    tail: bytes = b""

    def see(self, piece: bytes) -> None:
        self.tags += piece.count(b"<")
        if self.tags > MOST_TAGS:
            raise InvalidTable(f"{shortened(self.name)} in the workbook has more than {MOST_TAGS:,} tags")
        # No spreadsheet writes comments, CDATA or DOCTYPE; entities, and tags that are none, hide in them.
        if b"<!" in self.edge + piece:
            raise InvalidTable(f"{shortened(self.name)} in the workbook has a comment or declaration (<!…)")
        # In UTF-16 and UTF-32 the marks above would look otherwise; no spreadsheet writes them.
        if b"\0" in piece:
            raise InvalidTable(f"{shortened(self.name)} in the workbook is not UTF-8")
        self.edge = piece[-1:]
        if self.name.lower().startswith(_SHEETS):
            self._see_rows(piece)

    def _see_rows(self, piece: bytes) -> None:
        whole = self.tail + piece
        ends = list(_ROW_END.finditer(whole))
        self.rows += len(ends)
        longest = self.since_row + (ends[0].end() - len(self.tail) if ends else len(piece))
        self.since_row = len(whole) - ends[-1].end() if ends else longest
        # a mark may lie across two pieces, but none is counted twice
        self.tail = piece[-32:] if not ends or ends[-1].end() < len(whole) - 32 else b""
        if max(longest, self.since_row) > LONGEST_ROW_BYTES:
            raise InvalidTable("a row of the workbook is longer than any that we take, or its sheet is no sheet")
        if self.rows > MOST_ROWS + 10:
            raise InvalidTable(f"a sheet of the workbook has more than {MOST_ROWS:,} rows")


def _room_for(name: str) -> int:
    low = name.lower()
    if low.startswith(_SHEETS) or not low.endswith((".xml", ".rels")):
        return MOST_UNPACKED_BYTES
    return LARGEST_TEXTS_BYTES if low.startswith(_TEXTS) else LARGEST_PART_BYTES


def _too_large(size: int) -> InvalidTable:
    most = MOST_UNPACKED_BYTES // 1024 // 1024
    return InvalidTable(f"the workbook has more than {size // 1024 // 1024:,} MiB unpacked; the most is {most} MiB")


def _plainly(error: Exception) -> str:
    lines = str(error).splitlines()
    return shortened(lines[0], 80) if lines else type(error).__name__
