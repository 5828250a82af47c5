"""What leaves, what does not, and what becomes of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from alerts.facts import EmailAddress, MatrixRoom, SignedWebhook, SlackWebhook
from alerts.outcomes import Accepted, Refused, Unknown
from service.records import Alert, Attempt, Case, Consent, Delivery, Destination, FollowUp, Subscription
from service.vocabulary import (
    AttemptOutcome,
    ConsentScope,
    DeliveryState,
    FollowUpState,
    Monitoring,
    SubscriptionState,
)
from service.worker.jobs import check_overdue
from service.worker.lanes import PER_SLOW_HOST
from service.worker.running import run_until_drained, run_worker
from tests import factories

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.fakes import Sent
    from tests.service.worker.conftest import Worker

LONG_PAST = datetime(2020, 1, 1, tzinfo=UTC)


def send(worker: Worker) -> None:
    asyncio.run(run_until_drained(worker, channels=worker.post.channels()))


def announce(worker: Worker, **about: object) -> None:
    """One late follow-up of a case that one mailbox follows, announced."""
    with worker.writing.begin() as session:
        person = factories.make_person(session)
        factories.make_consent(session, person)
        case = factories.make_case(session, persons=(person,))
        factories.make_follow_up(session, case, person=person)
        factories.make_subscription(session, worker.vault, case=case, **about)  # type: ignore[arg-type] # the test's own
    check_overdue(worker)


def only_delivery(worker: Worker) -> Delivery:
    with worker.reading() as session:
        return session.scalars(select(Delivery)).one()


def make_due(session: Session) -> None:
    """Let the queue's own clock reach every open delivery."""
    session.execute(update(Delivery).where(Delivery.open).values(due_at=LONG_PAST))


def test_an_accepted_delivery_is_final_and_its_try_on_record(worker: Worker) -> None:
    announce(worker)
    send(worker)
    send(worker)
    assert len(worker.post.sent) == 1
    with worker.reading() as session:
        delivery = session.scalars(select(Delivery)).one()
        attempt = session.scalars(select(Attempt)).one()
    assert (delivery.state, delivery.open, delivery.attempts) == (DeliveryState.ACCEPTED, False, 1)
    assert (attempt.outcome, attempt.code, attempt.n) == (AttemptOutcome.ACCEPTED, 250, 1)
    assert delivery.finished_at is not None


def test_a_mail_carries_its_key_its_links_and_no_name_in_its_subject(worker: Worker) -> None:
    announce(worker)
    send(worker)
    sent = worker.post.sent[0]
    assert sent.envelope.key == only_delivery(worker).key
    assert sent.envelope.recipient.unsubscribe_url is not None
    assert sent.envelope.written_at == worker.clock.now()
    assert "Dana" not in sent.message.subject  # type: ignore[union-attr] # a mail
    assert "Dana Sample" in sent.message.text  # type: ignore[union-attr] # a mail


@pytest.mark.parametrize(
    "address",
    [
        SlackWebhook("https://hooks.slack.com/services/T/B/x"),
        MatrixRoom("https://matrix.example.org", "!room:example.org", "token"),
        SignedWebhook("https://hooks.example.org/in", ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",)),
        EmailAddress("reader@example.org"),
    ],
    ids=["slack", "matrix", "webhook", "email"],
)
def test_every_channel_is_given_the_form_it_wants(worker: Worker, address: SlackWebhook) -> None:
    with worker.writing.begin() as session:
        destination = factories.make_destination(session, worker.vault, address=address)
    announce(worker, destination=destination)
    send(worker)
    assert [one.address for one in worker.post.sent] == [address]
    assert only_delivery(worker).state is DeliveryState.ACCEPTED


def test_a_refusal_for_now_is_tried_again_with_the_same_key(worker: Worker) -> None:
    announce(worker)
    worker.post.answer = lambda one: (
        Accepted(250) if one.envelope.attempt == 2 else Refused(False, "The mailbox is full.")
    )
    send(worker)
    waiting = only_delivery(worker)
    assert (waiting.state, waiting.reason) == (DeliveryState.QUEUED, "The mailbox is full.")
    with worker.writing.begin() as session:
        make_due(session)
    send(worker)
    assert only_delivery(worker).state is DeliveryState.ACCEPTED
    assert len(worker.post.sent) == 2
    assert len(set(worker.post.keys())) == 1
    assert [one.envelope.maybe_sent for one in worker.post.sent] == [False, False]


def test_a_receivers_wish_to_wait_is_obeyed(worker: Worker) -> None:
    announce(worker)
    worker.post.answer = lambda _: Refused(False, "Slow down.", code=429, retry_after_s=7_200)
    before = datetime.now(UTC)
    send(worker)
    assert only_delivery(worker).due_at >= before + timedelta(seconds=7_199)


def test_a_refusal_for_good_is_dead_and_says_why(worker: Worker) -> None:
    announce(worker)
    worker.post.answer = lambda _: Refused(True, "Nobody is there.", code=550)
    send(worker)
    dead = only_delivery(worker)
    assert (dead.state, dead.open, dead.reason) == (DeliveryState.DEAD, False, "Nobody is there.")


def test_after_three_days_of_refusals_it_is_given_up(worker: Worker) -> None:
    announce(worker)
    worker.post.answer = lambda _: Refused(False, "The mailbox is full.")
    send(worker)
    with worker.writing.begin() as session:
        session.execute(update(Delivery).values(first_attempt_at=datetime.now(UTC) - timedelta(hours=72)))
        make_due(session)
    send(worker)
    dead = only_delivery(worker)
    assert dead.state is DeliveryState.DEAD
    assert dead.reason == "Gave up after 72 hours. The mailbox is full."


def test_our_own_relays_refusal_costs_nobody_their_message(worker: Worker) -> None:
    announce(worker)
    worker.post.answer = lambda _: Refused(True, "The mail relay refused our login.", our_side=True)
    send(worker)
    with worker.writing.begin() as session:
        session.execute(update(Delivery).values(first_attempt_at=datetime.now(UTC) - timedelta(days=9)))
        make_due(session)
    send(worker)
    assert only_delivery(worker).state is DeliveryState.QUEUED


def test_what_may_have_arrived_is_sent_again_and_says_so(worker: Worker) -> None:
    announce(worker)
    worker.post.answer = lambda one: Accepted(250) if one.envelope.maybe_sent else Unknown("The line broke.")
    send(worker)
    assert only_delivery(worker).state is DeliveryState.UNKNOWN
    with worker.writing.begin() as session:
        make_due(session)
    send(worker)
    assert [one.envelope.maybe_sent for one in worker.post.sent] == [False, True]
    assert len(set(worker.post.keys())) == 1


def test_a_room_that_forgot_the_first_try_is_left_to_people(worker: Worker) -> None:
    with worker.writing.begin() as session:
        room = MatrixRoom("https://matrix.example.org", "!room:example.org", "token")
        destination = factories.make_destination(session, worker.vault, address=room)
    announce(worker, destination=destination)
    worker.post.answer = lambda _: Unknown("The line broke.")
    send(worker)
    with worker.writing.begin() as session:
        session.execute(update(Delivery).values(first_attempt_at=datetime.now(UTC) - timedelta(hours=23, minutes=1)))
        make_due(session)
    send(worker)
    assert len(worker.post.sent) == 1
    assert (only_delivery(worker).state, only_delivery(worker).open) == (DeliveryState.HELD, False)


def test_what_a_dead_worker_left_is_sent_again_with_the_same_key(worker: Worker) -> None:
    announce(worker)
    send(worker)
    first = worker.post.keys()
    with worker.writing.begin() as session:
        session.execute(update(Delivery).values(state=DeliveryState.SENDING, open=True, due_at=LONG_PAST))
        session.execute(update(Attempt).values(outcome=AttemptOutcome.STARTED, ended_at=None))
    send(worker)
    assert worker.post.keys() == first * 2
    assert worker.post.sent[-1].envelope.maybe_sent
    with worker.reading() as session:
        outcomes = session.scalars(select(Attempt.outcome).order_by(Attempt.n)).all()
    assert outcomes == [AttemptOutcome.LOST, AttemptOutcome.ACCEPTED]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (update(FollowUp).values(state=FollowUpState.DONE), "The follow-up is done."),
        (update(FollowUp).values(due_revision=2), "The date was moved."),
        (update(FollowUp).values(level=None), "It is not as late as that any more."),
        (update(Case).values(monitoring=Monitoring.CLOSED), "The case is not watched any more."),
        (update(Subscription).values(state=SubscriptionState.ENDED), "The subscription has ended."),
        (update(Subscription).values(paused_until=datetime(2030, 1, 1, tzinfo=UTC)), "The subscription is paused."),
        (update(Destination).values(state="disabled"), "The destination is switched off."),
        (
            update(Consent).where(Consent.scope == ConsentScope.NAME_PUBLICLY).values(withdrawn_at=LONG_PAST),
            "It says what somebody no longer agrees to have said.",
        ),
    ],
    ids=["done", "moved", "less late", "closed", "ended", "paused", "disabled", "withdrawn"],
)
def test_stop_beats_start(worker: Worker, change: object, reason: str) -> None:
    announce(worker)
    with worker.writing.begin() as session:
        session.execute(change)  # type: ignore[call-overload] # an update
    send(worker)
    assert worker.post.sent == []
    cancelled = only_delivery(worker)
    assert (cancelled.state, cancelled.open, cancelled.reason) == (DeliveryState.CANCELLED, False, reason)
    assert cancelled.attempts == 0
    with worker.reading() as session:
        assert session.scalars(select(Attempt)).all() == []


@pytest.mark.parametrize(
    "poison",
    [{"public": {"level": "no such level"}}, {"public": {}}, {"restricted": {}}, {"public": []}, {"elsewhere": {}}],
    ids=["unknown level", "empty", "no words for this tier", "no mapping", "unknown tier"],
)
def test_one_poisoned_message_stops_nobody(worker: Worker, poison: dict[str, object]) -> None:
    announce(worker)
    announce(worker)
    with worker.writing.begin() as session:
        poisoned = session.scalars(select(Alert.id).order_by(Alert.id)).first()
        session.execute(update(Alert).where(Alert.id == poisoned).values(facts=poison))
    send(worker)
    with worker.reading() as session:
        states = {row.alert_id: row for row in session.scalars(select(Delivery))}
    parked = states.pop(poisoned)
    assert parked.state is DeliveryState.DEAD
    assert parked.reason is not None
    assert parked.reason.startswith("It could not be written: ")
    assert [row.state for row in states.values()] == [DeliveryState.ACCEPTED]


def test_a_channel_that_raises_costs_one_delivery_and_not_the_worker(worker: Worker) -> None:
    announce(worker)
    announce(worker)
    fails: list[str] = []

    def answer(one: Sent) -> Accepted:
        if not fails:
            fails.append(one.envelope.key)
            raise ZeroDivisionError
        return Accepted(250)

    worker.post.answer = answer
    send(worker)
    with worker.reading() as session:
        reasons = session.scalars(select(Delivery.reason).order_by(Delivery.reason.nulls_last())).all()
    assert reasons == ["An internal error: ZeroDivisionError.", None]


def test_a_slow_receiver_delays_nobody_else(worker: Worker) -> None:
    slow = SignedWebhook("https://slow.example.org/in", ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",))
    quick = [SignedWebhook(f"https://h{n}.example.org/in", slow.secrets) for n in range(30)]
    with worker.writing.begin() as session:
        case = factories.make_case(session)
        for address in (slow, *quick):
            destination = factories.make_destination(session, worker.vault, address=address)
            factories.make_subscription(session, worker.vault, case=case, destination=destination)
        for _ in range(6):
            factories.make_follow_up(session, case)
    check_overdue(worker)
    answered: Counter[str] = Counter()
    at_once = [0]

    async def send_all() -> None:
        the_others_are_done = asyncio.Event()

        async def hold(one: Sent) -> None:
            if one.address != slow:
                answered["quick"] += 1
                if answered["quick"] == 6 * len(quick):
                    the_others_are_done.set()
                return
            answered["slow, begun"] += 1
            at_once.append(answered["slow, begun"] - answered["slow"])
            # It answers when everybody else has: if it delayed them, nobody would ever finish.
            await the_others_are_done.wait()
            answered["slow"] += 1

        worker.post.before_answer = hold
        async with asyncio.timeout(60):
            await run_until_drained(worker, channels=worker.post.channels())

    asyncio.run(send_all())
    assert (answered["quick"], answered["slow"]) == (180, 6)
    assert max(at_once) <= PER_SLOW_HOST


def test_a_worker_that_is_told_to_stop_finishes_what_is_on_its_way(worker: Worker) -> None:
    announce(worker)
    post = worker.post

    async def run() -> None:
        stop = asyncio.Event()

        async def hold(_: Sent) -> None:
            await stop.wait()

        post.before_answer = hold
        running = asyncio.create_task(run_worker(worker, stop=stop, channels=post.channels()))
        while not post.sent:
            await asyncio.sleep(0.01)
        stop.set()
        await asyncio.wait_for(running, 10)

    asyncio.run(run())
    assert only_delivery(worker).state is DeliveryState.ACCEPTED


def test_a_confirmation_has_its_button_and_no_list(worker: Worker) -> None:
    from service.commands.queue_alert import queue_for_subscription
    from service.vocabulary import AlertKind

    with worker.writing.begin() as session:
        case = factories.make_case(session)
        subscription = factories.make_subscription(session, worker.vault, case=case, state=SubscriptionState.PENDING)
        facts = {"case_reference": case.reference, "cadence": "immediate", "expires_on": date(2014, 11, 27).isoformat()}
        queue_for_subscription(
            session,
            kind=AlertKind.CONFIRMATION,
            subscription=subscription,
            facts=facts,
            dedupe_key="confirmation:1",
            now=worker.clock.now(),
        )
    send(worker)
    sent = worker.post.sent[0]
    assert "https://vigil.example.org/confirm/" in sent.message.text  # type: ignore[union-attr] # a mail
    assert sent.envelope.recipient.list_id is None
