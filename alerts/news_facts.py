"""The facts of messages that say less: a case and how urgent it is, or only that there is news."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


class NewsWord(StrEnum):
    """The one word that is said of a case: how late something is, or what sort of call went out."""

    UPCOMING = "upcoming"
    DUE = "due"
    OVERDUE = "overdue"
    VERY_OVERDUE = "very_overdue"
    CRITICAL = "critical"
    URGENT_ACTION = "urgent_action"
    FURTHER_INFORMATION = "further_information"
    STOP_ACTION = "stop_action"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNews:
    """A case, one word, and where the rest is read; `is_followed` is False where no subscription is the reason."""

    case_reference: str
    case_url: str
    word: NewsWord
    is_followed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNewsDigest:
    """A digest as `CaseNews`: each case once with the most urgent word; `updates` counts everything."""

    cadence: str
    period_start: date
    period_end: date
    cases: tuple[CaseNews, ...]
    updates: int


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """There is news: of what, is read at `url`, which says nothing of it.

    `must_stop`: what the reader was asked to do before must not be done any more. `is_followed` as in `CaseNews`.
    """

    url: str
    must_stop: bool = False
    is_followed: bool = True
