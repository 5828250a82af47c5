"""The owner of a destination that fails hears of it by another way, in words that give nothing away."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from alerts.facts import EmailAddress, SignedWebhook, SlackWebhook
from alerts.messages import Event, Mail
from alerts.outcomes import Accepted, Refused
from service.commands.enabling import enable_destination
from service.records import Alert, Case, Delivery, Destination
from service.vocabulary import AlertKind, DeliveryState, DestinationState
from service.worker.jobs import check_overdue
from service.worker.running import run_until_drained
from tests import factories
from tests.service.worker.test_dispatcher import LONG_PAST, make_due

if TYPE_CHECKING:
    from uuid import UUID

    from alerts.facts import Address
    from alerts.outcomes import Outcome
    from tests.fakes import Sent
    from tests.service.worker.conftest import Worker

ROOM = SlackWebhook("https://hooks.slack.com/services/T/B/secretpart")
MAILBOX = EmailAddress("olga.owner@example.org")
HOOK = SignedWebhook("https://hooks.example.org/secretpath", ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",))
REFUSED = Refused(False, "The server cannot take it now (status 503).", code=503)
GONE = Refused(True, "The Slack channel is archived (status 410).", code=410, gone=True)


def follow(worker: Worker, failing: Address, *others: Address, label: str = "Team room", language: str = "en") -> UUID:
    """One owner's destinations, the first of which follows a case with three late dates; its id."""
    with worker.writing.begin() as session:
        owner = factories.make_subscriber(session, language=language)
        case = factories.make_case(session)
        for _ in range(3):
            factories.make_follow_up(session, case)
        first, *_ = [
            factories.make_destination(session, worker.vault, address=one, label=label, subscriber=owner)
            for one in (failing, *others)
        ]
        factories.make_subscription(session, worker.vault, case=case, destination=first)
    check_overdue(worker)
    return first.id


def send(worker: Worker, *, bad: Address, outcome: Outcome) -> list[Sent]:
    """Send all that is due, with this one address in trouble; what the others got."""
    worker.post.answer = lambda one: outcome if one.address == bad else Accepted(250)
    before = len(worker.post.sent)
    # A notice is written with the failure that it is about, and goes out in the next round.
    for _ in range(2):
        asyncio.run(run_until_drained(worker, channels=worker.post.channels()))
    return [one for one in worker.post.sent[before:] if one.address != bad]


def a_minute_later(worker: Worker) -> None:
    with worker.writing.begin() as session:
        make_due(session)
        for one in session.scalars(select(Destination).where(Destination.last_failure_at.is_not(None))):
            assert one.last_failure_at is not None
            earlier = one.last_failure_at - timedelta(minutes=1)
            session.execute(update(Destination).where(Destination.id == one.id).values(last_failure_at=earlier))


def test_the_mailbox_is_told_that_the_room_fails(worker: Worker) -> None:
    failing = follow(worker, ROOM, MAILBOX)
    assert send(worker, bad=ROOM, outcome=REFUSED) == []
    a_minute_later(worker)
    [notice] = send(worker, bad=ROOM, outcome=REFUSED)
    assert notice.address == MAILBOX
    assert isinstance(notice.message, Mail)
    assert notice.message.subject == "Alerts do not reach one of your addresses"
    assert "Team room (Slack)" in notice.message.text
    assert "Failed tries: 2" in notice.message.text
    assert notice.envelope.recipient.list_id is None
    assert notice.envelope.resource_url == f"https://vigil.example.org/api/v1/destinations/{failing}"


def test_the_owner_is_told_in_their_own_language(worker: Worker) -> None:
    follow(worker, ROOM, MAILBOX, language="ru")
    [notice] = send(worker, bad=ROOM, outcome=GONE)
    assert isinstance(notice.message, Mail)
    assert notice.message.subject == "Один из ваших адресов отключён"
    assert "Team room (Slack)" in notice.message.text


@pytest.mark.parametrize("outcome", [REFUSED, GONE], ids=["failing", "gone"])
def test_nothing_secret_is_in_the_words(worker: Worker, outcome: Refused) -> None:
    second = EmailAddress("second@example.org")
    follow(worker, MAILBOX, second, HOOK, label="")
    send(worker, bad=MAILBOX, outcome=outcome)
    a_minute_later(worker)
    send(worker, bad=MAILBOX, outcome=outcome)
    notices = {one.channel: one for one in worker.post.sent if one.address != MAILBOX}
    assert set(notices) == {"email", "webhook"}
    said = "".join(str(one.message) for one in notices.values())
    assert "o…@example[.]org" in said
    for secret in ("olga", "secretp", "Dana", "KAZ-", "whsec"):
        assert secret not in said
    event = notices["webhook"].message
    assert isinstance(event, Event)
    assert event.type == ("destination.disabled" if outcome is GONE else "destination.failing")


def test_what_is_queued_for_one_that_is_gone_is_not_sent(worker: Worker) -> None:
    failing = follow(worker, ROOM)
    with worker.writing.begin() as session:
        last = session.scalars(select(Delivery).order_by(Delivery.id.desc())).first()
        assert last is not None
        last.due_at += timedelta(days=1)
    send(worker, bad=ROOM, outcome=GONE)
    tried = len(worker.post.sent)
    a_minute_later(worker)
    send(worker, bad=ROOM, outcome=GONE)
    assert len(worker.post.sent) == tried
    with worker.reading() as session:
        reasons = {one.reason for one in session.scalars(select(Delivery)) if one.state is DeliveryState.CANCELLED}
        assert session.get_one(Destination, failing).state is DestinationState.DISABLED
    assert reasons == {"The destination is switched off."}


def test_a_warning_that_no_longer_stands_is_not_sent(worker: Worker) -> None:
    failing = follow(worker, ROOM, MAILBOX)
    send(worker, bad=ROOM, outcome=GONE)
    with worker.writing.begin() as session:
        notice = select(Alert.id).where(Alert.kind == AlertKind.DESTINATION_DISABLED)
        told = session.scalars(select(Delivery).where(Delivery.alert_id.in_(notice))).one()
        told.state, told.open, told.due_at = DeliveryState.QUEUED, True, LONG_PAST
        destination = session.get_one(Destination, failing)
        enable_destination(session, destination, now=worker.clock.now(), by="tests", vault=worker.vault)
    assert send(worker, bad=ROOM, outcome=GONE) == []
    with worker.reading() as session:
        assert session.get_one(Delivery, told.id).reason == "Nothing of it stands any more."


def test_one_that_is_switched_on_again_hears_the_next_alert(worker: Worker) -> None:
    failing = follow(worker, ROOM)
    send(worker, bad=ROOM, outcome=GONE)
    with worker.writing.begin() as session:
        destination = session.get_one(Destination, failing)
        enable_destination(session, destination, now=worker.clock.now(), by="tests", vault=worker.vault)
        factories.make_follow_up(session, session.scalars(select(Case)).one())
    check_overdue(worker)
    sent = len(worker.post.sent)
    send(worker, bad=MAILBOX, outcome=GONE)
    assert [one.address for one in worker.post.sent[sent:]] == [ROOM]
