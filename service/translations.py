"""What makes a text a translation of a case's summary, for whoever writes, imports or shows one."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from alerts.languages import is_language_tag

if TYPE_CHECKING:
    from collections.abc import Iterator

# In which case files are written.
ORIGINAL_LANGUAGE = "en"
# As long as a page can bear; originals are a few paragraphs.
LONGEST_SUMMARY = 20_000
# Controls but tab and line feed, and halves of surrogate pairs: neither database nor bundle takes them.
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def sum_of(original: str) -> str:
    """What a translation remembers of the text that it was made from (SHA-256 in hex); white space does not count."""
    return hashlib.sha256(" ".join(original.split()).encode()).hexdigest()


def faults_of(language: str, summary: str) -> Iterator[tuple[str, str]]:
    """Why this is no translation of a summary into this language (BCP 47): each field that is wrong, and the reason."""
    for name, reason in (("language", fault_of_language(language)), ("summary", fault_of_summary(summary))):
        if reason is not None:
            yield name, reason


def fault_of_language(language: str) -> str | None:
    """Why a summary cannot be translated into this language (BCP 47)."""
    if language == ORIGINAL_LANGUAGE:
        return "The original is in this language: change the case itself."
    return None if is_language_tag(language) else "This is no language tag, such as ru or kk."


def fault_of_summary(summary: str) -> str | None:
    """Why this cannot stand for a summary."""
    if not summary.strip():
        return "The text is empty."
    if len(summary) > LONGEST_SUMMARY:
        return f"The text is longer than {LONGEST_SUMMARY} characters."
    bad = _UNWRITABLE.search(summary)
    return f"The text has the character U+{ord(bad[0]):04X}, which no text has." if bad else None
