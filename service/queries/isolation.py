"""How many days somebody was, or is, in solitary confinement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.vocabulary import DatePrecision

if TYPE_CHECKING:
    from datetime import date

    from service.records import IsolationPlacement

# Solitary confinement for more days in a row is prolonged, and forbidden (Mandela Rules, 43 and 44).
LONGEST_DAYS = 15


@dataclass(frozen=True, slots=True)
class DaysInIsolation:
    """`count` is at least so many where the source names no day (`is_exact` false); `has_ended` where it names an end."""

    count: int
    is_exact: bool
    has_ended: bool

    @property
    def is_prolonged(self) -> bool:
        """Whether it is longer than the rules allow."""
        return self.count > LONGEST_DAYS


def days_in_isolation(placement: IsolationPlacement, *, today: date) -> DaysInIsolation | None:
    """The days up to the last one, or to `today` at the facility; the day of the placement is day 1.

    None where the source does not say since when, or says a day that is still to come.
    """
    if placement.from_on is None or placement.from_precision is DatePrecision.UNKNOWN:
        return None
    begins = placement.from_precision.latest(placement.from_on)
    ends = placement.until_on or today
    if ends < begins:
        return None
    return DaysInIsolation(
        count=(ends - begins).days + 1,
        is_exact=placement.from_precision is DatePrecision.DAY,
        has_ended=placement.until_on is not None,
    )
