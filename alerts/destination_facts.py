"""The facts of messages about a destination itself: that it can be reached, fails, is switched off, or is told less."""

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
class AlertsStopped:
    """Told by another way: somebody stopped, on the day `on`, alerts that went to this destination; named as in `DestinationFailing`.

    `page_url` is where its owner asks for the page of their own.
    """

    destination: str
    channel: str
    on: date
    page_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationDisabled:
    """Told by another way: nothing is sent to this destination any more; named as in `DestinationFailing`."""

    destination: str
    channel: str
    reason: OffReason
