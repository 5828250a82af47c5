"""What a document's file is called when it is saved again: nothing that leads elsewhere or passes for another kind."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

from service.vocabulary import DocumentType

LONGEST_NAME = 150
_USUAL = {
    DocumentType.JPEG: ("jpg", "jpeg", "jpe", "jfif"),
    DocumentType.TIFF: ("tif", "tiff"),
    DocumentType.TEXT: ("txt",),
}
# Separators of Windows and POSIX, and what Windows takes in no name.
_PARTS = re.compile(r"[/\\]")
_FORBIDDEN = re.compile(r'[<>:"|?*%]')
# Controls, marks that turn the direction of writing, lone surrogates, line separators.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def endings(kind: DocumentType) -> tuple[str, ...]:
    """The endings that a file of this kind may bear, the usual one first."""
    return _USUAL.get(kind, (kind.value,))


def kind_by_ending(name: str) -> DocumentType | None:
    """What the name says that the file is."""
    ending = name.rpartition(".")[2].lower()
    return next((kind for kind in DocumentType if ending in endings(kind)), None)


def plain_name(name: str, kind: DocumentType) -> str | None:
    """The last part of the name without anything unseen, with an ending of its kind; None when nothing is left."""
    seen = "".join(
        letter if unicodedata.category(letter) not in _UNSEEN else " "
        for letter in unicodedata.normalize("NFC", _PARTS.split(name)[-1])
    )
    clean = " ".join(_FORBIDDEN.sub("_", seen).split()).strip(". ")[:LONGEST_NAME].strip(". ")
    if not clean:
        return None
    return clean if kind_by_ending(clean) is kind and "." in clean else f"{clean}.{endings(kind)[0]}"


def disposition(name: str) -> str:
    """The value of Content-Disposition that saves a file under this name (RFC 6266; RFC 8187 for other scripts)."""
    plain = name if name.isascii() else f"document.{name.rpartition('.')[2]}"
    escaped = re.sub(r'["\\]', "_", plain)
    return f"attachment; filename=\"{escaped}\"; filename*=UTF-8''{quote(name, safe='')}"
