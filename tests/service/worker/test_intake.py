"""The mailbox is emptied over verified TLS, and a message is put away only when its consequence is committed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

from alerts.returned_mail import LONGEST_READ
from service.mail_settings import IntakeSettings
from service.records import BounceScore, Delivery, Heartbeat, IncomingMail, Subscription
from service.vocabulary import Beat, SubscriptionState
from service.worker.intake_job import TAKE_IN_MAIL, take_in_mailbox
from service.worker.jobs import run_recorded
from service.worker.mailbox import MailboxTrouble
from tests import factories
from tests.alerts.certificates import Authority, new_authority
from tests.imap import ImapServer, imap_server
from tests.returned import DOMAIN, make_delivery, returned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from tests.service.worker.conftest import Worker


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return new_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def server(authority: Authority) -> Iterator[ImapServer]:
    with imap_server(authority.serving("127.0.0.1")) as running:
        yield running


def reading(worker: Worker, server: ImapServer, authority: Authority, **changes: Any) -> Worker:
    """The worker with a mailbox in its settings."""
    intake = IntakeSettings(
        domain=DOMAIN, imap_host="127.0.0.1", imap_port=server.port, imap_username="intake",
        imap_password=SecretStr("secret"), imap_ca_file=authority.cafile,
    )  # fmt: skip
    settings = worker.settings.model_copy(update={"intake": intake.model_copy(update=changes)})
    return replace(worker, settings=settings)


@pytest.fixture
def installed(worker: Worker, server: ImapServer, authority: Authority) -> Worker:
    return reading(worker, server, authority)


def sent(worker: Worker) -> tuple[int, int]:
    """A delivery that was sent to a subscriber just now, and the subscription."""
    with worker.writing.begin() as session:
        subscription = factories.make_subscription(session, worker.vault, country="KZ")
        delivery = make_delivery(session, subscription.destination, sent_at=worker.wall_clock.now())
        return delivery.id, subscription.id


def bounced(worker: Worker, delivery_id: int) -> bool:
    with worker.reading() as session:
        return session.get_one(Delivery, delivery_id).bounced_at is not None


def test_every_unread_message_is_taken_in_once_and_marked(installed: Worker, server: ImapServer) -> None:
    delivery_id, subscription_id = sent(installed)
    server.add(returned("postfix_mailbox_full", installed.vault, delivery=delivery_id))
    server.add(returned("stop_by_address", installed.vault, subscription=subscription_id))
    server.add(returned("letter", installed.vault, delivery=delivery_id))
    assert take_in_mailbox(installed) == {"bounce": 1, "unsubscribed": 1, "nothing": 1}
    assert server.unseen() == []
    assert all(one.flags == {"\\Seen"} for one in server.messages.values())
    assert bounced(installed, delivery_id)
    with installed.reading() as session:
        assert session.get_one(Subscription, subscription_id).state is SubscriptionState.ENDED
        assert session.get_one(Heartbeat, Beat.TAKE_IN_MAIL.value).detail == {
            "bounce": 1, "unsubscribed": 1, "nothing": 1,
        }  # fmt: skip
    assert take_in_mailbox(installed) == {}


def test_nobody_reads_a_mailbox_that_is_not_named(worker: Worker) -> None:
    assert take_in_mailbox(worker) is None


@pytest.mark.parametrize("knows_move", [True, False])
def test_what_is_read_is_moved_where_a_folder_is_named(
    worker: Worker, server: ImapServer, authority: Authority, knows_move: bool
) -> None:
    moving = reading(worker, server, authority, imap_done_folder="Done")
    server.knows_move = knows_move
    delivery_id, _ = sent(moving)
    raw = returned("gmail", moving.vault, delivery=delivery_id)
    server.add(raw)
    assert take_in_mailbox(moving) == {"probed": 1}
    assert server.moved == {"Done": [raw]}
    assert server.unseen() == []


@pytest.mark.parametrize("at", ["STORE", "FETCH", "SEARCH", "SELECT", "LOGIN", "CAPABILITY"])
def test_a_server_that_hangs_up_anywhere_loses_and_doubles_nothing(
    installed: Worker, server: ImapServer, at: str
) -> None:
    delivery_id, _ = sent(installed)
    server.add(returned("postfix_mailbox_full", installed.vault, delivery=delivery_id))
    server.hangs_up_at = at
    with pytest.raises(MailboxTrouble):
        take_in_mailbox(installed)
    assert server.unseen() == [1]
    assert bounced(installed, delivery_id) is (at == "STORE")
    server.hangs_up_at = None
    assert take_in_mailbox(installed) == {"again" if at == "STORE" else "bounce": 1}
    with installed.reading() as session:
        assert session.scalars(select(BounceScore.points)).all() == [1]


@pytest.mark.parametrize("at", ["LOGIN", "SELECT", "SEARCH"])
def test_a_refusal_is_told_without_what_the_server_says(installed: Worker, server: ImapServer, at: str) -> None:
    server.refuses = at
    with pytest.raises(MailboxTrouble) as trouble:
        take_in_mailbox(installed)
    assert "secret" not in str(trouble.value)
    assert trouble.value.__cause__ is None


def test_a_server_that_nobody_vouches_for_gets_no_password(
    worker: Worker, server: ImapServer, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stranger = new_authority(tmp_path_factory.mktemp("stranger"))
    with pytest.raises(MailboxTrouble):
        take_in_mailbox(reading(worker, server, stranger))
    with imap_server(authority.serving("mail.example.org")) as misnamed, pytest.raises(MailboxTrouble):
        take_in_mailbox(reading(worker, misnamed, authority))
    assert server.commands == misnamed.commands == []


def test_of_ten_megabytes_a_part_is_fetched(installed: Worker, server: ImapServer) -> None:
    delivery_id, _ = sent(installed)
    server.add(returned("gmail", installed.vault, delivery=delivery_id) + b"x" * 10_000_000)
    assert take_in_mailbox(installed) == {"probed": 1}
    assert server.sent == LONGEST_READ


def test_a_server_that_sends_more_than_was_asked_for_is_left(installed: Worker, server: ImapServer) -> None:
    server.add(b"To: x\r\n\r\n")
    server.inflates = 10**10
    with pytest.raises(MailboxTrouble):
        take_in_mailbox(installed)


def test_while_the_database_fails_messages_stay_unread(installed: Worker, server: ImapServer) -> None:
    delivery_id, _ = sent(installed)
    server.add(returned("gmail", installed.vault, delivery=delivery_id))

    def fail(*_: object) -> None:
        raise OperationalError("commit", {}, Exception("the disk is full"))

    event.listen(installed.engine, "commit", fail)
    with pytest.raises(OperationalError):
        take_in_mailbox(installed)
    event.remove(installed.engine, "commit", fail)
    assert server.unseen() == [1]
    assert not bounced(installed, delivery_id)
    assert take_in_mailbox(installed) == {"probed": 1}


def test_a_mailbox_that_cannot_be_read_is_noted_and_stops_nobody(installed: Worker, server: ImapServer) -> None:
    server.refuses = "LOGIN"
    run_recorded(installed, TAKE_IN_MAIL, lambda: take_in_mailbox(installed))
    with installed.reading() as session:
        assert session.get_one(Heartbeat, Beat.TAKE_IN_MAIL.failed).detail == {"error": "MailboxTrouble"}
        assert session.scalar(select(func.count()).select_from(IncomingMail)) == 0
