"""The facts of a key by which a reader's mail is encrypted: what can be wrong with it, and that it fails."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


class KeyFault(StrEnum):
    """Why nothing can be encrypted to a key."""

    NOT_A_KEY = "not_a_key"
    TOO_LONG = "too_long"
    SECRET = "secret"  # noqa: S105 - a word for a mistake
    SEVERAL = "several"
    REVOKED = "revoked"
    EXPIRED = "expired"
    CANNOT_ENCRYPT = "cannot_encrypt"
    WEAK = "weak"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUnusable:
    """There is news, and the reader's key fails, so nothing of the news may be said.

    `expired_on` is the day (UTC) on which the key expired; None: it fails for another reason. `key_url` is where the
    reader replaces it.
    """

    expired_on: date | None
    key_url: str
