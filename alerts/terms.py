"""Terms: so many days, working days or months after a day, and the sum in words."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

ONE_DAY = timedelta(days=1)
_WRITTEN = re.compile(r"(0|[1-9][0-9]{0,3}) (day|working day|month)s?")


class Unit(StrEnum):
    """What a term is counted in."""

    DAY = "day"
    WORKING_DAY = "working day"
    MONTH = "month"


class Calendar(Protocol):
    """Which days are working days where the term runs."""

    def is_working_day(self, day: date) -> bool:
        """Whether offices and courts work on this day."""
        ...

    @property
    def words(self) -> str:
        """Whose working days these are."""
        ...


@dataclass(frozen=True, slots=True)
class Pause:
    """Days on which the clock stands still, the first and the last included; `until_on` None: it still does."""

    from_on: date
    until_on: date | None = None

    def holds(self, day: date) -> bool:
        """Whether the clock stands still on this day."""
        return self.from_on <= day and (self.until_on is None or day <= self.until_on)


@dataclass(frozen=True, slots=True)
class Term:
    """A period as a law or a manual states it."""

    count: int
    unit: Unit

    @classmethod
    def parse(cls, written: str) -> Term:
        """From "14 days", "10 working days" or "6 months". Raises ValueError that says how a term is written."""
        match = _WRITTEN.fullmatch(written)
        if match is None:
            raise ValueError(f"{written!r} is not a term: write it like 14 days, 10 working days or 6 months")
        return cls(int(match[1]), Unit(match[2]))

    def __str__(self) -> str:
        return f"{self.count} {self.unit.value}{'' if self.count == 1 else 's'}"


def last_day(
    term: Term, start: date, *, calendar: Calendar, pauses: Sequence[Pause] = (), rolls: bool = False
) -> date | None:
    """The day on which a term that begins after `start` runs out; None while a pause without an end holds it.

    The day of the event is not counted (as in Regulation 1182/71, article 3). A month ends on the day of the same number,
    or on the month's last. Days of a pause are not counted; those in a term of months are added at its end. `rolls`: a
    term that would end on a day off ends on the next working day. None also past the end of the calendar (year 9999).
    """
    try:
        if term.unit is Unit.MONTH:
            day = _after_pauses(start, _plus_months(start, term.count), pauses)
        else:
            only_working = term.unit is Unit.WORKING_DAY
            day = _counted(start, term.count, calendar if only_working else None, pauses)
        while day is not None and rolls and not calendar.is_working_day(day):
            day = _next_running(day, pauses)
    except OverflowError:
        return None
    return day


def day_in_words(day: date) -> str:
    """Like "24 October 2014", whatever the machine's language."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _counted(start: date, count: int, calendar: Calendar | None, pauses: Sequence[Pause]) -> date | None:
    day: date | None = start
    left = count
    while left and day is not None:
        day = _next_running(day, pauses)
        if day is not None and (calendar is None or calendar.is_working_day(day)):
            left -= 1
    return day


def _next_running(day: date, pauses: Sequence[Pause]) -> date | None:
    """The next day on which the clock runs."""
    day += ONE_DAY
    while pause := next((pause for pause in pauses if pause.holds(day)), None):
        if pause.until_on is None:
            return None
        day = pause.until_on + ONE_DAY
    return day


def _after_pauses(start: date, end: date, pauses: Sequence[Pause]) -> date | None:
    """The end of a term of months, later by each day on which its clock stood still."""
    day: date | None = start
    for _ in range((end - start).days):
        day = _next_running(day, pauses) if day is not None else None
    return day


def _plus_months(start: date, months: int) -> date:
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    if year > date.max.year:
        raise OverflowError("past the end of the calendar")
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
