"""What Slack and the receivers of webhooks use themselves accepts what we send."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from slack_sdk.models.blocks import Block
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from alerts.channels import open_channels
from alerts.delivery import deliver
from alerts.facts import Envelope, SignedWebhook, SlackWebhook
from alerts.messages import Form
from alerts.network import Network
from alerts.outcomes import Accepted
from tests.alerts.http_listener import listening
from tests.alerts.samples import NAMED, SUBSCRIBER, UNNAMED

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.facts import Address, MessageFacts
    from alerts.rendering import Renderer
    from tests.alerts.http_listener import Received

pytestmark = pytest.mark.anyio

OLD_SECRET, NEW_SECRET = "whsec_" + "b2xk" * 10, "whsec_" + "bmV3" * 10


async def received(
    facts: MessageFacts, renderer: Renderer, envelope: Envelope, *, form: Form, to: str, secrets: tuple[str, ...] = ()
) -> Received:
    """What a receiver on the loopback got for one delivery."""
    async with listening() as listener:
        url = f"{listener.origin}{to}"
        address: Address = SignedWebhook(url, secrets) if secrets else SlackWebhook(url)
        network = Network(trusted_origins=[listener.origin])
        channels = open_channels(network=network, relays=())
        outcome = await deliver(renderer.render(facts, "en", form=form), address, envelope, channels=channels)
        await network.aclose()
        assert isinstance(outcome, Accepted), outcome
        assert len(listener.requests) == 1
    return listener.requests[0]


@pytest.fixture
def envelope(wall_now: datetime) -> Envelope:
    return Envelope(
        key=str(uuid4()),
        recipient=SUBSCRIBER,
        written_at=wall_now,
        now=wall_now,
        resource_url="https://vigil.example.org/api/v1/alerts/1",
    )


@pytest.mark.parametrize("secret", [NEW_SECRET, OLD_SECRET])
async def test_standard_webhooks_verifies_either_secret_of_a_rotation(
    renderer: Renderer, envelope: Envelope, secret: str
) -> None:
    got = await received(NAMED, renderer, envelope, form=Form.EVENT, to="/hooks/desk", secrets=(NEW_SECRET, OLD_SECRET))
    event = Webhook(secret).verify(got.body, got.headers)
    assert event["data"]["id"] == envelope.key == got.headers["webhook-id"]
    assert event["data"]["url"] == envelope.resource_url
    for word in ("Aigerim", "liver", "Ultrasound"):
        assert word not in got.body.decode()


async def test_standard_webhooks_refuses_a_body_that_was_changed(renderer: Renderer, envelope: Envelope) -> None:
    got = await received(NAMED, renderer, envelope, form=Form.EVENT, to="/hooks/desk", secrets=(NEW_SECRET,))
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW_SECRET).verify(got.body.replace(b"KAZ", b"RUS") + b" ", got.headers)


@pytest.mark.parametrize("facts", [NAMED, UNNAMED], ids=["named", "unnamed"])
async def test_slacks_own_models_accept_the_blocks(renderer: Renderer, envelope: Envelope, facts: MessageFacts) -> None:
    got = await received(facts, renderer, envelope, form=Form.CHAT, to="/services/T0/B0/x")
    payload = json.loads(got.body)
    blocks = Block.parse_all(payload["blocks"])
    assert 0 < len(blocks) <= 50
    for block in blocks:
        block.validate_json()
    assert [block.to_dict()["type"] for block in blocks] == [block["type"] for block in payload["blocks"]]
    assert payload["text"]
    assert (payload["unfurl_links"], payload["unfurl_media"]) == (False, False)


async def test_a_repeat_to_slack_says_that_it_is_one(renderer: Renderer, envelope: Envelope) -> None:
    first = await received(NAMED, renderer, envelope, form=Form.CHAT, to="/services/T0/B0/x")
    repeat = await received(
        NAMED, renderer, replace(envelope, maybe_sent=True, attempt=2), form=Form.CHAT, to="/services/T0/B0/x"
    )
    assert "repeat" not in json.loads(first.body)["text"].lower()
    assert "repeat" in json.loads(repeat.body)["text"].lower()
