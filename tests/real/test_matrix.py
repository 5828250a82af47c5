"""A real homeserver shows an alert once, however often it is sent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from alerts.channels import open_channels
from alerts.delivery import deliver
from alerts.facts import Envelope, MatrixRoom
from alerts.network import Network
from alerts.outcomes import Accepted, Refused
from tests.alerts.samples import NAMED, SUBSCRIBER, UNNAMED

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.messages import Chat
    from alerts.outcomes import Outcome
    from alerts.rendering import Renderer
    from tests.real.synapse import Homeserver

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]


def enveloped(now: datetime) -> Envelope:
    return Envelope(
        key=str(uuid4()),
        recipient=SUBSCRIBER,
        written_at=now,
        now=now,
        resource_url="https://vigil.example.org/api/v1/alerts/1",
    )


async def sent(homeserver: Homeserver, message: Chat, envelope: Envelope, *, token: str | None = None) -> Outcome:
    """One try, with everything opened and closed as a fresh process would."""
    network = Network(trusted_origins=[homeserver.url])
    channels = open_channels(network=network, relays=())
    room = MatrixRoom(homeserver.url, homeserver.room_id, token or homeserver.speaker_token)
    try:
        return await deliver(message, room, envelope, channels=channels)
    finally:
        for channel in channels.values():
            await channel.aclose()
        await network.aclose()


async def test_an_alert_that_is_sent_twice_stands_in_the_room_once(
    homeserver: Homeserver, renderer: Renderer, wall_now: datetime
) -> None:
    message = renderer.render(NAMED, "en", form="chat")
    envelope = enveloped(wall_now)
    before = len(homeserver.messages())
    first = await sent(homeserver, message, envelope)
    second = await sent(homeserver, message, replace(envelope, maybe_sent=True, attempt=2))
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert first.provider_ref == second.provider_ref
    shown = homeserver.messages()[before:]
    assert [event["event_id"] for event in shown] == [first.provider_ref]
    content = shown[0]["content"]
    assert content["msgtype"] == "m.text"
    assert content["m.mentions"] == {}
    assert message.title in content["body"]
    assert "Ultrasound of the liver" in content["formatted_body"]


async def test_two_alerts_of_the_same_words_stand_there_twice(
    homeserver: Homeserver, renderer: Renderer, wall_now: datetime
) -> None:
    message = renderer.render(UNNAMED, "ru", form="chat")
    before = len(homeserver.messages())
    for _ in range(2):
        assert isinstance(await sent(homeserver, message, enveloped(wall_now)), Accepted)
    assert len(homeserver.messages()) == before + 2


async def test_a_token_that_the_homeserver_does_not_know_is_our_fault_and_no_delivery_dies(
    homeserver: Homeserver, renderer: Renderer, wall_now: datetime
) -> None:
    message = renderer.render(UNNAMED, "en", form="chat")
    outcome = await sent(homeserver, message, enveloped(wall_now), token="no-such-token")
    assert isinstance(outcome, Refused)
    assert (outcome.our_side, outcome.permanent) == (True, False)
    assert "no-such-token" not in outcome.reason + outcome.excerpt
