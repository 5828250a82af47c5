"""A text for the public as its single statements, and the mark by which each is known wherever it stands again."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from hashlib import sha256

from uniseg.sentencebreak import sentences  # type: ignore[import-untyped] # it ships no types

# A page of cases, and the pages that are read again and again.
_KEPT_TEXTS = 1024


@lru_cache(maxsize=_KEPT_TEXTS)
def statements_of(text: str) -> tuple[str, ...]:
    """The sentences of the text by the boundaries of Unicode (UAX 29), each on one line; a line's end also ends one."""
    lines = (line for line in text.splitlines() if line.strip())
    return tuple(one for line in lines for sentence in sentences(line) if (one := _on_one_line(sentence)))


def mark_of(statement: str) -> str:
    """What tells this statement from any other: SHA-256 (hex) over its words, however they are spaced or composed."""
    return sha256(_on_one_line(statement).encode()).hexdigest()


def _on_one_line(statement: str) -> str:
    return " ".join(unicodedata.normalize("NFC", statement).split())
