"""Real mail servers take our mail over verified TLS, and a stranger's parser reads it as it was meant."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from alerts.channels import open_channels
from alerts.channels.relay import Relay
from alerts.delivery import deliver
from alerts.facts import EmailAddress, Envelope, Recipient
from alerts.network import Network
from alerts.outcomes import Accepted, Refused
from tests.alerts.certificates import new_authority
from tests.alerts.mail_servers import mail_server
from tests.alerts.samples import CONFIRMATION, NAMED, SUBSCRIBER
from tests.spoken import few_languages

if TYPE_CHECKING:
    from datetime import datetime
    from email.message import EmailMessage
    from pathlib import Path

    from alerts.facts import MessageFacts
    from alerts.outcomes import Outcome
    from alerts.rendering import Renderer
    from tests.alerts.certificates import Authority
    from tests.real.postfix import Postfix

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

READER = EmailAddress("reader@example.org")


def relay(port: int, cafile: Path) -> Relay:
    return Relay(
        host="127.0.0.1",
        port=port,
        security="starttls",
        sender="Vigil <vigil@example.org>",
        reply_to="desk@example.org",
        message_id_domain="vigil.example.org",
        cafile=cafile,
    )


def enveloped(now: datetime) -> Envelope:
    return Envelope(
        key=str(uuid4()),
        recipient=replace(SUBSCRIBER, stop_mailbox="u+k7f3@example.org"),
        written_at=now,
        now=now,
        resource_url="https://vigil.example.org/api/v1/alerts/1",
    )


async def sent(facts: MessageFacts, renderer: Renderer, to: Relay, envelope: Envelope, language: str = "en") -> Outcome:
    network = Network()
    channels = open_channels(network=network, relays=(to,))
    try:
        return await deliver(renderer.render(facts, language, form="mail"), READER, envelope, channels=channels)
    finally:
        for channel in channels.values():
            await channel.aclose()
        await network.aclose()


def parsed(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)


def assert_reads_as_an_alert(mail: EmailMessage, envelope: Envelope, *, language: str) -> None:
    """Two parts, text first, and the headers that clients, list software and auto-responders look for."""
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert mail["From"] == "Vigil <vigil@example.org>"
    assert mail["To"] == READER.address
    assert mail["Reply-To"] == "desk@example.org"
    assert mail["Message-ID"] == f"<{envelope.key}@vigil.example.org>"
    assert abs((parsedate_to_datetime(mail["Date"]) - envelope.written_at).total_seconds()) < 1
    assert mail["Content-Language"] == language
    assert mail["List-Id"].startswith("<")
    assert f"<{SUBSCRIBER.one_click_url}>" in mail["List-Unsubscribe"]
    assert "mailto:u+k7f3@example.org" in mail["List-Unsubscribe"]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Precedence"] == "bulk"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail.defects == []
    for word in ("Aigerim", "liver", "Ultrasound"):
        assert word not in mail["Subject"]
    for part in mail.iter_parts():
        content = part.get_content()
        assert str(SUBSCRIBER.unsubscribe_url) in content.replace("&amp;", "&")
        assert "cid:" not in content
        assert "<img" not in content


@few_languages
async def test_postfix_takes_an_alert_over_verified_tls(
    mail_relay: Postfix, authority: Authority, renderer: Renderer, wall_now: datetime, language: str
) -> None:
    envelope = enveloped(wall_now)
    outcome = await sent(NAMED, renderer, relay(mail_relay.port, authority.cafile), envelope, language)
    assert isinstance(outcome, Accepted), outcome
    mails = [parsed(raw) for raw in mail_relay.mails(at_least=1)]
    ours = [mail for mail in mails if envelope.key in (mail["Message-ID"] or "")]
    while not ours:  # the other language's mail came first
        mails = [parsed(raw) for raw in mail_relay.mails(at_least=len(mails) + 1)]
        ours = [mail for mail in mails if envelope.key in (mail["Message-ID"] or "")]
    assert len(ours) == 1
    assert_reads_as_an_alert(ours[0], envelope, language=language)
    assert "using TLSv1" in (ours[0]["Received"] or "")


async def test_aiosmtpd_takes_the_same_bytes_twice(
    authority: Authority, renderer: Renderer, wall_now: datetime
) -> None:
    envelope = enveloped(wall_now)
    async with mail_server(starttls=authority.serving("127.0.0.1")) as server:
        to = relay(server.port, authority.cafile)
        assert isinstance(await sent(NAMED, renderer, to, envelope), Accepted)
        again = replace(envelope, attempt=2, maybe_sent=True)
        assert isinstance(await sent(NAMED, renderer, to, again), Accepted)
    first, second = (bytes(taken.content or b"") for taken in server.taken)  # type: ignore[arg-type] # bytes from DATA
    assert first == second
    assert_reads_as_an_alert(parsed(first), envelope, language="en")


async def test_a_confirmation_is_no_list_mail(authority: Authority, renderer: Renderer, wall_now: datetime) -> None:
    async with mail_server(starttls=authority.serving("127.0.0.1")) as server:
        envelope = replace(enveloped(wall_now), recipient=Recipient())
        outcome = await sent(CONFIRMATION, renderer, relay(server.port, authority.cafile), envelope)
        assert isinstance(outcome, Accepted), outcome
    mail = parsed(bytes(server.taken[0].content or b""))  # type: ignore[arg-type] # bytes from DATA
    assert [name for name in mail.keys() if name.lower().startswith("list-")] == []  # noqa: SIM118 - not a dict
    assert mail["Auto-Submitted"] == "auto-generated"
    assert CONFIRMATION.confirm_url in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr] # it has one


async def test_a_server_that_nobody_vouches_for_gets_nothing(
    mail_relay: Postfix, renderer: Renderer, wall_now: datetime, tmp_path: Path
) -> None:
    stranger = new_authority(tmp_path)
    envelope = enveloped(wall_now)
    outcome = await sent(NAMED, renderer, relay(mail_relay.port, stranger.cafile), envelope)
    assert isinstance(outcome, Refused)
    assert (outcome.our_side, outcome.permanent) == (True, False)
    assert envelope.key not in mail_relay.log.read_text(encoding="utf-8", errors="replace")
