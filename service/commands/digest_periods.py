"""The periods of digests: days and weeks as the subscriber lives them, kept as UTC instants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from service.commands.local_instants import first_instant
from service.records.timetables import DIGEST_HOUR, DIGEST_WEEKDAY
from service.vocabulary import Cadence

_DAYS = {Cadence.DAILY: 1, Cadence.WEEKLY: 7}


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often, and at which local hour (0 to 23) of which zone (IANA), digests close.

    `weekday` (ISO 8601: 1 is Monday) counts for weekly ones alone.
    """

    cadence: Cadence
    time_zone: str
    hour: int = DIGEST_HOUR
    weekday: int = DIGEST_WEEKDAY


@dataclass(frozen=True, slots=True)
class Period:
    """One period [start, end), both UTC."""

    start: datetime
    end: datetime


def period_of(instant: datetime, rhythm: Rhythm) -> Period:
    """The day or week of this rhythm that holds an instant.

    An hour that the local clock skips is the first instant after the gap; one that it shows twice, the first.
    Raises KeyError for a cadence that has no periods.
    """
    step = timedelta(days=_DAYS[rhythm.cadence])
    # A day too late to begin with: where the clock goes back over midnight, a day has closed before its own date is over.
    day = instant.astimezone(ZoneInfo(rhythm.time_zone)).date() + timedelta(days=1)
    if rhythm.cadence is Cadence.WEEKLY:
        day += timedelta(days=(rhythm.weekday - day.isoweekday()) % 7)
    end = first_instant(day, time(rhythm.hour), rhythm.time_zone)
    while True:
        day -= step
        start = first_instant(day, time(rhythm.hour), rhythm.time_zone)
        if start <= instant:
            return Period(start, end)
        end = start
