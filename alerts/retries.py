"""When to try again, and when to stop trying."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

MINUTE = 60.0
HOUR = 60 * MINUTE

# Quick at first, because most refusals pass within a minute; then slowly, because a relay may be down for a weekend.
SCHEDULE_S = (5.0, 15.0, 45.0, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR)
THEN_EVERY_S = 4 * HOUR
GIVE_UP_AFTER = timedelta(hours=72)
# A fifth either way, so that what failed together does not come back together.
SPREAD = 0.2
# A receiver may slow us down, not silence us.
LONGEST_HINT_S = 24 * HOUR

_NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")


def next_attempt(
    attempts: int,
    *,
    first_attempt_at: datetime,
    now: datetime,
    retry_after_s: float | None,
    jitter: float,
) -> datetime | None:
    """When to try again after `attempts` tries (at least 1); None once that would be later than 72 hours.

    `retry_after_s` (seconds) can only make the wait longer, up to 24 hours; `jitter` is in [0, 1).
    """
    step = SCHEDULE_S[attempts - 1] if attempts <= len(SCHEDULE_S) else THEN_EVERY_S
    wait_s = max(step * (1 - SPREAD + 2 * SPREAD * jitter), _sane_hint(retry_after_s))
    at = now + timedelta(seconds=wait_s)
    return at if at <= first_attempt_at + GIVE_UP_AFTER else None


def parse_retry_after(value: str | None, *, now: datetime) -> float | None:
    """The wait in seconds that a Retry-After header asks for (RFC 9110, section 10.2.3); None if it asks for none.

    Takes seconds or an HTTP date; what is past, negative or not a number is None, what is huge is 24 hours.
    """
    text = (value or "").strip()
    seconds = float(text) if _NUMBER.fullmatch(text) else _seconds_until(text, now)
    return min(seconds, LONGEST_HINT_S) if seconds is not None and seconds > 0 else None


def _seconds_until(text: str, now: datetime) -> float | None:
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()


def _sane_hint(retry_after_s: float | None) -> float:
    if retry_after_s is None or not math.isfinite(retry_after_s) or retry_after_s < 0:
        return 0.0
    return min(retry_after_s, LONGEST_HINT_S)
