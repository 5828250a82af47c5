"""The public words of a case in the reader's language, where somebody translated what stands there now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from service.records import CaseText
from service.translations import ORIGINAL_LANGUAGE, sum_of

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class InWords:
    """A text, and the language (BCP 47) that it is in, which may be another than was asked for."""

    text: str
    language: str


def in_language(session: Session, case_id: UUID, original: str, language: str) -> InWords:
    """The original, or the translation that was made of exactly these words; an outdated one is not shown."""
    fallback = InWords(original, ORIGINAL_LANGUAGE)
    if language == ORIGINAL_LANGUAGE:
        return fallback
    translated = session.scalar(
        select(CaseText.summary).where(
            CaseText.case_id == case_id, CaseText.language == language, CaseText.made_from == sum_of(original)
        )
    )
    return InWords(translated, language) if translated is not None else fallback
