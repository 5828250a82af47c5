"""The periods of digests, over many zones and instants."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from service.commands.digest_periods import CLOSING_TIME, period_of
from service.vocabulary import Cadence

ZONES = (
    "Asia/Almaty",
    "Europe/Warsaw",
    "America/New_York",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "UTC",
)
instants = st.datetimes(datetime(2011, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds
cadences = st.sampled_from([Cadence.DAILY, Cadence.WEEKLY])


@given(instants, cadences, st.sampled_from(ZONES))
def test_every_instant_lies_in_its_period(instant: datetime, cadence: Cadence, zone: str) -> None:
    period = period_of(instant, cadence=cadence, time_zone=zone)
    assert period.start <= instant < period.end


@given(instants, cadences, st.sampled_from(ZONES))
def test_periods_follow_each_other_without_gap_or_overlap(instant: datetime, cadence: Cadence, zone: str) -> None:
    period = period_of(instant, cadence=cadence, time_zone=zone)
    assert period_of(period.end, cadence=cadence, time_zone=zone).start == period.end
    assert period_of(period.end - timedelta(microseconds=1), cadence=cadence, time_zone=zone) == period


@given(instants, st.sampled_from(["Asia/Almaty", "Europe/Warsaw", "America/New_York", "UTC"]))
def test_a_period_ends_at_eight_in_the_readers_morning(instant: datetime, zone: str) -> None:
    period = period_of(instant, cadence=Cadence.WEEKLY, time_zone=zone)
    local = period.end.astimezone(ZoneInfo(zone))
    assert local.time() == CLOSING_TIME == time(8)
    assert local.strftime("%A") == "Monday"


def test_the_day_on_which_the_clock_goes_back_has_twenty_five_hours() -> None:
    period = period_of(datetime(2014, 10, 26, 0, 30, tzinfo=UTC), cadence=Cadence.DAILY, time_zone="Europe/Warsaw")
    assert period.end - period.start == timedelta(hours=25)


def test_a_day_that_a_country_skipped_makes_no_period_of_its_own() -> None:
    # Samoa had no 30 December 2011.
    period = period_of(datetime(2011, 12, 29, 20, tzinfo=UTC), cadence=Cadence.DAILY, time_zone="Pacific/Apia")
    following = period_of(period.end, cadence=Cadence.DAILY, time_zone="Pacific/Apia")
    assert period.start < period.end == following.start < following.end
