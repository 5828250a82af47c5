"""Addresses of our own that say for whom a mail comes back: each carries its number and a keyed hash, and no name."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.security.encryption import Vault

_NUMBER = 8  # bytes: an id of the database
# Guessing one of 2**80 costs more mails than anybody can send.
_HASH = 10  # bytes of HMAC-SHA-256
_BOUNCE, _STOP = "b", "u"
# Stops are all written to u+: what is to stop is hashed in, and a mail server need not tell them apart.
_SUMMARIES = "us"


@dataclass(frozen=True)
class ReturnAddresses:
    """Makes and reads addresses below `domain`, 32 characters before the @ (RFC 5321 allows 64), in small letters alone.

    Mail servers on the way may change the case of a local part, so base32 (RFC 4648) and not base64 carries it.
    """

    domain: str
    key: bytes

    @classmethod
    def of(cls, vault: Vault, domain: str) -> ReturnAddresses:
        """Those of this installation."""
        return cls(domain, vault.return_address_key)

    def bounce(self, delivery_id: int) -> str:
        """Where a server returns what it cannot deliver (VERP)."""
        return f"{self._local_part(_BOUNCE, delivery_id)}@{self.domain}"

    def stop(self, subscription_id: int) -> str:
        """Where a mail program writes that its reader wants no more of this (RFC 2369)."""
        return f"{self._local_part(_STOP, subscription_id)}@{self.domain}"

    def stop_summaries(self, subscription_id: int) -> str:
        """Likewise of all that is gathered for the address of this subscription."""
        return f"{self._local_part(_SUMMARIES, subscription_id)}@{self.domain}"

    def delivery_id(self, local_part: str) -> int | None:
        """The delivery that `bounce` was made for; None for what was never made by us."""
        return self._number(_BOUNCE, local_part)

    def subscription_id(self, local_part: str) -> int | None:
        """The subscription that `stop` was made for; None for what was never made by us."""
        return self._number(_STOP, local_part)

    def summaries_of(self, local_part: str) -> int | None:
        """The subscription that `stop_summaries` was made for; None for what was never made by us."""
        return self._number(_SUMMARIES, local_part)

    def _local_part(self, purpose: str, number: int) -> str:
        packed = number.to_bytes(_NUMBER, "big")
        token = base64.b32encode(packed + self._hash(purpose, packed)).decode().rstrip("=").lower()
        return f"{purpose[0]}+{token}"

    def _number(self, purpose: str, local_part: str) -> int | None:
        given, plus, token = local_part.partition("+")
        if (given, plus) != (purpose[0], "+"):
            return None
        try:
            decoded = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
        except ValueError:
            return None
        packed, claimed = decoded[:_NUMBER], decoded[_NUMBER:]
        if len(packed) < _NUMBER or not hmac.compare_digest(claimed, self._hash(purpose, packed)):
            return None
        return int.from_bytes(packed, "big")

    def _hash(self, purpose: str, packed: bytes) -> bytes:
        return hmac.digest(self.key, purpose.encode() + packed, hashlib.sha256)[:_HASH]
