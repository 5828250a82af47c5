"""The fault grid of the clock for those who hear once a day: every alert is in exactly one digest, and that one is sent."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts.facts import Thresholds
from alerts.messages import Mail
from service.commands.announce_overdue import announce_overdue
from service.commands.fan_out import fan_out
from service.facts import snapshots_of
from service.records import Delivery, DigestItem
from service.vocabulary import Cadence, DeliveryState
from service.worker.jobs import check_overdue, close_ended_digests
from tests import factories
from tests.faults.business_time import DAY, HOUR, SECOND, beginning_of, newly_at, send

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.service.worker.conftest import Worker


@pytest.mark.parametrize("day", [date(2015, 3, 29), date(2015, 10, 25)], ids=["spring", "autumn"])
def test_a_daily_reader_hears_of_everything_once_while_the_clocks_change(worker: Worker, day: date) -> None:
    zone = "Europe/Berlin"
    make_daily_reader(worker, zone, [day + n * DAY for n in (-1, 0, 1)])
    for hour in range(0, 4 * 24, 2):
        worker.clock.at = beginning_of(day - 2 * DAY, zone) + hour * HOUR
        check_overdue(worker)
        close_ended_digests(worker)
    everything_is_in_one_digest_that_was_sent(worker, alerts=3)


def test_a_clock_that_goes_back_over_the_end_of_a_digest_loses_nothing(worker: Worker) -> None:
    make_daily_reader(worker, "Europe/Berlin", [date(2014, 11, 10), date(2014, 11, 11)])
    eight = datetime(2014, 11, 11, 7, tzinfo=UTC)
    newly_at(worker, eight - 12 * HOUR)
    worker.clock.at = eight
    assert close_ended_digests(worker) == 1
    send(worker)
    # half an hour before the end that has been, something else is announced
    assert len(newly_at(worker, eight - HOUR / 2)) == 1
    worker.clock.at = eight
    close_ended_digests(worker)
    worker.clock.at = eight + DAY
    close_ended_digests(worker)
    everything_is_in_one_digest_that_was_sent(worker, alerts=2)


def test_an_alert_that_is_written_while_its_digest_closes_is_in_one_that_is_sent(worker: Worker) -> None:
    make_daily_reader(worker, "Europe/Berlin", [date(2014, 11, 10), date(2014, 11, 11)])
    eight = datetime(2014, 11, 11, 7, tzinfo=UTC)
    newly_at(worker, eight - 12 * HOUR)
    with ThreadPoolExecutor(1) as beside:
        with worker.writing.begin() as session:
            # this check began just before the end, and is not done yet
            announced = announce_overdue(
                session, now=eight - SECOND, snapshots=partial(snapshots_of, links=worker.links)
            )
            fan_out(session, announced.alert_ids, now=eight - SECOND)
            worker.clock.at = eight
            closing = beside.submit(close_ended_digests, worker)
            wait([closing], timeout=0.3)
            if closing.done():
                # on PostgreSQL nobody waits for the check, and the digest would be on its way by now
                send(worker)
        closing.result()
    send(worker)
    worker.clock.at = eight + DAY
    close_ended_digests(worker)
    everything_is_in_one_digest_that_was_sent(worker, alerts=2)


def make_daily_reader(worker: Worker, zone: str, due: Sequence[date]) -> None:
    """Follow-ups that are announced once each, when they are due, and somebody who hears of them once a day."""
    once = Thresholds(upcoming=0, overdue=10_000, very_overdue=10_001, critical=10_002)
    with worker.writing.begin() as session:
        case = factories.make_case(session, time_zone=zone)
        reader = factories.make_subscriber(session, time_zone=zone)
        mailbox = factories.make_destination(session, worker.vault, subscriber=reader)
        factories.make_subscription(session, worker.vault, case=case, destination=mailbox, cadence=Cadence.DAILY)
        for due_on in due:
            factories.make_follow_up(session, case, due_on=due_on, thresholds=once)


def everything_is_in_one_digest_that_was_sent(worker: Worker, *, alerts: int) -> None:
    send(worker)
    with worker.reading() as session:
        gathered = Counter(session.scalars(select(DigestItem.alert_id)))
        unsent = session.scalars(
            select(DigestItem.alert_id)
            .outerjoin(Delivery, Delivery.digest_id == DigestItem.digest_id)
            .where(Delivery.state.is_distinct_from(DeliveryState.ACCEPTED))
        ).all()
    assert list(gathered.values()) == [1] * alerts
    assert unsent == []
    # "2 updates, 10 November 2014 to 11 November 2014"
    subjects = [one.message.subject for one in worker.post.sent if isinstance(one.message, Mail)]
    assert sum(int(subject.split()[0]) for subject in subjects) == alerts
