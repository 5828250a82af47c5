"""The days in solitary confinement, counted from the first as day 1."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.queries.isolation import DaysInIsolation, days_in_isolation
from service.records import IsolationPlacement
from service.vocabulary import DatePrecision

FIRST = date(2014, 3, 1)


def placed(
    begin: date | None, until: date | None = None, precision: DatePrecision = DatePrecision.DAY
) -> IsolationPlacement:
    return IsolationPlacement(from_on=begin, from_precision=precision, until_on=until)


@pytest.mark.parametrize(
    ("until", "today", "count", "is_prolonged"),
    [
        (None, FIRST, 1, False),
        (None, date(2014, 3, 15), 15, False),
        (None, date(2014, 3, 16), 16, True),
        (date(2014, 3, 12), date(2014, 6, 1), 12, False),
        (date(2014, 3, 20), date(2014, 6, 1), 20, True),
    ],
)
def test_the_fifteenth_day_is_the_last_that_the_rules_allow(
    until: date | None, today: date, count: int, is_prolonged: bool
) -> None:
    days = days_in_isolation(placed(FIRST, until), today=today)
    assert days == DaysInIsolation(count, is_exact=True, has_ended=until is not None)
    assert days.is_prolonged is is_prolonged


def test_a_month_counts_from_its_last_day() -> None:
    days = days_in_isolation(placed(FIRST, date(2014, 4, 2), DatePrecision.MONTH), today=date(2014, 6, 1))
    assert days == DaysInIsolation(3, is_exact=False, has_ended=True)


def test_nothing_is_counted_from_a_day_that_nobody_knows() -> None:
    assert days_in_isolation(placed(None, FIRST, DatePrecision.UNKNOWN), today=FIRST) is None
    assert days_in_isolation(placed(FIRST), today=FIRST - timedelta(days=1)) is None


@given(st.dates(date(2000, 1, 1), date(2040, 1, 1)), st.integers(0, 500), st.integers(0, 500))
def test_the_count_grows_by_one_a_day_until_the_last(begin: date, lasted: int, passed: int) -> None:
    today = begin + timedelta(days=passed)
    lasting = days_in_isolation(placed(begin), today=today)
    ended = days_in_isolation(placed(begin, begin + timedelta(days=lasted)), today=today)
    assert lasting is not None
    assert ended is not None
    assert (lasting.count, ended.count) == (passed + 1, lasted + 1)
