"""The overdue rule: how late a follow-up is, and when it will be later."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alerts.facts import Level

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.facts import FollowUp

ONE_DAY = timedelta(days=1)
ONE_SECOND = timedelta(seconds=1)


def level_of(follow_up: FollowUp, *, now: datetime) -> Level | None:
    """How late the follow-up is at `now` (aware); None while nothing is near.

    Days are calendar days in the facility's time zone. Raises ZoneInfoNotFoundError for an unknown zone.
    """
    return _reached(_starts(follow_up), now)


def next_level_at(follow_up: FollowUp, *, now: datetime) -> datetime | None:
    """The instant (UTC), later than `now`, at which the level changes; None when none is left.

    Days are calendar days in the facility's time zone. Raises ZoneInfoNotFoundError for an unknown zone.
    """
    starts = _starts(follow_up)
    current = _reached(starts, now)
    rank = current.rank if current else 0
    return min((at for level, at in starts.items() if level.rank > rank), default=None)


def days_late(follow_up: FollowUp, *, now: datetime) -> int:
    """Whole days since the due date at the facility; negative before it, 0 on the day.

    Raises ZoneInfoNotFoundError for an unknown zone.
    """
    zone = ZoneInfo(follow_up.time_zone)
    today = now.astimezone(zone).date()
    # where the clocks go back across midnight, a day that has begun stays begun
    tomorrow_at = _first_instant(today + ONE_DAY, zone) if today < date.max else None
    if tomorrow_at is not None and tomorrow_at <= now:
        today += ONE_DAY
    return (today - follow_up.due_on).days


def reached_at(follow_up: FollowUp, level: Level) -> datetime | None:
    """The instant (UTC) at which this level begins; None if these thresholds have no such level.

    Raises ZoneInfoNotFoundError for an unknown zone.
    """
    return _starts(follow_up).get(level)


def begins_at(day: date, time_zone: str) -> datetime:
    """The instant (UTC) at which this calendar day begins in the time zone (an IANA name).

    Raises ZoneInfoNotFoundError for an unknown zone, OverflowError outside the years 1 to 9999.
    """
    return _first_instant(day, ZoneInfo(time_zone))


def is_quiet(until: date | None, time_zone: str, *, now: datetime) -> bool:
    """Whether somebody wanted silence until a day that has not yet begun in the time zone (an IANA name)."""
    return until is not None and begins_at(until, time_zone) > now


def _reached(starts: Mapping[Level, datetime], now: datetime) -> Level | None:
    reached = [level for level, at in starts.items() if at <= now]
    return max(reached, key=lambda level: level.rank, default=None)


def _starts(follow_up: FollowUp) -> dict[Level, datetime]:
    """When each level begins; a day outside the calendar (years 1 to 9999) is never reached."""
    thresholds = follow_up.thresholds
    days = {
        Level.DUE: 0,
        # nothing is overdue before the day after the due date, whatever a form allowed
        Level.OVERDUE: max(1, thresholds.overdue),
        Level.VERY_OVERDUE: max(1, thresholds.very_overdue),
        Level.CRITICAL: max(1, thresholds.critical),
    }
    if thresholds.upcoming > 0:
        days[Level.UPCOMING] = -thresholds.upcoming
    zone = ZoneInfo(follow_up.time_zone)
    starts = {}
    for level, offset in days.items():
        try:
            starts[level] = _first_instant(follow_up.due_on + timedelta(days=offset), zone)
        except OverflowError:
            continue
    return starts


def _first_instant(day: date, zone: ZoneInfo) -> datetime:
    """The first instant (UTC) at which the local calendar shows this day or a later one."""
    midnight = datetime.combine(day, time.min, tzinfo=zone)
    first = midnight.astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return first
    # The clocks jumped over midnight: find the jump, which lies between the two readings of that local time.
    before, after = sorted((midnight.replace(fold=1).astimezone(UTC), first))
    while after - before > ONE_SECOND:
        middle = before + (after - before) / 2
        if middle.astimezone(zone).date() >= day:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)
