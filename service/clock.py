"""The one place that reads the clock; everybody else takes `now` as an argument."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the present instant as an aware UTC datetime."""

    def now(self) -> datetime:
        """Return the present instant (UTC)."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the machine's present instant (UTC)."""
        return datetime.now(UTC)


@dataclass
class FixedClock:
    """A clock that stands at `at` until somebody moves it: for the demo, simulations and tests."""

    at: datetime

    def now(self) -> datetime:
        """Return the instant at which the clock stands (UTC)."""
        return self.at.astimezone(UTC)
