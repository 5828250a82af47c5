"""Nothing leaves for an address that is suppressed, whatever asked for it, and the row says why."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from alerts.facts import EmailAddress
from service.commands.destinations import note_try, try_destination
from service.commands.subscribe import subscribe
from service.commands.suppressions import lift, suppress_address
from service.commands.take_in_mail import take_in_mail
from service.commands.wishes import Wish
from service.errors import Conflict
from service.mail_settings import IntakeSettings
from service.records import Alert, Delivery, Destination, Suppression
from service.security.return_addresses import ReturnAddresses
from service.vocabulary import AlertKind, Cadence, DeliveryState, DestinationState, MailTakenIn
from service.worker.jobs import check_overdue
from service.worker.running import run_until_drained
from tests import factories
from tests.returned import DOMAIN, make_delivery, returned

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.records import Case
    from tests.service.worker.conftest import Worker

READER = EmailAddress("reader@example.org")


@pytest.fixture
def case(worker: Worker) -> Case:
    """A case with something late, which the reader follows."""
    with worker.writing.begin() as session:
        case = factories.make_case(session)
        factories.make_follow_up(session, case)
        destination = factories.make_destination(session, worker.vault, address=READER)
        factories.make_subscription(session, worker.vault, case=case, destination=destination)
    return case


def suppress(worker: Worker, session: Session, **until: timedelta) -> Suppression:
    now = worker.clock.now()
    ends = now + until["until"] if until else None
    return suppress_address(session, READER, until=ends, now=now, by="tests", vault=worker.vault)


def drained(worker: Worker) -> list[tuple[DeliveryState, str | None]]:
    asyncio.run(run_until_drained(worker, channels=worker.post.channels()))
    with worker.reading() as session:
        return [(one.state, one.reason) for one in session.scalars(select(Delivery).order_by(Delivery.id))]


def test_whoever_matches_gets_a_row_that_says_why_nothing_was_sent(worker: Worker, case: Case) -> None:
    with worker.writing.begin() as session:
        suppress(worker, session)
    check_overdue(worker)
    assert drained(worker) == [(DeliveryState.CANCELLED, "Nothing may be sent to this address.")]
    assert worker.post.sent == []


def test_what_is_queued_already_does_not_leave(worker: Worker, case: Case) -> None:
    check_overdue(worker)
    with worker.writing.begin() as session:
        suppress(worker, session)
    assert drained(worker) == [(DeliveryState.CANCELLED, "Nothing may be sent to this address.")]


@pytest.mark.parametrize("ended_by", ["time", "hand"])
def test_a_suppression_that_ended_holds_nothing_up(worker: Worker, case: Case, ended_by: str) -> None:
    with worker.writing.begin() as session:
        row = suppress(worker, session, until=timedelta(hours=1))
        if ended_by == "hand":
            lift(session, row, now=worker.clock.now(), by="tests", vault=worker.vault)
    if ended_by == "time":
        worker.clock.at += timedelta(hours=1)
    check_overdue(worker)
    assert [state for state, _ in drained(worker)] == [DeliveryState.ACCEPTED]


def test_one_that_is_put_on_the_list_anew_after_its_end_is_there_since_then(worker: Worker) -> None:
    with worker.writing.begin() as session:
        first = suppress(worker, session, until=timedelta(hours=1)).id
        worker.clock.at += timedelta(hours=1)
        suppress(worker, session)
    with worker.reading() as session:
        (again,) = session.scalars(select(Suppression))
    assert again.id != first
    assert (again.created_at, again.until) == (worker.clock.now(), None)


def test_a_request_for_a_suppressed_address_sends_nothing_and_looks_like_any_other(worker: Worker, case: Case) -> None:
    with worker.writing.begin() as session:
        suppress(worker, session)
        for address in (READER.address, "other@example.org"):
            subscribe(
                session, Wish(case_id=case.id, cadence=Cadence.DAILY), address=address, language="en", time_zone="UTC",
                now=worker.clock.now(), wall_now=worker.clock.now(), vault=worker.vault,
            )  # fmt: skip
        assert session.scalar(select(func.count()).select_from(Delivery)) == 1
    assert [state for state, _ in drained(worker)] == [DeliveryState.ACCEPTED]


def test_not_even_a_test_goes_to_a_suppressed_address(worker: Worker, case: Case) -> None:
    with worker.writing.begin() as session:
        suppress(worker, session)
        destination = session.scalars(select(Destination)).one()
        now = worker.clock.now()
        with pytest.raises(Conflict, match="suppressed"):
            note_try(session, destination, now=now, by="tests", vault=worker.vault)
        with pytest.raises(Conflict, match="suppressed"):
            try_destination(session, destination, now=now, by="tests", vault=worker.vault)


def test_whoever_complained_may_subscribe_anew_once_the_complaint_is_lifted(worker: Worker, case: Case) -> None:
    now = worker.clock.now()

    def asked() -> int:
        """How many confirmations are queued once the reader has asked again."""
        with worker.writing.begin() as session:
            subscribe(
                session, Wish(case_id=case.id, cadence=Cadence.DAILY), address=READER.address, language="en", time_zone="UTC",
                now=now, wall_now=now, vault=worker.vault,
            )  # fmt: skip
            return list(session.scalars(select(Alert.kind))).count(AlertKind.CONFIRMATION)

    with worker.writing.begin() as session:
        delivery = make_delivery(session, session.scalars(select(Destination)).one(), sent_at=now)
        raw = returned("complaint_whole", worker.vault, delivery=delivery.id)
        addresses = ReturnAddresses.of(worker.vault, DOMAIN)
        assert take_in_mail(session, raw, addresses=addresses, now=now, vault=worker.vault) is MailTakenIn.COMPLAINT
    assert asked() == 0
    with worker.writing.begin() as session:
        lift(session, session.scalars(select(Suppression)).one(), now=now, by="tests", vault=worker.vault)
    assert asked() == 1
    with worker.reading() as session:
        assert session.scalars(select(Destination.state)).one() is DestinationState.PENDING


def test_every_mail_says_to_which_delivery_it_comes_back_where_there_is_an_intake(worker: Worker, case: Case) -> None:
    worker.settings = worker.settings.model_copy(update={"intake": IntakeSettings(domain=DOMAIN)})
    check_overdue(worker)
    drained(worker)
    (sent,) = worker.post.sent
    addresses = ReturnAddresses.of(worker.vault, DOMAIN)
    with worker.reading() as session:
        delivery = session.scalars(select(Delivery)).one()
    assert delivery.subscription_id is not None
    assert sent.envelope.return_path == addresses.bounce(delivery.id)
    assert sent.envelope.recipient.stop_mailbox == addresses.stop(delivery.subscription_id)
    assert sent.envelope.thread is not None


def test_without_an_intake_mail_comes_back_to_the_sender_as_ever(worker: Worker, case: Case) -> None:
    check_overdue(worker)
    drained(worker)
    (sent,) = worker.post.sent
    assert (sent.envelope.return_path, sent.envelope.recipient.stop_mailbox) == (None, None)
