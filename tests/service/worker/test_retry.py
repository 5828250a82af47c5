"""A replay on its way out: the same key, a mark where it may be a repeat, and the last look before anything is queued."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from alerts.facts import MatrixRoom, SlackWebhook, Tier
from alerts.outcomes import Accepted, Refused, Unknown
from service.commands.retry_deliveries import Retried, retry
from service.last_look import why_not
from service.records import (
    Alert,
    Attempt,
    Case,
    Consent,
    Delivery,
    Destination,
    Digest,
    DigestItem,
    FollowUp,
    Subscription,
)
from service.vocabulary import (
    Cadence,
    ConsentScope,
    DeliveryState,
    DestinationState,
    FollowUpState,
    Monitoring,
    SubscriptionState,
)
from tests import factories
from tests.service.worker.test_dispatcher import announce, make_due, only_delivery, send

if TYPE_CHECKING:
    from tests.fakes import Sent
    from tests.service.worker.conftest import Worker

LONG_PAST = datetime(2020, 1, 1, tzinfo=UTC)
ROOM = MatrixRoom("https://matrix.example.org", "!room:example.org", "token")
SLACK = SlackWebhook("https://hooks.slack.com/services/T/B/x")


def again(worker: Worker) -> Retried:
    """What a member's decision to send everything again comes to."""
    now = worker.clock.now()
    with worker.writing.begin() as session:
        ids = session.scalars(select(Delivery.id)).all()
        gone = why_not(session, ids, now=now)
        return retry(session, ids, gone=gone, now=now, by="olga", vault=worker.vault)


def announce_to(worker: Worker, address: MatrixRoom | SlackWebhook) -> None:
    with worker.writing.begin() as session:
        destination = factories.make_destination(session, worker.vault, address=address)
    announce(worker, destination=destination)


def days_pass(worker: Worker, **of: int) -> None:
    """Let the queue's own clock go on: the first try is so long ago, and everything open is due."""
    with worker.writing.begin() as session:
        session.execute(update(Attempt).values(started_at=datetime.now(UTC) - timedelta(**of)))
        session.execute(update(Delivery).values(first_attempt_at=datetime.now(UTC) - timedelta(**of)))
        make_due(session)


def test_a_replay_carries_the_same_key_and_the_same_date(worker: Worker) -> None:
    announce(worker)
    worker.post.answer = lambda _: Refused(True, "Nobody is there.", code=550)
    send(worker)
    worker.post.answer = lambda _: Accepted(250)
    days_pass(worker, days=30)
    assert len(again(worker).queued) == 1
    send(worker)
    first, second = worker.post.sent
    assert first.envelope.key == second.envelope.key
    assert first.envelope.written_at == second.envelope.written_at
    assert (second.envelope.attempt, second.envelope.maybe_sent) == (2, False)
    assert (only_delivery(worker).state, only_delivery(worker).reason) == (DeliveryState.ACCEPTED, None)


def test_a_replay_of_what_may_have_arrived_says_so(worker: Worker) -> None:
    announce_to(worker, SLACK)
    worker.post.answer = lambda _: Unknown("The line broke.")
    send(worker)
    worker.post.answer = lambda _: Refused(True, "The Slack channel is archived (status 410).", code=410)
    days_pass(worker, hours=1)
    send(worker)
    worker.post.answer = lambda _: Accepted(200)
    again(worker)
    send(worker)
    assert [one.envelope.maybe_sent for one in worker.post.sent] == [False, True, True]
    assert len(set(worker.post.keys())) == 1


def test_a_room_that_forgot_the_first_try_hears_it_again_when_somebody_decides_so(worker: Worker) -> None:
    announce_to(worker, ROOM)
    worker.post.answer = lambda _: Unknown("The line broke.")
    send(worker)
    days_pass(worker, hours=23, minutes=1)
    send(worker)
    assert only_delivery(worker).state is DeliveryState.HELD
    worker.post.answer = lambda _: Accepted(200)
    again(worker)
    send(worker)
    assert only_delivery(worker).state is DeliveryState.ACCEPTED
    assert [one.envelope.maybe_sent for one in worker.post.sent] == [False, True]
    assert [one.envelope.key_forgotten for one in worker.post.sent] == [False, True]
    assert len(set(worker.post.keys())) == 1


def test_what_breaks_off_after_a_replay_is_held_only_after_another_23_hours(worker: Worker) -> None:
    announce_to(worker, ROOM)
    worker.post.answer = lambda _: Unknown("The line broke.")
    send(worker)
    days_pass(worker, hours=24)
    send(worker)
    again(worker)
    send(worker)
    assert only_delivery(worker).state is DeliveryState.UNKNOWN
    days_pass(worker, hours=24)
    send(worker)
    assert (only_delivery(worker).state, len(worker.post.sent)) == (DeliveryState.HELD, 2)


def test_what_our_own_mistake_broke_off_may_have_arrived(worker: Worker) -> None:
    announce_to(worker, SLACK)

    def answer(one: Sent) -> Accepted:
        if one.envelope.attempt == 1:
            raise ZeroDivisionError
        return Accepted(200)

    worker.post.answer = answer
    send(worker)
    assert only_delivery(worker).state is DeliveryState.DEAD
    again(worker)
    send(worker)
    assert [one.envelope.maybe_sent for one in worker.post.sent] == [False, True]


def test_a_second_replay_sends_nothing_more(worker: Worker) -> None:
    announce(worker)
    worker.post.answer = lambda one: Refused(True, "No.") if one.envelope.attempt == 1 else Accepted(250)
    send(worker)
    again(worker)
    assert again(worker).queued == ()
    send(worker)
    assert again(worker).queued == ()
    send(worker)
    assert len(worker.post.sent) == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (update(Destination).values(state=DestinationState.DISABLED), "The destination is switched off."),
        (update(FollowUp).values(state=FollowUpState.DONE), "The follow-up is done."),
        (update(FollowUp).values(due_revision=2), "The date was moved."),
        (update(Case).values(monitoring=Monitoring.CLOSED), "The case is not watched any more."),
        (update(Subscription).values(state=SubscriptionState.ENDED), "The subscription has ended."),
        (update(Subscription).values(paused_until=datetime(2030, 1, 1, tzinfo=UTC)), "The subscription is paused."),
        (
            update(Consent).where(Consent.scope == ConsentScope.NAME_PUBLICLY).values(withdrawn_at=LONG_PAST),
            "It says what somebody no longer agrees to have said.",
        ),
        (update(Alert).values(facts={"elsewhere": {}}), "It cannot be written: ValueError."),
    ],
    ids=["disabled", "done", "moved", "closed", "ended", "paused", "withdrawn", "poisoned"],
)
def test_what_would_not_leave_is_refused_with_the_reason(worker: Worker, change: object, reason: str) -> None:
    announce(worker)
    worker.post.answer = lambda _: Refused(True, "The server says that it is gone (status 410).", code=410)
    send(worker)
    with worker.writing.begin() as session:
        session.execute(change)  # type: ignore[call-overload] # an update
    dead = only_delivery(worker)
    assert again(worker) == Retried((), {dead.id: reason})
    assert only_delivery(worker).state is DeliveryState.DEAD
    assert only_delivery(worker).reason == "The server says that it is gone (status 410)."


def test_one_that_cannot_be_looked_at_hides_nothing_about_the_others(worker: Worker) -> None:
    announce(worker)
    announce(worker)
    worker.post.answer = lambda _: Refused(True, "No.")
    send(worker)
    with worker.writing.begin() as session:
        poisoned = session.scalars(select(Alert.id).order_by(Alert.id)).first()
        session.execute(update(Alert).where(Alert.id == poisoned).values(facts={"elsewhere": {}}))
    outcome = again(worker)
    assert (len(outcome.queued), len(outcome.refused)) == (1, 1)


@dataclass(frozen=True, slots=True)
class Gathered:
    """A digest that was closed and could not be delivered."""

    delivery_id: int
    follow_up_id: object


def gather(worker: Worker) -> Gathered:
    announce(worker)
    worker.post.answer = lambda _: Refused(True, "No.")
    with worker.writing.begin() as session:
        delivery = session.scalars(select(Delivery)).one()
        alert = session.scalars(select(Alert)).one()
        subscription = session.scalars(select(Subscription)).one()
        start = datetime.combine(date(2014, 11, 19), datetime.min.time(), UTC)
        digest = Digest(
            subscriber_id=subscription.subscriber_id, destination_id=delivery.destination_id, cadence=Cadence.DAILY,
            period_start=start, period_end=start + timedelta(days=1), closed_at=start + timedelta(days=1),
        )  # fmt: skip
        session.add(digest)
        session.flush()
        session.add(
            DigestItem(
                digest_id=digest.id, alert_id=alert.id, destination_id=delivery.destination_id,
                subscription_id=subscription.id,
            )
        )  # fmt: skip
        delivery.alert_id, delivery.digest_id, delivery.tier = None, digest.id, Tier.PUBLIC
        found = Gathered(delivery.id, alert.follow_up_id)
    send(worker)
    return found


def test_a_digest_is_sent_again_with_its_date_while_something_of_it_stands(worker: Worker) -> None:
    gather(worker)
    worker.post.answer = lambda _: Accepted(250)
    assert len(again(worker).queued) == 1
    send(worker)
    first, second = worker.post.sent
    assert (first.envelope.key, first.envelope.written_at) == (second.envelope.key, second.envelope.written_at)


def test_a_digest_of_which_nothing_stands_is_refused(worker: Worker) -> None:
    digest = gather(worker)
    with worker.writing.begin() as session:
        session.execute(update(FollowUp).values(state=FollowUpState.DONE))
    assert again(worker).refused == {digest.delivery_id: "Nothing of it stands any more."}
