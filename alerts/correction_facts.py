"""The facts of a correction: what was said, what is wrong with it, and what is said instead."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CorrectedHow(StrEnum):
    """What became of what was said."""

    CORRECTED = "corrected"
    DISPUTED = "disputed"
    RETRACTED = "retracted"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionAlert:
    """What a reader of this case was told, by paragraphs, and why it does not stand so any more.

    `reads` is empty where nothing is said instead. None of the texts names anybody.
    """

    how: CorrectedHow
    case_reference: str
    country: str
    case_url: str
    was: tuple[str, ...]
    reads: tuple[str, ...]
    reason: tuple[str, ...]
