"""When to try again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.retries import LONGEST_HINT_S, SCHEDULE_S, next_attempt, parse_retry_after

START = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
MIDDLE = 0.5


def wait_s(attempts: int, *, hint: float | None = None, jitter: float = MIDDLE) -> float:
    at = next_attempt(attempts, first_attempt_at=START, now=START, retry_after_s=hint, jitter=jitter)
    assert at is not None
    return (at - START).total_seconds()


def test_the_first_waits_are_short_and_the_last_four_hours() -> None:
    waits = [wait_s(attempts) for attempts in range(1, 13)]
    assert waits == pytest.approx([5, 15, 45, 120, 300, 900, 1800, 3600, 7200, 14400, 14400, 14400])


@pytest.mark.parametrize("attempts", range(1, 15))
def test_a_wait_is_spread_by_a_fifth_either_way(attempts: int) -> None:
    assert wait_s(attempts, jitter=0.0) == pytest.approx(wait_s(attempts) * 0.8)
    assert wait_s(attempts, jitter=0.999999) == pytest.approx(wait_s(attempts) * 1.2, rel=1e-4)


def test_a_hint_makes_the_wait_longer_and_never_shorter() -> None:
    assert wait_s(1, hint=600) == 600
    assert wait_s(9, hint=1) == pytest.approx(SCHEDULE_S[8])


def test_no_hint_silences_us_for_more_than_a_day() -> None:
    assert wait_s(1, hint=1e9) == LONGEST_HINT_S


@pytest.mark.parametrize("hint", [-1.0, nan, inf, -inf])
def test_a_hint_that_is_junk_is_ignored(hint: float) -> None:
    assert wait_s(1, hint=hint) == 5


def test_after_72_hours_nothing_is_tried_again() -> None:
    def last(now: datetime) -> datetime | None:
        return next_attempt(20, first_attempt_at=START, now=now, retry_after_s=None, jitter=MIDDLE)

    assert last(START + timedelta(hours=68)) == START + timedelta(hours=72)
    assert last(START + timedelta(hours=68, seconds=1)) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        ("Mon, 09 Mar 2026 12:01:00 GMT", 60.0),
        ("Monday, 09-Mar-26 12:01:00 GMT", 60.0),
        ("Mon Mar  9 12:01:00 2026", 60.0),
        ("99999999999999999999", LONGEST_HINT_S),
        ("Mon, 09 Mar 2099 12:01:00 GMT", LONGEST_HINT_S),
        ("Mon, 09 Mar 2026 11:00:00 GMT", None),
        ("0", None),
        ("-5", None),
        ("1e9", None),
        ("٣", None),
        ("soon", None),
        ("", None),
        ("9" * 5000, None),
        ("Mon, 99 Mar 2026 12:01:00 GMT", None),
        (None, None),
    ],
)
def test_a_retry_after_header_is_read_or_ignored(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, now=START) == seconds


@given(st.text())
def test_no_header_breaks_the_reading(value: str) -> None:
    seconds = parse_retry_after(value, now=START)
    assert seconds is None or 0 < seconds <= LONGEST_HINT_S


@given(st.integers(1, 60), st.floats(), st.floats(0, 1, exclude_max=True), st.integers(0, 80))
def test_a_hint_below_the_cap_is_never_undercut(attempts: int, hint: float, jitter: float, hours: int) -> None:
    now = START + timedelta(hours=hours)
    at = next_attempt(attempts, first_attempt_at=START, now=now, retry_after_s=hint, jitter=jitter)
    assert at is None or at > now
    if at is not None and 0 < hint <= LONGEST_HINT_S:
        assert at >= now + timedelta(seconds=hint)
