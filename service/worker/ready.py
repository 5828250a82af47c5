"""A claimed delivery after its last look: ready to leave, or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alerts.facts import Address, Envelope
    from alerts.messages import Sendable
    from alerts.outcomes import Refused
    from service.commands.ciphertexts import Kept
    from service.commands.claims import Claim
    from service.commands.settling import Cancelled, Held, PutBack


@dataclass(frozen=True, slots=True)
class Ready:
    """A message with its address, ready to leave; `to_keep` is what must be kept before it does."""

    claim: Claim
    message: Sendable
    address: Address
    envelope: Envelope
    to_keep: Kept | None = None


@dataclass(frozen=True, slots=True)
class NotReady:
    """A claim that must not leave, and why."""

    claim: Claim
    outcome: Cancelled | Held | Refused | PutBack
