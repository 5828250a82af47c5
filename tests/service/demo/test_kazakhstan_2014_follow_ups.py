"""Every follow-up of the Kazakhstan case file follows from a stated rule and a stated day."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from alerts.follow_up_kinds import FOLLOW_UP_KINDS
from service.vocabulary import DatePrecision, ParoleDecision

if TYPE_CHECKING:
    from service.casefile.schema import Case, CaseFile, FollowUp


def test_an_undated_refusal_of_parole_stays_undated(cases: dict[str, Case]) -> None:
    [review] = cases["003"].parole_reviews
    assert review.decision is ParoleDecision.REFUSED
    assert (review.eligible, review.hearing, review.decided, review.appeal_by) == (None, None, None, None)
    assert "parole_appeal" not in {follow_up.kind for follow_up in cases["003"].follow_ups}


def test_every_case_is_verified_again_in_90_days_or_14(file: CaseFile) -> None:
    for case in file.cases:
        [again] = [f for f in case.follow_ups if f.key == f"{case.reference[-3:]}-verification"]
        days = 14 if case.reference == "KAZ-2014-002" else 90
        assert again.kind == "information_verification"
        assert again.due == file.as_of + timedelta(days=days)


def test_every_follow_up_is_of_a_known_kind_and_shows_its_sum(file: CaseFile) -> None:
    rows = follow_ups(file)
    assert len(rows) >= 30
    for follow_up in rows:
        assert follow_up.kind in FOLLOW_UP_KINDS
        said = f"{follow_up.due.day} {follow_up.due:%B} {follow_up.due.year}"
        assert f"= {said}." in " ".join(follow_up.basis.split()), follow_up.key
        assert re.search(r"[Rr]ule|[Aa]rticle|principle|Plan|judgment", follow_up.basis), follow_up.key


def test_every_sum_of_days_is_right(file: CaseFile) -> None:
    summed = 0
    for follow_up in follow_ups(file):
        for days in re.findall(r"24 October 2014 \+ (\d+) days?", " ".join(follow_up.basis.split())):
            assert follow_up.due == date(2014, 10, 24) + timedelta(days=int(days)), follow_up.key
            summed += 1
    assert summed == len(follow_ups(file)) - 4


def test_the_four_other_dates_follow_from_the_day_that_they_name(file: CaseFile) -> None:
    other = {f.key: f for f in follow_ups(file) if not re.search(r"October 2014 \+ \d+ day", " ".join(f.basis.split()))}
    assert {key: follow_up.due for key, follow_up in other.items()} == {
        "000-second-protocol": date(2012, 12, 31),
        "001-sentence-end": date(2007 + 18, 10, 18) - timedelta(days=1),
        "006-psychiatric-review": date(2014, 2, 28),
        "015-appeal-deadline": date(2014, 10, 24) + timedelta(days=6),
    }
    assert other["006-psychiatric-review"].due_precision is DatePrecision.MONTH


def follow_ups(file: CaseFile) -> list[FollowUp]:
    return [follow_up for case in file.cases for follow_up in case.follow_ups]
