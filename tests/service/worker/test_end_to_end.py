"""From a late follow-up to what real receivers took in, over verified TLS and HTTP on loopback."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts.facts import EmailAddress, MatrixRoom, SignedWebhook, SlackWebhook
from service.clock import SystemClock
from service.commands.destinations import new_webhook_secret
from service.demo.certificates import issue_certificate
from service.demo.inbox import Inbox
from service.demo.receivers import Receivers
from service.mail_settings import SmtpSettings
from service.records import Delivery
from service.vocabulary import Cadence, DeliveryState
from service.worker.jobs import check_overdue, close_ended_digests
from service.worker.running import run_until_drained, run_worker, worker_beside
from tests import factories

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.service.worker.conftest import Worker


@pytest.fixture
def receivers(tmp_path: Path) -> Iterator[Receivers]:
    """Listeners for every channel, on loopback."""
    _, tls = issue_certificate(tmp_path, now=SystemClock().now())
    with Receivers(Inbox(), tls, new_webhook_secret()) as listening:
        yield listening


@pytest.fixture
def installed(worker: Worker, receivers: Receivers, tmp_path: Path) -> Worker:
    """A worker whose settings lead to the listeners."""
    authority = tmp_path / "authority.pem"
    smtp = SmtpSettings(host="127.0.0.1", port=receivers.smtp_port, security="starttls", ca_file=authority)
    settings = worker.settings.model_copy(update={"smtp": smtp, "trusted_origins": (receivers.origin,)})
    return replace(worker, settings=settings)


def follow_everywhere(worker: Worker, receivers: Receivers) -> None:
    """One late follow-up, and a follower on every channel."""
    addresses = (
        EmailAddress("reader@example.org"),
        SlackWebhook(f"{receivers.origin}/services/T0/B0"),
        MatrixRoom(receivers.origin, "!room:example.org", secrets.token_urlsafe(16)),
        SignedWebhook(f"{receivers.origin}/hooks/partner", (receivers.webhook_secret,)),
    )
    with worker.writing.begin() as session:
        case = factories.make_case(session)
        factories.make_follow_up(session, case, due_on=date(2014, 11, 10))
        for address in addresses:
            destination = factories.make_destination(session, worker.vault, address=address)
            factories.make_subscription(session, worker.vault, case=case, destination=destination)


def states(worker: Worker) -> list[DeliveryState]:
    with worker.reading() as session:
        return list(session.scalars(select(Delivery.state)))


def test_one_late_follow_up_reaches_every_channel_once(installed: Worker, receivers: Receivers) -> None:
    follow_everywhere(installed, receivers)
    check_overdue(installed)
    asyncio.run(run_until_drained(installed))
    asyncio.run(run_until_drained(installed))
    assert states(installed) == [DeliveryState.ACCEPTED] * 4
    taken = receivers.inbox.messages
    assert sorted(one.channel for one in taken) == ["email", "matrix", "slack", "webhook"]
    mail = receivers.inbox.of_channel("email")[0]
    assert mail.receiver == "reader@example.org"
    assert dict(mail.headers)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "https://vigil.example.org/u/" in mail.text
    assert mail.html is not None


def test_a_digest_arrives_when_its_period_has_ended(installed: Worker, receivers: Receivers) -> None:
    with installed.writing.begin() as session:
        case = factories.make_case(session)
        for _ in range(2):
            factories.make_follow_up(session, case)
        mailbox = factories.make_destination(session, installed.vault, address=EmailAddress("daily@example.org"))
        factories.make_subscription(session, installed.vault, case=case, destination=mailbox, cadence=Cadence.DAILY)
    check_overdue(installed)
    asyncio.run(run_until_drained(installed))
    assert receivers.inbox.messages == []
    installed.clock.at += timedelta(days=1)
    close_ended_digests(installed)
    asyncio.run(run_until_drained(installed))
    (mail,) = receivers.inbox.messages
    assert mail.text.count("10 November 2014") == 2
    assert states(installed) == [DeliveryState.ACCEPTED]


def test_a_running_worker_checks_and_sends_by_itself(installed: Worker, receivers: Receivers) -> None:
    follow_everywhere(installed, receivers)

    async def run() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(run_worker(installed, stop=stop))
        async with asyncio.timeout(20):
            while len(receivers.inbox.messages) < 4:
                await asyncio.sleep(0.05)
            stop.set()
            await running

    asyncio.run(run())
    assert states(installed) == [DeliveryState.ACCEPTED] * 4


def test_a_worker_beside_the_pages_is_woken_by_a_commit(installed: Worker, receivers: Receivers) -> None:
    started = SystemClock().now()
    with worker_beside(installed):
        follow_everywhere(installed, receivers)
        check_overdue(installed)
        while len(receivers.inbox.messages) < 4:
            assert SystemClock().now() - started < timedelta(seconds=20)
    assert states(installed) == [DeliveryState.ACCEPTED] * 4
