"""The fault grid of the clock: jumps, summer time and long sleep lose no announcement, and none is made twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, update

from alerts.facts import Level, Thresholds
from service.clock import FixedClock
from service.records import Alert, Delivery, FollowUp, OverdueEpisode
from service.vocabulary import DeliveryState, FollowUpState
from service.worker.jobs import check_overdue, when_next_due
from tests import factories
from tests.faults.business_time import DAY, HOUR, SECOND, YEAR, beginning_of, newly_at, send
from tests.faults.outbox import make_late, states

if TYPE_CHECKING:
    from tests.service.worker.conftest import Worker

# The reply was due on 10 November 2014 in Almaty (UTC+6): due from 9 November 18:00 UTC, overdue a day later, very
# overdue from the 24th, critical from 9 December. Each course begins half an hour before it is overdue.
BEGIN = datetime(2014, 11, 10, 17, 30, tzinfo=UTC)
LONG_AFTER = timedelta(days=60)
COURSES: dict[str, list[tuple[timedelta, Level | None]]] = {
    "an-hour-ahead-and-back": [
        (timedelta(0), Level.DUE), (HOUR, Level.OVERDUE), (timedelta(0), None), (HOUR, None),
    ],
    "an-hour-back-and-ahead": [
        (timedelta(0), Level.DUE), (-HOUR, None), (timedelta(0), None), (HOUR, Level.OVERDUE),
    ],
    "an-hour-back-over-the-beginning": [
        (HOUR, Level.OVERDUE), (timedelta(0), None), (HOUR, None), (2 * HOUR, None),
    ],
    "a-year-ahead-and-back": [
        (timedelta(0), Level.DUE), (YEAR, Level.CRITICAL), (timedelta(0), None), (15 * DAY, None), (YEAR, None),
    ],
    "a-year-back-and-ahead": [
        (timedelta(0), Level.DUE), (-YEAR, None), (timedelta(0), None), (HOUR, Level.OVERDUE), (15 * DAY, Level.VERY_OVERDUE),
    ],
    "a-machine-that-wakes-in-1970": [
        (datetime(1970, 1, 1, tzinfo=UTC) - BEGIN, None), (timedelta(0), Level.DUE),
    ],
    "a-machine-that-wakes-in-2106": [
        (datetime(2106, 2, 7, tzinfo=UTC) - BEGIN, Level.CRITICAL), (timedelta(0), None),
    ],
    "three-days-asleep": [
        (-2 * DAY, Level.UPCOMING), (DAY, Level.OVERDUE), (DAY + SECOND, None),
    ],
    "three-days-asleep-again-and-again": [
        (3 * DAY * nap, level) for nap, level in {
            -2: Level.UPCOMING, -1: None, 0: Level.DUE, 1: Level.OVERDUE, 2: None, 3: None, 4: None,
            5: Level.VERY_OVERDUE, 6: None, 7: None, 8: None, 9: None, 10: Level.CRITICAL, 11: None,
        }.items()
    ],
}  # fmt: skip

# Nights in which the clocks change, some of them at midnight, and one day that a country left out altogether.
CHANGES = {
    "spring": ("Europe/Berlin", date(2015, 3, 29)),
    "autumn": ("Europe/Berlin", date(2015, 10, 25)),
    "spring-at-midnight": ("America/Sao_Paulo", date(2014, 10, 19)),
    "autumn-at-midnight": ("America/Sao_Paulo", date(2015, 2, 22)),
    "first-hour-twice": ("America/Havana", date(2015, 11, 1)),
    "half-an-hour": ("Australia/Lord_Howe", date(2015, 4, 5)),
    "no-such-day": ("Pacific/Apia", date(2011, 12, 30)),
}
LEVELS = [Level.DUE, Level.OVERDUE, Level.VERY_OVERDUE, Level.CRITICAL]
A_LEVEL_A_DAY = Thresholds(upcoming=0, overdue=1, very_overdue=2, critical=3)


def test_the_business_clock_takes_a_strange_course(worker: Worker, subtests: pytest.Subtests) -> None:
    for course, steps in COURSES.items():
        with subtests.test(course):
            put_away(worker)
            make_late(worker, [None])
            told = [level for _, level in steps if level is not None]
            for offset, level in steps:
                assert newly_at(worker, BEGIN + offset) == ([level] if level else [])
            # once time has caught up, whatever was not told yet is told, and nothing else
            if Level.CRITICAL not in told:
                told.append(Level.CRITICAL)
                assert newly_at(worker, BEGIN + LONG_AFTER) == [Level.CRITICAL]
            assert newly_at(worker, BEGIN + 2 * YEAR) == []
            send(worker)
            assert told_and_sent(worker) == told


def test_the_clocks_of_the_facility_change(worker: Worker, subtests: pytest.Subtests) -> None:
    for change, (zone, day) in CHANGES.items():
        with subtests.test(change):
            put_away(worker)
            due_on = day - DAY
            with worker.writing.begin() as session:
                case = factories.make_case(session, time_zone=zone)
                factories.make_follow_up(
                    session, case, due_on=due_on, thresholds=A_LEVEL_A_DAY, opened_at=BEGIN.replace(year=2010)
                )
            begins = {level: beginning_of(due_on + n * DAY, zone) for n, level in enumerate(LEVELS)}
            told: list[Level] = []
            for at in sorted({at + step for at in begins.values() for step in (-HOUR, -SECOND, timedelta(0), HOUR)}):
                latest = [level for level, begin in begins.items() if begin <= at][-1:]
                expected = [level for level in latest if level not in told]
                assert newly_at(worker, at) == expected
                told += expected
                assert when_next_due(worker) == min((begin for begin in begins.values() if begin > at), default=None)
            assert told[-1] is Level.CRITICAL


def test_a_clock_that_jumps_about_tells_every_level_at_most_once(worker: Worker) -> None:
    random = Random(20141110)  # noqa: S311 - a fixed seed is the point
    make_late(worker, [None, None], follow_ups=5)
    announced = 0
    for _ in range(40):
        hours = random.choice([-365 * 24, -72, -1, 1, 24, 72, 30 * 24]) * random.random()
        announced += len(newly_at(worker, BEGIN + hours * HOUR))
    announced += len(newly_at(worker, BEGIN + LONG_AFTER))
    with worker.reading() as session:
        told = Counter(tuple(row) for row in session.execute(select(Alert.follow_up_id, Alert.level)))
        deliveries = session.scalar(select(func.count()).select_from(Delivery))
    assert set(told.values()) == {1}
    assert len([level for _, level in told if level is Level.CRITICAL]) == 5
    assert (len(told), deliveries) == (announced, 2 * announced)


@pytest.mark.parametrize(
    "offset", [-YEAR, -HOUR, HOUR, YEAR], ids=["year-back", "hour-back", "hour-ahead", "year-ahead"]
)
def test_the_machines_clock_is_wrong_and_the_queue_goes_by_the_databases(worker: Worker, offset: timedelta) -> None:
    wrong = replace(worker, wall_clock=FixedClock(datetime.now(UTC) + offset))
    make_late(wrong, [None] * 3)
    check_overdue(wrong)
    send(wrong)
    assert states(wrong) == [DeliveryState.ACCEPTED] * 3
    assert len(wrong.post.sent) == 3


def told_and_sent(worker: Worker) -> list[Level | None]:
    """The levels of what is open, in the order of their alerts, if each has one episode and one accepted delivery."""
    with worker.reading() as session:
        rows = session.execute(
            select(Alert.level, Delivery.state, Delivery.attempts)
            .join(OverdueEpisode, OverdueEpisode.id == Alert.overdue_episode_id)
            .join(FollowUp, FollowUp.id == Alert.follow_up_id)
            .join(Delivery, Delivery.alert_id == Alert.id)
            .where(FollowUp.state == FollowUpState.OPEN)
            .order_by(Alert.id)
        ).all()
    assert {(row.state, row.attempts) for row in rows} == {(DeliveryState.ACCEPTED, 1)}
    return [row.level for row in rows]


def put_away(worker: Worker) -> None:
    """What an earlier course left comes up no more."""
    with worker.writing.begin() as session:
        session.execute(update(FollowUp).values(state=FollowUpState.DONE, next_level_at=None))
