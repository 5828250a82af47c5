"""How much is claimed ahead: what leaves within a few seconds, so that no lease is spent waiting."""

from __future__ import annotations

LEAST = 100
MOST = 2_000
# Long beside a claim, which takes a tenth of a second; short beside a lease.
AHEAD_S = 3.0
MEASURED_OVER_S = 0.25


class Window:
    """Follows the rate at which deliveries are finished. Times are seconds of one monotonic clock."""

    def __init__(self, *, now: float) -> None:
        self._size = LEAST
        self._since = now
        self._finished = 0

    def finished(self) -> None:
        """One more delivery is on its way no longer."""
        self._finished += 1

    def room(self, busy: int, *, now: float) -> int:
        """How many to claim while `busy` are on their way; 0 until it is worth a transaction."""
        passed = now - self._since
        if passed >= MEASURED_OVER_S:
            if busy:
                self._size = max(LEAST, min(MOST, round(AHEAD_S * self._finished / passed)))
            self._since, self._finished = now, 0
        return self._size - busy if self.has_room(busy) else 0

    def has_room(self, busy: int) -> bool:
        """Whether a claim is worth a transaction while `busy` are on their way."""
        return self._size - busy >= self._size // 4
