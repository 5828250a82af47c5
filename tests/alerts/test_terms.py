"""How terms of days, working days and months are counted, over pauses and days off."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.terms import Pause, Term, Unit, day_in_words, last_day


class MondayToFriday:
    """Works from Monday to Friday, and never on the first of May."""

    words = "a country that rests on the first of May"

    def is_working_day(self, day: date) -> bool:
        """Whether anybody works."""
        return day.weekday() < 5 and (day.month, day.day) != (5, 1)


CALENDAR = MondayToFriday()
DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1))


@pytest.mark.parametrize(
    ("written", "start", "end"),
    [
        ("1 day", date(2014, 10, 24), date(2014, 10, 25)),
        ("30 days", date(2014, 10, 24), date(2014, 11, 23)),
        ("60 days", date(2014, 1, 1), date(2014, 3, 2)),
        ("0 days", date(2014, 10, 24), date(2014, 10, 24)),
        ("6 months", date(2013, 8, 31), date(2014, 2, 28)),
        ("6 months", date(2015, 8, 31), date(2016, 2, 29)),
        ("30 months", date(2014, 11, 4), date(2017, 5, 4)),
        ("1 month", date(2014, 12, 31), date(2015, 1, 31)),
        # Friday 24 October 2014: the term begins on Monday.
        ("1 working day", date(2014, 10, 24), date(2014, 10, 27)),
        ("10 working days", date(2014, 10, 24), date(2014, 11, 7)),
        # 1 May 2014 is a Thursday and a day off.
        ("3 working days", date(2014, 4, 29), date(2014, 5, 5)),
    ],
)
def test_a_term_ends_on_the_day_that_a_calendar_shows(written: str, start: date, end: date) -> None:
    assert last_day(Term.parse(written), start, calendar=CALENDAR) == end


@pytest.mark.parametrize("written", ["", "14", "days", "-1 days", "14 weeks", "1.5 days", "14  days", "10000 days"])
def test_what_is_no_term_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(ValueError, match="write it like 14 days"):
        Term.parse(written)


@given(st.integers(0, 9_999), st.sampled_from(Unit))
def test_a_term_reads_as_it_is_written(count: int, unit: Unit) -> None:
    assert Term.parse(str(Term(count, unit))) == Term(count, unit)


def test_days_of_a_pause_are_not_counted() -> None:
    pause = Pause(date(2014, 3, 10), date(2014, 3, 14))
    assert last_day(Term(14, Unit.DAY), date(2014, 3, 1), calendar=CALENDAR, pauses=[pause]) == date(2014, 3, 20)
    assert last_day(Term(1, Unit.MONTH), date(2014, 3, 1), calendar=CALENDAR, pauses=[pause]) == date(2014, 4, 6)


def test_a_clock_that_stands_still_has_no_end() -> None:
    pause = Pause(date(2014, 3, 10))
    assert last_day(Term(14, Unit.DAY), date(2014, 3, 1), calendar=CALENDAR, pauses=[pause]) is None
    assert last_day(Term(1, Unit.MONTH), date(2014, 3, 1), calendar=CALENDAR, pauses=[pause]) is None
    assert last_day(Term(8, Unit.DAY), date(2014, 3, 1), calendar=CALENDAR, pauses=[pause]) == date(2014, 3, 9)


def test_a_term_that_rolls_ends_on_a_working_day() -> None:
    assert last_day(Term(1, Unit.DAY), date(2014, 10, 24), calendar=CALENDAR, rolls=True) == date(2014, 10, 27)


def test_a_term_past_the_end_of_the_calendar_has_no_day() -> None:
    for unit in Unit:
        assert last_day(Term(30, unit), date(9999, 12, 20), calendar=CALENDAR) is None


@given(DAYS, st.integers(0, 400), st.lists(st.tuples(DAYS, st.integers(0, 40)), max_size=4))
def test_a_term_of_days_has_just_so_many_days_on_which_its_clock_ran(
    start: date, count: int, stood_still: list[tuple[date, int]]
) -> None:
    pauses = [Pause(day, day + timedelta(days=more)) for day, more in stood_still]
    end = last_day(Term(count, Unit.DAY), start, calendar=CALENDAR, pauses=pauses)
    assert end is not None
    passed = [start + timedelta(days=number) for number in range(1, (end - start).days + 1)]
    assert sum(not any(pause.holds(day) for pause in pauses) for day in passed) == count


@given(DAYS, st.integers(1, 300))
def test_a_term_of_working_days_ends_on_one(start: date, count: int) -> None:
    end = last_day(Term(count, Unit.WORKING_DAY), start, calendar=CALENDAR)
    assert end is not None
    assert CALENDAR.is_working_day(end)
    passed = [start + timedelta(days=number) for number in range(1, (end - start).days + 1)]
    assert sum(CALENDAR.is_working_day(day) for day in passed) == count


@given(DAYS, st.integers(0, 60), st.integers(1, 20))
def test_more_months_never_end_earlier(start: date, months: int, more: int) -> None:
    first = last_day(Term(months, Unit.MONTH), start, calendar=CALENDAR)
    later = last_day(Term(months + more, Unit.MONTH), start, calendar=CALENDAR)
    assert first is not None
    assert later is not None
    assert first < later


def test_a_day_in_words_is_the_same_on_every_machine() -> None:
    assert day_in_words(date(2014, 10, 4)) == "4 October 2014"
