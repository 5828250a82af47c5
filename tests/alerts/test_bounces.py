"""Points against a mailbox: one a day, forgotten after a quiet week, enough at five."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.bounces import ENOUGH, STALE_AFTER, Points, counts, is_enough, is_hard

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "hard", "counted"),
    [
        ("5.1.1", True, True),
        ("5.1.2", True, True),
        ("5.1.6", True, True),
        ("5.1.10", True, True),
        ("5.1.7", False, True),
        ("5.1.8", False, True),
        ("5.1.11", False, True),
        ("5.2.2", False, True),
        ("5.7.1", False, True),
        ("5.4.4", False, False),
        ("5.4.40", False, True),
        ("4.4.7", False, True),
        (None, False, True),
    ],
)
def test_what_a_status_is_worth(status: str | None, hard: bool, counted: bool) -> None:
    assert (is_hard(status), counts(status)) == (hard, counted)
    assert is_enough(Points(), status) is hard


@given(st.lists(st.integers(0, 72), max_size=60))
def test_points_never_pass_the_days_on_which_mail_came_back(hours_between: list[int]) -> None:
    points, at, days = Points(), NOW, set()
    for hours in hours_between:
        at += timedelta(hours=hours)
        days.add(at.date())
        points = points.with_one_more(at)
        assert 1 <= points.count <= len(days)
    assert is_enough(points, "5.2.2") is (len(days) >= ENOUGH)


@given(st.integers(1, 4))
def test_a_quiet_week_forgets_everything(days: int) -> None:
    points = Points()
    for day in range(days):
        points = points.with_one_more(NOW + timedelta(days=day))
    assert points.last_at is not None
    assert points.with_one_more(points.last_at + STALE_AFTER).count == days + 1
    later = points.last_at + STALE_AFTER + timedelta(microseconds=1)
    assert points.with_one_more(later) == Points(1, later)


def test_a_clock_that_went_back_adds_nothing() -> None:
    points = Points(2, NOW)
    assert points.with_one_more(NOW - timedelta(days=3)) == points
