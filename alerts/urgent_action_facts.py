"""The facts of an urgent action: what is asked, of whom, by when, and the letter to begin with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


class CallKind(StrEnum):
    """What a version of an urgent action is for: also the name of its templates."""

    URGENT_ACTION = "urgent_action"
    FURTHER_INFORMATION = "further_information"
    STOP_ACTION = "stop_action"


@dataclass(frozen=True, slots=True)
class InLanguage:
    """Paragraphs in one language (BCP 47)."""

    language: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """Somebody to write to; `address` has the lines of the envelope."""

    office: str
    name: str | None
    address: tuple[str, ...]
    mailbox: str | None
    salutations: tuple[InLanguage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgentActionAlert:
    """One version of an urgent action (`number`: "UA 12/14-1"), as issued; texts are split into paragraphs.

    `act_by` is a calendar day in `time_zone`. A stop action asks for nothing: it has an `outcome` and no demands,
    addressees, letters or last day.
    """

    kind: CallKind
    number: str
    case_reference: str
    country: str
    case_url: str
    headline: str
    summary: tuple[str, ...]
    time_zone: str
    what_changed: tuple[str, ...] = ()
    demands: tuple[str, ...] = ()
    addressees: tuple[Addressee, ...] = ()
    act_by: date | None = None
    write_in: tuple[str, ...] = ()
    letters: tuple[InLanguage, ...] = ()
    outcome: str | None = None
