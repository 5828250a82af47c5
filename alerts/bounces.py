"""The rule of bounces: when mail that came back is held against a mailbox, and when that is enough to ask it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# RFC 3463, section 3.2, and RFC 7505, 5.1.10: no such mailbox, no such system, not an address, moved away, takes no mail.
# Not 5.1.7 and 5.1.8, which speak of our own address and would empty the whole list of readers.
NO_SUCH_ADDRESS = re.compile(r"5\.1\.(?:[1236]|10)\b")
# RFC 3463, section 3.5: "unable to route" is a resolver's bad day as often as a domain's end.
_PASSES = re.compile(r"5\.4\.4\b")

# Mailman's default: five days on which mail came back are no accident.
ENOUGH = 5
# What lies further back says nothing of today; a mailbox that took mail for a week works.
STALE_AFTER = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Points:
    """What is held against a mailbox: at most one point a day (UTC), the last of them at `last_at`."""

    count: int = 0
    last_at: datetime | None = None

    def with_one_more(self, now: datetime) -> Points:
        """The points after mail came back at `now` (UTC); those that are older than seven days are forgotten."""
        if self.last_at is None or now - self.last_at > STALE_AFTER:
            return Points(1, now)
        if self.last_at.astimezone(UTC).date() >= now.astimezone(UTC).date():
            return self
        return Points(self.count + 1, now)


def counts(status: str | None) -> bool:
    """Whether a failure with this status (RFC 3463; None: it has none) is held against the mailbox at all."""
    return status is None or not _PASSES.match(status)


def is_hard(status: str | None) -> bool:
    """Whether the status says that there is no such address."""
    return status is not None and NO_SUCH_ADDRESS.match(status) is not None


def is_enough(points: Points, status: str | None) -> bool:
    """Whether the mailbox is to be asked by a probe: it collected five points, or its server says that it is not there."""
    return points.count >= ENOUGH or is_hard(status)
