"""DOCX and ODT are zip archives: looked through within limits, never unpacked, and taken only without programs in them."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from service.errors import InvalidInput
from service.vocabulary import DocumentType

if TYPE_CHECKING:
    from collections.abc import Collection

# A report with a picture on every page has a few hundred.
MOST_MEMBERS = 2_000
# Pictures are packed already, so a file of the largest size unpacks to little more.
MOST_UNPACKED_BYTES = 128 * 1024 * 1024
# The lists of parts are read whole.
LARGEST_LIST_BYTES = 1024 * 1024

# The end of the directory, without a comment (APPNOTE.TXT, 4.3.16).
_END, _END_BYTES = b"PK\x05\x06", 22
_PIECE = 256 * 1024
_ENCRYPTED_FLAG = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_TYPES, _MANIFEST, _MIMETYPE = "[Content_Types].xml", "META-INF/manifest.xml", "mimetype"
_DOCX_MAIN = b"wordprocessingml.document.main+xml"
_PROGRAMS = (b"MZ", b"\x7fELF", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
# Where LibreOffice keeps macros, and how its documents call them.
_ODT_MACROS, _ODT_CALLS = ("basic/", "scripts/", "dialogs/"), b"vnd.sun.star.script:"
# Anywhere but a path of the machine on which it was written: a scheme, or the name of another machine.
_ELSEWHERE = re.compile(
    r"\s*(?:(?!file:)[a-z][a-z0-9+.-]+:|\\\\|//|file:(?:/{0,2}[^/]|/{4}|///(?:\\|%5c)))", re.IGNORECASE
)
_DOCX_MACROS = (b"vbaproject", b"macroenabled", b"activex")


def package_type(content: bytes) -> DocumentType:
    """Whether it is a DOCX or an ODT. Raises InvalidInput for another archive, a broken or encrypted one, one beyond a limit, and one with macros or programs."""
    if content[-_END_BYTES:][:4] != _END:
        raise InvalidInput("This archive was cut off, or something stands behind it.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            kind = _kind(archive)
            _look_through(archive, room=MOST_UNPACKED_BYTES, within=None)
    except InvalidInput:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError):
        raise InvalidInput("This archive is broken, or was cut off.") from None
    return kind


def _kind(archive: zipfile.ZipFile) -> DocumentType:
    names = _names(archive)
    if _TYPES in names and "word/document.xml" in names:
        if _DOCX_MAIN not in _list(archive, _TYPES):
            raise InvalidInput("This Office file is no plain DOCX: save it as .docx without macros.")
        return DocumentType.DOCX
    if _MIMETYPE in names and {"content.xml", _MANIFEST} <= set(names):
        if _list(archive, _MIMETYPE) != DocumentType.ODT.media_type.encode():
            raise InvalidInput("This OpenDocument file is no text (.odt): save it as PDF.")
        if b"encryption-data" in _list(archive, _MANIFEST):
            raise InvalidInput("This document has a password: save it without one.")
        return DocumentType.ODT
    if _MIMETYPE in names and "encrypted-package" in names:
        raise InvalidInput("This document has a password: save it without one.")
    raise InvalidInput("This is an archive that is neither DOCX nor ODT: give each document in it by itself.")


def _names(archive: zipfile.ZipFile) -> Collection[str]:
    members = archive.infolist()
    names = [member.filename for member in members]
    if len(members) > MOST_MEMBERS:
        raise InvalidInput(f"This archive has {len(members):,} parts; the most is {MOST_MEMBERS:,}.")
    if len({name.lower() for name in names}) < len(names):
        raise InvalidInput("This archive has two parts of one name.")
    if not members or min(member.header_offset for member in members) != 0:
        raise InvalidInput("Something stands before this archive.")
    if any(member.flag_bits & _ENCRYPTED_FLAG for member in members):
        raise InvalidInput("This archive has a password: save it without one.")
    if any(member.compress_type not in _METHODS for member in members):
        raise InvalidInput("This archive is packed in a way that no word processor uses.")
    if sum(member.file_size for member in members) > MOST_UNPACKED_BYTES:
        raise _too_large()
    return names


def _list(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as part:
        content = part.read(LARGEST_LIST_BYTES + 1)
    if len(content) > LARGEST_LIST_BYTES:
        raise _too_large()
    return content


def _look_through(archive: zipfile.ZipFile, *, room: int, within: str | None) -> int:
    """The room that is left after every part came out once; the directory may have said less."""
    for member in archive.infolist():
        name = member.filename.lower()
        if name.startswith(_ODT_MACROS) or name.endswith("vbaproject.bin"):
            raise _macros()
        room = _look_at(archive, member, room=room, within=within)
    return room


def _look_at(archive: zipfile.ZipFile, member: zipfile.ZipInfo, *, room: int, within: str | None) -> int:
    name = member.filename.lower()
    listed: list[bytes] = []
    is_list = name.endswith(".rels") or name == _TYPES.lower()
    tail, kept = b"", list[bytes]()
    with archive.open(member) as part:
        while piece := part.read(_PIECE):
            room -= len(piece)
            if room < 0:
                raise _too_large()
            first, whole = not tail, tail + piece
            if is_list:
                listed.append(piece)
            _require_no_programs(whole, is_list=is_list, is_first=first)
            tail = whole[-32:]
            if kept or (first and piece.startswith(b"PK\x03\x04")):
                kept.append(piece)
    if is_list:
        _require_no_calls(b"".join(listed))
    return _look_within(kept, room=room, within=within) if kept else room


def _require_no_programs(content: bytes, *, is_list: bool, is_first: bool) -> None:
    if is_first and content.startswith(_PROGRAMS):
        raise InvalidInput(
            "A program, or an object in which programs hide, is embedded in this document: save it as PDF."
        )
    if is_list and b"\0" in content:
        raise InvalidInput("A list of parts in this document is not UTF-8.")
    if _ODT_CALLS in content or (is_list and any(mark in content.lower() for mark in _DOCX_MACROS)):
        raise _macros()


def _require_no_calls(content: bytes) -> None:
    """A template that is fetched brings its macros along; a picture that is fetched tells who opened the document."""
    if len(content) > LARGEST_LIST_BYTES:
        raise _too_large()
    try:
        parts = list(fromstring(content).iter())
    except (DefusedXmlException, ParseError):
        raise InvalidInput("A list of parts in this document is broken.") from None
    for part in parts:
        is_outside = part.get("TargetMode", "").lower() == "external"
        if is_outside and not part.get("Type", "").endswith("/hyperlink") and _ELSEWHERE.match(part.get("Target", "")):
            raise InvalidInput("This document loads something from elsewhere when it is opened: save it as PDF.")


def _look_within(pieces: Collection[bytes], *, room: int, within: str | None) -> int:
    """A table behind a chart is an archive in the archive; one more below that is nobody's."""
    if within is not None:
        raise InvalidInput("Archives are packed into each other in this document: save it as PDF.")
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as inner:
        _names(inner)
        return _look_through(inner, room=room, within="a document")


def _macros() -> InvalidInput:
    return InvalidInput("This document has macros: save it without them, or as PDF.")


def _too_large() -> InvalidInput:
    most = MOST_UNPACKED_BYTES // 1024 // 1024
    return InvalidInput(f"This document is more than {most} MiB unpacked: save it as PDF.")
