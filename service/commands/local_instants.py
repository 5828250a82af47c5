"""When a local clock first shows a time of day: the one rule for hours that it skips and hours that it shows twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)


@lru_cache(maxsize=4_096)
def first_instant(day: date, at: time, time_zone: str) -> datetime:
    """The first instant (UTC) at which a clock in this zone (IANA) shows this time of this day.

    Shown twice: the first. Skipped: the instant at which the clock jumps over it. Raises ZoneInfoNotFoundError.
    """
    zone = ZoneInfo(time_zone)
    wanted = datetime.combine(day, at)
    shown = wanted.replace(tzinfo=zone).astimezone(UTC)
    if _local(shown, zone) == wanted:
        return shown
    # Of a time that is never shown, fold=1 is reckoned with the offset after the jump and so lies before it.
    before = wanted.replace(tzinfo=zone, fold=1).astimezone(UTC)
    while shown - before > _SECOND:
        middle = before + ((shown - before) // 2 // _SECOND or 1) * _SECOND
        if _local(middle, zone) < wanted:
            before = middle
        else:
            shown = middle
    return shown


def _local(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)
