"""What a real mail server returns is fetched from a real mailbox server, and leads to what it must."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from alerts.facts import EmailAddress
from service.app import build_parts
from service.clock import FixedClock
from service.mail_settings import IntakeSettings, SmtpSettings
from service.records import Delivery, Destination
from service.settings import load_settings
from service.vocabulary import DeliveryState, DestinationState
from service.worker.intake_job import take_in_mailbox
from service.worker.jobs import check_overdue
from service.worker.running import run_until_drained
from tests import factories
from tests.conftest import SECRET_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from service.web import Parts
    from tests.alerts.certificates import Authority
    from tests.real.dovecot import Dovecot
    from tests.real.postfix import Postfix

pytestmark = pytest.mark.timeout(120)
WITHIN_S = 30


@pytest.fixture
def installation(
    relay_and_mailbox: tuple[Postfix, Dovecot], authority: Authority, sqlite_url: str, tmp_path: Path, now: datetime
) -> Iterator[Parts]:
    """Vigil with that relay and that mailbox in its settings; business time stands still."""
    relay, mailbox = relay_and_mailbox
    smtp = SmtpSettings(host="127.0.0.1", port=relay.port, security="starttls", ca_file=authority.cafile)
    intake = IntakeSettings(
        domain="example.org", imap_host="127.0.0.1", imap_port=mailbox.port, imap_username="intake",
        imap_password=SecretStr("secret"), imap_ca_file=authority.cafile,
    )  # fmt: skip
    settings = load_settings(home=tmp_path, database_url=sqlite_url, secret_key=SECRET_KEY, smtp=smtp, intake=intake)
    parts = build_parts(settings, clock=FixedClock(now))
    yield parts
    parts.engine.dispose()


def taken_in(parts: Parts, word: str) -> None:
    """Look into the mailbox until something led to this; a mail server works in its own time."""
    deadline, seen = time.monotonic() + WITHIN_S, []
    while time.monotonic() < deadline:
        led_to = take_in_mailbox(parts) or {}
        if word in led_to:
            assert led_to[word] == 1
            return
        seen += list(led_to)
        time.sleep(0.2)
    raise AssertionError(f"nothing led to {word}: {seen}")


def test_a_bounce_leads_to_a_probe_and_the_probes_bounce_to_the_end(installation: Parts) -> None:
    parts = installation
    with parts.writing.begin() as session:
        case = factories.make_case(session)
        factories.make_follow_up(session, case)
        gone = factories.make_destination(session, parts.vault, address=EmailAddress("reader@gone.example.net"))
        factories.make_subscription(session, parts.vault, case=case, destination=gone)
    check_overdue(parts)
    asyncio.run(run_until_drained(parts))
    taken_in(parts, "probed")
    with parts.reading() as session:
        assert session.get_one(Destination, gone.id).state is DestinationState.READY
    asyncio.run(run_until_drained(parts))
    taken_in(parts, "switched_off")
    with parts.reading() as session:
        assert (
            session.get_one(Destination, gone.id).disabled_reason
            == "The mail server says that there is no such address."
        )
        told, probe = session.scalars(select(Delivery).order_by(Delivery.id))
        assert [one.state for one in (told, probe)] == [DeliveryState.ACCEPTED] * 2
        assert told.bounced_at is not None
        assert probe.bounced_at is not None
