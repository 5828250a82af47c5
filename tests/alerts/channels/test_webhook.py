"""A signed webhook is what the Standard Webhooks library of a receiver accepts."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook as Receiver
from standardwebhooks.webhooks import WebhookVerificationError

from alerts.channels.webhook import Webhook, body_of
from alerts.facts import SignedWebhook
from alerts.messages import Event
from alerts.network import Network
from alerts.outcomes import Accepted, Outcome, Refused
from tests.alerts.http_listener import OK, Answer, Received, answering, listening
from tests.alerts.samples import KEY, NOW, envelope

pytestmark = pytest.mark.anyio

OLD, NEW = ("whsec_" + base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
EVENT = Event(type="follow_up.overdue")


async def sent(
    answer: Answer = OK, *, secrets: tuple[str, ...] = (NEW,), attempt: int = 1, now: datetime = NOW
) -> tuple[Outcome, list[Received]]:
    async with listening(answer) as listener:
        network = Network(trusted_origins=[listener.origin])
        address = SignedWebhook(url=f"{listener.origin}/hook", secrets=secrets)
        outcome = await Webhook(network).send(EVENT, address, envelope(attempt=attempt, now=now))
        await network.aclose()
    return outcome, listener.requests


async def test_the_event_is_thin_and_says_where_the_whole_is() -> None:
    outcome, [request] = await sent()
    assert outcome == Accepted(code=200, excerpt="ok")
    assert json.loads(request.body) == {
        "type": "follow_up.overdue",
        "timestamp": "2015-03-12T09:00:00+00:00",
        "data": {"id": KEY, "url": "https://vigil.example.org/api/v1/a/1"},
    }
    assert request.headers["webhook-id"] == KEY
    assert request.headers["content-type"] == "application/json"


async def test_a_receiver_verifies_the_bytes_that_were_sent() -> None:
    _, [request] = await sent(now=datetime.now(UTC))
    assert Receiver(NEW).verify(request.body, request.headers)
    with pytest.raises(WebhookVerificationError):
        Receiver(NEW).verify(request.body + b" ", request.headers)
    with pytest.raises(WebhookVerificationError):
        Receiver(OLD).verify(request.body, request.headers)


async def test_during_a_rotation_both_secrets_verify() -> None:
    _, [request] = await sent(secrets=(NEW, OLD), now=datetime.now(UTC))
    assert Receiver(NEW).verify(request.body, request.headers)
    assert Receiver(OLD).verify(request.body, request.headers)
    assert request.headers["webhook-signature"].count("v1,") == 2


async def test_a_repeat_has_the_same_key_and_bytes_and_a_new_timestamp() -> None:
    _, [first] = await sent()
    _, [second] = await sent(now=NOW + timedelta(minutes=5), attempt=2)
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 300
    assert body_of(EVENT, envelope()) == first.body


@pytest.mark.parametrize("secret", ["whsec_short", "whsec_" + "A" * 30, "whsec_***", ""])
async def test_a_secret_that_is_none_stops_the_delivery_and_is_not_repeated(secret: str) -> None:
    outcome, requests = await sent(secrets=(secret,))
    assert isinstance(outcome, Refused)
    assert outcome.permanent
    assert "AAAA" not in outcome.reason
    assert requests == []
    assert isinstance((await sent(secrets=()))[0], Refused)


async def test_gone_is_gone() -> None:
    outcome, _ = await sent(answering(410))
    assert isinstance(outcome, Refused)
    assert (outcome.permanent, outcome.gone) == (True, True)


async def test_an_answer_is_kept_short_and_without_control_characters() -> None:
    outcome, _ = await sent(answering(400, b"\x1b[31m<script>\x00" + b"x" * 10_000))
    assert isinstance(outcome, Refused)
    assert len(outcome.excerpt) == 2000
    assert outcome.excerpt.startswith(" [31m<script> x")


async def test_a_forbidden_target_is_refused_for_good() -> None:
    address = SignedWebhook(url="https://127.0.0.1/hook", secrets=(NEW,))
    outcome = await Webhook(Network()).send(EVENT, address, envelope())
    assert isinstance(outcome, Refused)
    assert outcome.permanent
    assert "127.0.0.1" not in outcome.reason
