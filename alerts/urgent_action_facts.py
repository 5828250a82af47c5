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


@dataclass(frozen=True, slots=True)
class ModelLetter:
    """A letter to begin with, in one language (BCP 47), and its subject line."""

    language: str
    paragraphs: tuple[str, ...]
    subject: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """Somebody to write to, or to send a copy to; `address` has the lines of the envelope."""

    office: str
    name: str | None
    address: tuple[str, ...]
    mailbox: str | None
    salutations: tuple[InLanguage, ...]


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """Somebody whom the call names; `pronoun` (`she`, `he`, `they`) is None where it is not known."""

    name: str
    pronoun: str | None


@dataclass(frozen=True, slots=True)
class CitedSource:
    """Where the background comes from, and the day for which it was true."""

    title: str
    url: str | None
    as_of: date


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgentActionAlert:
    """One version of an urgent action (`number`: "UA 12/14-1"), as issued; texts are split into paragraphs.

    `act_by` is a calendar day in `time_zone`, and so is `issued_on`. `index_number` is the organisation's own, `previous` the
    number of the version before. `page_url` is None where it has no public page. A stop action asks for nothing: it has an
    `outcome` and no demands, addressees, letters or last day.
    """

    kind: CallKind
    number: str
    case_reference: str
    country: str
    case_url: str
    headline: str
    summary: tuple[str, ...]
    time_zone: str
    page_url: str | None = None
    index_number: str | None = None
    issued_on: date | None = None
    previous: str | None = None
    what_changed: tuple[str, ...] = ()
    demands: tuple[str, ...] = ()
    addressees: tuple[Addressee, ...] = ()
    copies: tuple[Addressee, ...] = ()
    act_by: date | None = None
    write_in: tuple[str, ...] = ()
    guidance: tuple[InLanguage, ...] = ()
    letters: tuple[ModelLetter, ...] = ()
    background: tuple[str, ...] = ()
    sources: tuple[CitedSource, ...] = ()
    persons: tuple[NamedPerson, ...] = ()
    report_mailbox: str | None = None
    report_url: str | None = None
    outcome: str | None = None

    def guidance_in(self, language: str) -> InLanguage | None:
        """The organisation's own guidance nearest to this language (BCP 47), else any, with English before others."""
        return next((one for tag in (language, "en") for one in self.guidance if is_in(one.language, tag)), None) or (
            self.guidance[0] if self.guidance else None
        )


def is_in(language: str, wanted: str) -> bool:
    """Whether two tags (BCP 47) mean the same language, wherever it is spoken."""
    return language.partition("-")[0].lower() == wanted.partition("-")[0].lower()
