"""The table of kinds says what the standards say."""

from __future__ import annotations

import pytest

from alerts.facts import Thresholds, Tier
from alerts.follow_up_kinds import FOLLOW_UP_KINDS, FollowUpKind, UnknownKind, kind_named

EVERY_KIND = list(FOLLOW_UP_KINDS.values())


def test_there_are_38_kinds_and_each_bears_its_own_name() -> None:
    assert len(FOLLOW_UP_KINDS) == 38
    assert all(name == kind.name for name, kind in FOLLOW_UP_KINDS.items())


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("intake_exam", (0, 1, 3, 7)),
        ("family_contact", (0, 1, 3, 7)),
        ("urgent_care", (0, 1, 2, 3)),
        ("chronic_review", (7, 7, 14, 30)),
        ("torture_exam", (0, 6, 20, 41)),
        ("isolation_day_limit", (5, 1, 8, 15)),
        ("isolation_daily_visit", (0, 1, 2, 3)),
        ("complaint_reply", (7, 1, 15, 30)),
        ("osce_reply", (2, 1, 14, 30)),
        ("wgad_reply", (7, 1, 14, 30)),
        ("treaty_body_followup", (14, 1, 14, 30)),
        ("parole_eligibility", (30, 1, 7, 30)),
        ("parole_hearing", (14, 1, 7, 30)),
        ("parole_appeal", (3, 1, 7, 30)),
        ("upr_midterm", (60, 1, 60, 180)),
        ("information_verification", (7, 7, 30, 90)),
        ("surgery", (7, 1, 7, 30)),
    ],
)
def test_the_days_are_those_of_the_domain(name: str, days: tuple[int, int, int, int]) -> None:
    assert kind_named(name).thresholds == Thresholds(*days)


@pytest.mark.parametrize("kind", EVERY_KIND, ids=lambda kind: kind.name)
def test_each_kind_is_later_by_each_level_and_says_by_which_rule(kind: FollowUpKind) -> None:
    days = kind.thresholds
    assert days.upcoming >= 0
    assert 1 <= days.overdue < days.very_overdue < days.critical
    assert kind.words
    assert kind.actor
    assert kind.basis
    assert len(kind.name) <= 32


def test_only_what_is_for_members_is_restricted() -> None:
    restricted = {kind.name for kind in EVERY_KIND if kind.tier is not Tier.PUBLIC}
    assert restricted == {"ua_review", "target_verification", "consent_review", "retention_review"}
    assert all(kind_named(name).tier is Tier.RESTRICTED for name in restricted)


def test_a_kind_that_tells_of_an_illness_is_marked_as_one() -> None:
    medical = {kind.name for kind in EVERY_KIND if kind.about_health}
    assert medical == {
        "intake_exam",
        "urgent_care",
        "chronic_review",
        "torture_exam",
        "specialist_exam",
        "surgery",
        "medication",
        "hunger_strike_check",
        "psychiatric_review",
    }


def test_an_unknown_kind_is_refused_with_the_known_names() -> None:
    with pytest.raises(UnknownKind, match=r"'dentist'.*act_by.*wgad_reply"):
        kind_named("dentist")
