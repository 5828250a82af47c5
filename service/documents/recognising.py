"""Tells by its content alone what a file is, and refuses whatever is not on the list.

A beginning alone proves nothing, since anything can be spliced to it: each kind is walked to its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.documents.images import require_jpeg, require_png, require_tiff, require_webp
from service.documents.packages import package_type
from service.documents.writings import require_pdf, require_text
from service.errors import InvalidInput
from service.vocabulary import DocumentType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TAKEN = "PDF, PNG, JPEG, TIFF, WebP, plain text in UTF-8, DOCX and ODT"

_BEGINNINGS: tuple[tuple[bytes, DocumentType], ...] = (
    (b"%PDF-", DocumentType.PDF),
    (b"\x89PNG\r\n\x1a\n", DocumentType.PNG),
    (b"\xff\xd8\xff", DocumentType.JPEG),
    (b"II*\0", DocumentType.TIFF),
    (b"MM\0*", DocumentType.TIFF),
)
_CHECKS: Mapping[DocumentType, Callable[[bytes], None]] = {
    DocumentType.PDF: require_pdf,
    DocumentType.PNG: require_png,
    DocumentType.JPEG: require_jpeg,
    DocumentType.TIFF: require_tiff,
    DocumentType.WEBP: require_webp,
    DocumentType.TEXT: require_text,
}
# Never taken; named so that whoever sends one learns why.
_NAMED: tuple[tuple[bytes, str], ...] = (
    (b"MZ", "This is a program."),
    (b"\x7fELF", "This is a program."),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "This is an old Office file, or one with a password: save it as DOCX or PDF.",
    ),
    (b"PK", "This is an empty or broken archive."),
    (b"Rar!", "This is an archive: give each document in it by itself."),
    (b"7z\xbc\xaf\x27\x1c", "This is an archive: give each document in it by itself."),
    (b"\x1f\x8b", "This is an archive: give each document in it by itself."),
)


def recognised(content: bytes) -> DocumentType:
    """What the file is. Raises InvalidInput, which never repeats the content, for what is broken or not taken."""
    if not content:
        raise InvalidInput("The file is empty.")
    if content.startswith(b"PK\x03\x04"):
        return package_type(content)
    kind = _by_beginning(content)
    if kind is DocumentType.TEXT:
        for beginning, words in _NAMED:
            if content.startswith(beginning) and b"\0" in content:
                raise InvalidInput(f"{words} Taken are {TAKEN}.")
    _CHECKS[kind](content)
    return kind


def _by_beginning(content: bytes) -> DocumentType:
    for beginning, kind in _BEGINNINGS:
        if content.startswith(beginning):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return DocumentType.WEBP
    return DocumentType.TEXT
