"""The facts of messages about a destination itself: that it can be reached, that it fails, that it is switched off."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


class OffReason(StrEnum):
    """Why a destination was switched off."""

    GONE = "gone"
    NO_SUCH_ADDRESS = "no_such_address"
    FIVE_DAYS = "five_days"
    CAME_BACK = "came_back"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationTest:
    """A message that only proves that a destination can be reached."""

    destination: str


@dataclass(frozen=True, slots=True)
class BounceProbe:
    """Asks a mailbox whose mail came back: if this comes back too, nothing more is sent there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationFailing:
    """Told by another way: nothing has reached this destination since the day `since`, in `failures` tries that count.

    `destination` is what its owner calls it, or a masked address; `channel` is the name of its channel.
    """

    destination: str
    channel: str
    failures: int
    since: date


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationDisabled:
    """Told by another way: nothing is sent to this destination any more; named as in `DestinationFailing`."""

    destination: str
    channel: str
    reason: OffReason
