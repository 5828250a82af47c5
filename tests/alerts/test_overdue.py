"""The overdue rule, over many zones and clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.facts import FollowUp, Level, Thresholds
from alerts.follow_up_kinds import FOLLOW_UP_KINDS
from alerts.overdue import days_late, level_of, next_level_at, reached_at

PLAIN = Thresholds(upcoming=7, overdue=1, very_overdue=7, critical=30)
# zones whose clocks have jumped over midnight, back across it, by half an hour, or by a whole day
ZONES = (
    "Asia/Almaty",
    "Asia/Aqtau",
    "America/Sao_Paulo",
    "America/Havana",
    "America/St_Johns",
    "Asia/Beirut",
    "Asia/Tehran",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Europe/Berlin",
    "Pacific/Apia",
    "America/Asuncion",
    "UTC",
)

follow_ups = st.builds(
    FollowUp,
    due_on=st.dates(date(1990, 1, 1), date(2035, 1, 1)),
    time_zone=st.sampled_from(ZONES),
    thresholds=st.builds(
        Thresholds,
        upcoming=st.integers(0, 60),
        overdue=st.integers(-3, 40),
        very_overdue=st.integers(0, 60),
        critical=st.integers(0, 180),
    )
    | st.sampled_from([kind.thresholds for kind in FOLLOW_UP_KINDS.values()]),
)
minutes_away = st.integers(-100 * 24 * 60, 300 * 24 * 60)


def due(day: date, zone: str = "Asia/Aqtau", thresholds: Thresholds = PLAIN) -> FollowUp:
    return FollowUp(due_on=day, time_zone=zone, thresholds=thresholds)


def midday(day: date, zone: str = "Asia/Aqtau") -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("days", "level"),
    [
        (-8, None),
        (-7, Level.UPCOMING),
        (-1, Level.UPCOMING),
        (0, Level.DUE),
        (1, Level.OVERDUE),
        (6, Level.OVERDUE),
        (7, Level.VERY_OVERDUE),
        (29, Level.VERY_OVERDUE),
        (30, Level.CRITICAL),
        (3000, Level.CRITICAL),
    ],
)
def test_each_level_begins_on_its_day(days: int, level: Level | None) -> None:
    day = date(2015, 3, 9)
    assert level_of(due(day), now=midday(day + timedelta(days=days))) is level
    assert days_late(due(day), now=midday(day + timedelta(days=days))) == days


def test_a_day_begins_at_the_facilitys_midnight_and_not_at_ours() -> None:
    follow_up = due(date(2015, 3, 9), "Asia/Aqtau")  # +05:00
    assert reached_at(follow_up, Level.OVERDUE) == datetime(2015, 3, 9, 19, 0, tzinfo=UTC)
    assert level_of(follow_up, now=datetime(2015, 3, 9, 18, 59, 59, tzinfo=UTC)) is Level.DUE
    assert level_of(follow_up, now=datetime(2015, 3, 9, 19, 0, tzinfo=UTC)) is Level.OVERDUE


def test_the_same_zone_keeps_the_offset_of_its_year() -> None:
    assert reached_at(due(date(2014, 7, 1), "Asia/Almaty"), Level.DUE) == datetime(2014, 6, 30, 18, tzinfo=UTC)
    assert reached_at(due(date(2025, 7, 1), "Asia/Almaty"), Level.DUE) == datetime(2025, 6, 30, 19, tzinfo=UTC)


def test_a_midnight_that_the_clocks_skipped_gives_way_to_the_first_instant_of_the_day() -> None:
    # São Paulo went from 00:00 to 01:00 on 4 November 2018
    follow_up = due(date(2018, 11, 4), "America/Sao_Paulo")
    assert reached_at(follow_up, Level.DUE) == datetime(2018, 11, 4, 3, 0, tzinfo=UTC)
    assert level_of(follow_up, now=datetime(2018, 11, 4, 2, 59, 59, tzinfo=UTC)) is Level.UPCOMING
    # Toronto went from 23:30 to 00:30 on 30 March 1919
    follow_up = due(date(1919, 3, 31), "America/Toronto")
    assert reached_at(follow_up, Level.DUE) == datetime(1919, 3, 31, 4, 30, tzinfo=UTC)


def test_a_day_that_never_was_is_reached_when_the_next_begins() -> None:
    follow_up = due(date(2011, 12, 30), "Pacific/Apia")
    assert reached_at(follow_up, Level.DUE) == datetime(2011, 12, 30, 10, 0, tzinfo=UTC)


def test_a_day_that_has_begun_stays_begun_when_the_clocks_go_back_across_midnight() -> None:
    # St John's went back from 00:01 on 29 October 2006 to 23:01 on the 28th
    follow_up = due(date(2006, 10, 28), "America/St_Johns")
    begun = reached_at(follow_up, Level.OVERDUE)
    assert begun is not None
    for minutes in (0, 1, 30, 59, 61, 120):
        now = begun + timedelta(minutes=minutes)
        assert level_of(follow_up, now=now) is Level.OVERDUE
        assert days_late(follow_up, now=now) == 1


def test_a_kind_without_warning_has_no_upcoming() -> None:
    follow_up = due(date(2015, 3, 9), thresholds=Thresholds(0, 1, 3, 7))
    assert reached_at(follow_up, Level.UPCOMING) is None
    assert level_of(follow_up, now=midday(date(2015, 3, 8))) is None


def test_nothing_is_overdue_on_the_due_date_whatever_the_thresholds_say() -> None:
    follow_up = due(date(2015, 3, 9), thresholds=Thresholds(0, 0, 0, -5))
    assert level_of(follow_up, now=midday(date(2015, 3, 9))) is Level.DUE
    assert level_of(follow_up, now=midday(date(2015, 3, 10))) is Level.CRITICAL


def test_a_date_at_the_end_of_the_calendar_stops_nobody() -> None:
    last, first = due(date.max), due(date.min)
    now = midday(date(2015, 3, 9))
    assert level_of(last, now=now) is None
    assert level_of(first, now=now) is Level.CRITICAL
    assert next_level_at(first, now=now) is None
    assert days_late(last, now=now) < 0


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        level_of(due(date(2015, 3, 9), "Asia/Nowhere"), now=midday(date(2015, 3, 9)))


@given(follow_ups, minutes_away, st.integers(0, 400 * 24 * 60))
def test_a_level_never_goes_down_as_time_passes(follow_up: FollowUp, start: int, later: int) -> None:
    now = midday(follow_up.due_on, follow_up.time_zone) + timedelta(minutes=start)
    before, after = level_of(follow_up, now=now), level_of(follow_up, now=now + timedelta(minutes=later))
    assert (after.rank if after else 0) >= (before.rank if before else 0)


@given(follow_ups, minutes_away)
def test_the_level_changes_exactly_at_the_next_instant(follow_up: FollowUp, start: int) -> None:
    now = midday(follow_up.due_on, follow_up.time_zone) + timedelta(minutes=start)
    at = next_level_at(follow_up, now=now)
    current = level_of(follow_up, now=now)
    if at is None:
        assert level_of(follow_up, now=now + timedelta(days=4000)) is current
        return
    assert at > now
    assert level_of(follow_up, now=at - timedelta(microseconds=1)) is current
    changed = level_of(follow_up, now=at)
    assert changed is not None
    assert changed.rank > (current.rank if current else 0)


@given(follow_ups, minutes_away)
def test_the_levels_and_the_days_agree(follow_up: FollowUp, start: int) -> None:
    now = midday(follow_up.due_on, follow_up.time_zone) + timedelta(minutes=start)
    late, level = days_late(follow_up, now=now), level_of(follow_up, now=now)
    skipped_day = follow_up.time_zone == "Pacific/Apia" and abs(follow_up.due_on - date(2011, 12, 30)).days < 400
    if level in {None, Level.UPCOMING}:
        assert late < 0
    elif not skipped_day:
        assert (level is Level.DUE) == (0 <= late < max(1, min(_late_days(follow_up))))


def _late_days(follow_up: FollowUp) -> tuple[int, int, int]:
    return follow_up.thresholds.overdue, follow_up.thresholds.very_overdue, follow_up.thresholds.critical
