"""The facts of messages about one reader's own affairs: a question, a link to their page, a change of address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """Somebody asked that this address hear of something; it does only after a button is pressed, or the code is typed.

    It is a case, or all cases of a country (ISO 3166), or every follow-up of one kind; nothing is named to a reader who
    wants no message to say what it is about.
    """

    case_reference: str | None
    cadence: str
    confirm_url: str
    code: str
    expires_on: date
    country: str | None = None
    kind: str | None = None

    @property
    def names_nothing(self) -> bool:
        """Whether it is not to be said what it is about."""
        return names_nothing(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyFollowing:
    """The same request for an address that follows it already; `page_url` is the case, or the first page."""

    case_reference: str | None
    page_url: str
    country: str | None = None
    kind: str | None = None

    @property
    def names_nothing(self) -> bool:
        """Whether it is not to be said what it is about."""
        return names_nothing(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageLink:
    """Somebody asked to see and change what this address gets; the link works once, until the day is over."""

    open_url: str
    expires_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAddress:
    """Somebody wants their alerts to go to this address from now on.

    `confirm_url` is None where the address gets alerts of its own already, so that nothing can be moved to it.
    """

    confirm_url: str | None
    expires_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressChanged:
    """The alerts that went to this address go to another one, which is named so that its owner knows it."""

    new_address: str


def names_nothing(wish: Confirmation | AlreadyFollowing) -> bool:
    """Whether a wish says neither case nor country nor kind."""
    return wish.case_reference is None and wish.country is None and wish.kind is None
