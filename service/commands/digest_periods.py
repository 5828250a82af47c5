"""The periods of digests: days and weeks as the subscriber lives them, kept as UTC instants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from service.vocabulary import Cadence

# A digest closes, and leaves, at this hour of the subscriber's morning.
CLOSING_TIME = time(8)
_DAYS = {Cadence.DAILY: 1, Cadence.WEEKLY: 7}


@dataclass(frozen=True, slots=True)
class Period:
    """One period [start, end), both UTC."""

    start: datetime
    end: datetime


def period_of(instant: datetime, *, cadence: Cadence, time_zone: str) -> Period:
    """The day or week, in an IANA time zone, that holds an instant; weeks end on Monday morning.

    A closing time that the local clock skips is the first instant after the gap; one that it shows twice, the first.
    Raises KeyError for a cadence that has no periods.
    """
    zone = ZoneInfo(time_zone)
    days = _DAYS[cadence]
    closing = instant.astimezone(zone).date()
    if cadence is Cadence.WEEKLY:
        closing -= timedelta(days=closing.weekday())
    if instant < _closing_instant(closing, zone):
        closing -= timedelta(days=days)
    return Period(_closing_instant(closing, zone), _closing_instant(closing + timedelta(days=days), zone))


def _closing_instant(day: date, zone: ZoneInfo) -> datetime:
    # fold=0 is the first of two; in a gap it lands, by way of UTC, as far after the gap as it was meant after its start.
    return datetime.combine(day, CLOSING_TIME, tzinfo=zone).astimezone(UTC)
