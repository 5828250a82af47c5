"""The periods of digests, over many zones, hours and instants."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.commands.digest_periods import Period, Rhythm, period_of
from service.commands.local_instants import first_instant
from service.vocabulary import Cadence

ZONES = (
    "Asia/Almaty",
    "Europe/Warsaw",
    "America/New_York",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Africa/Casablanca",
    "Asia/Tehran",
    "UTC",
)
instants = st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds
rhythms = st.builds(
    Rhythm,
    st.sampled_from([Cadence.DAILY, Cadence.WEEKLY]),
    st.sampled_from(ZONES),
    st.integers(0, 23),
    st.integers(1, 7),
)


@given(instants, rhythms)
def test_every_instant_lies_in_its_period(instant: datetime, rhythm: Rhythm) -> None:
    period = period_of(instant, rhythm)
    assert period.start <= instant < period.end


@given(instants, rhythms)
def test_periods_follow_each_other_without_gap_or_overlap(instant: datetime, rhythm: Rhythm) -> None:
    period = period_of(instant, rhythm)
    assert period_of(period.end, rhythm).start == period.end
    assert period_of(period.end - timedelta(microseconds=1), rhythm) == period


@given(instants, st.sampled_from(["Asia/Almaty", "Europe/Warsaw", "America/New_York", "UTC"]), st.integers(4, 22))
def test_a_week_ends_at_the_readers_hour_of_their_day(instant: datetime, zone: str, hour: int) -> None:
    period = period_of(instant, Rhythm(Cadence.WEEKLY, zone, hour, weekday=3))
    local = period.end.astimezone(ZoneInfo(zone))
    assert local.time() == time(hour)
    assert local.strftime("%A") == "Wednesday"


@given(instants)
def test_whoever_says_nothing_hears_at_eight_and_on_monday(instant: datetime) -> None:
    local = period_of(instant, Rhythm(Cadence.WEEKLY, "Europe/Warsaw")).end.astimezone(ZoneInfo("Europe/Warsaw"))
    assert (local.time(), local.strftime("%A")) == (time(8), "Monday")


def daily(instant: datetime, zone: str, hour: int = 8) -> Period:
    return period_of(instant, Rhythm(Cadence.DAILY, zone, hour))


def test_the_day_on_which_the_clock_goes_back_has_twenty_five_hours() -> None:
    period = daily(datetime(2014, 10, 26, 0, 30, tzinfo=UTC), "Europe/Warsaw")
    assert period.end - period.start == timedelta(hours=25)


def test_a_day_that_a_country_skipped_makes_no_period_of_its_own() -> None:
    # Samoa had no 30 December 2011.
    period = daily(datetime(2011, 12, 29, 20, tzinfo=UTC), "Pacific/Apia")
    following = daily(period.end, "Pacific/Apia")
    assert period.start < period.end == following.start < following.end


@pytest.mark.parametrize(
    ("zone", "day", "at", "shown"),
    [
        ("Europe/Berlin", date(2026, 3, 29), time(2), datetime(2026, 3, 29, 1, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 3, 29), time(2, 40), datetime(2026, 3, 29, 1, tzinfo=UTC)),
        ("America/Sao_Paulo", date(2018, 11, 4), time(0), datetime(2018, 11, 4, 3, tzinfo=UTC)),
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
        ("Asia/Tehran", date(2018, 3, 22), time(0, 30), datetime(2018, 3, 21, 20, 30, tzinfo=UTC)),
        ("Pacific/Apia", date(2011, 12, 30), time(8), datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ],
)
def test_a_time_that_the_clock_skips_is_the_next_instant(zone: str, day: date, at: time, shown: datetime) -> None:
    assert first_instant(day, at, zone) == shown


@pytest.mark.parametrize(
    ("zone", "day", "at", "shown"),
    [
        ("Europe/Berlin", date(2026, 10, 25), time(2), datetime(2026, 10, 25, 0, tzinfo=UTC)),
        ("America/New_York", date(2026, 11, 1), time(1), datetime(2026, 11, 1, 5, tzinfo=UTC)),
        ("Australia/Lord_Howe", date(2026, 4, 5), time(1, 45), datetime(2026, 4, 4, 14, 45, tzinfo=UTC)),
        ("America/Sao_Paulo", date(2018, 2, 17), time(23), datetime(2018, 2, 18, 1, tzinfo=UTC)),
        # All of the country's clocks went back an hour for good.
        ("Asia/Almaty", date(2024, 2, 29), time(23), datetime(2024, 2, 29, 17, tzinfo=UTC)),
    ],
)
def test_a_time_that_the_clock_shows_twice_is_the_first(zone: str, day: date, at: time, shown: datetime) -> None:
    assert first_instant(day, at, zone) == shown


@given(st.dates(date(2010, 1, 1), date(2030, 1, 1)), st.integers(0, 1439), st.sampled_from(ZONES))
def test_no_earlier_instant_of_that_day_shows_the_time_or_a_later_one(day: date, minute: int, zone: str) -> None:
    at = time(minute // 60, minute % 60)
    shown = first_instant(day, at, zone)
    assert _shows(shown, zone) >= datetime.combine(day, at)
    assert _shows(shown - timedelta(seconds=1), zone) < datetime.combine(day, at)


def _shows(instant: datetime, zone: str) -> datetime:
    return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
