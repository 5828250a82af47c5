"""One try at one delivery has an outcome, whatever happens."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from alerts.channels import CHANNELS, channel_name, form_of, open_channels
from alerts.channels.base import RepeatPolicy
from alerts.channels.relay import Relay
from alerts.delivery import deliver
from alerts.facts import Address, EmailAddress, Envelope, MatrixRoom, Recipient, SignedWebhook, SlackWebhook
from alerts.messages import Event, Form
from alerts.network import Network
from alerts.outcomes import Accepted, Outcome, Refused, Unknown
from tests.alerts.mail_servers import mail_server
from tests.alerts.samples import CHAT, MAIL, NAMED, SUBSCRIBER, envelope

if TYPE_CHECKING:
    from alerts.channels.base import Channel
    from alerts.rendering import Renderer

pytestmark = pytest.mark.anyio

ROOM = MatrixRoom("https://matrix.example.org", "!r:example.org", "t")
ADDRESSES: dict[str, Address] = {
    "email": EmailAddress("alice@example.org"),
    "slack": SlackWebhook("https://hooks.slack.com/services/x"),
    "matrix": ROOM,
    "webhook": SignedWebhook("https://example.org/hook", ()),
}


class Fake:
    """A room that does what it is told, and remembers."""

    name: ClassVar[str] = "matrix"
    form: ClassVar[Form] = Form.CHAT
    address_type: ClassVar[type] = MatrixRoom
    budget_s: ClassVar[float] = 2.05
    repeat_policy: ClassVar[RepeatPolicy] = RepeatPolicy()

    def __init__(self, behaviour: Outcome | Exception | float) -> None:
        self.behaviour = behaviour
        self.sent: list[Any] = []

    async def send(self, message: Any, address: Any, to_send: Envelope) -> Outcome:
        self.sent.append((message, address, to_send))
        if isinstance(self.behaviour, Exception):
            raise self.behaviour
        if isinstance(self.behaviour, float):
            await asyncio.sleep(self.behaviour)
            return Accepted(code=200)
        return self.behaviour

    async def aclose(self) -> None:
        self.sent.clear()


async def test_the_channel_of_the_address_sends_and_its_outcome_is_told() -> None:
    room: Channel = Fake(Accepted(code=200))
    assert await deliver(CHAT, ROOM, envelope(), channels={"matrix": room}) == Accepted(code=200)
    assert isinstance(room, Fake)
    assert room.sent == [(CHAT, ROOM, envelope())]


async def test_a_mistake_of_ours_is_named_and_does_not_stop_the_others() -> None:
    outcome = await deliver(CHAT, ROOM, envelope(), channels={"matrix": Fake(KeyError("secret"))})
    assert outcome == Refused(permanent=True, reason="An internal error: KeyError.", our_mistake=True, maybe_sent=True)


async def test_what_takes_too_long_is_unknown() -> None:
    outcome = await deliver(CHAT, ROOM, envelope(), channels={"matrix": Fake(1.0)})
    assert isinstance(outcome, Unknown)


async def test_a_worker_that_is_stopped_is_stopped() -> None:
    task = asyncio.create_task(deliver(CHAT, ROOM, envelope(), channels={"matrix": Fake(1.0)}))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_channel_that_is_not_set_up_is_our_matter_and_kills_nothing() -> None:
    outcome = await deliver(MAIL, ADDRESSES["email"], envelope(), channels=open_channels(network=Network(), relays=()))
    assert isinstance(outcome, Refused)
    assert (outcome.permanent, outcome.our_side) == (False, True)


@pytest.mark.parametrize("message", [MAIL, Event(type="destination.test")], ids=["mail", "event"])
async def test_a_message_in_the_wrong_form_is_not_sent(message: Any) -> None:
    room = Fake(Accepted(code=200))
    outcome = await deliver(message, ROOM, envelope(), channels={"matrix": room})
    assert isinstance(outcome, Refused)
    assert outcome.permanent
    assert room.sent == []


async def test_an_alert_whose_reader_has_no_way_out_is_refused_and_named(renderer: Renderer) -> None:
    async with mail_server() as server:
        relay = Relay(
            host="127.0.0.1",
            port=server.port,
            security="none",
            sender="alerts@example.org",
            message_id_domain="alerts.example.org",
        )
        channels = open_channels(network=Network(), relays=(relay,))
        mail = renderer.render(NAMED, "en", form="mail")
        outcome = await deliver(mail, ADDRESSES["email"], envelope(recipient=Recipient()), channels=channels)
        assert outcome == Refused(
            permanent=True, reason="An internal error: NotPersonal.", our_mistake=True, maybe_sent=True
        )
        outcome = await deliver(mail, ADDRESSES["email"], envelope(recipient=SUBSCRIBER), channels=channels)
        assert isinstance(outcome, Accepted)
        for channel in channels.values():
            await channel.aclose()
        await asyncio.sleep(0.01)
    assert len(server.taken) == 1


def test_every_address_has_its_channel_and_every_channel_its_form() -> None:
    assert {name: channel_name(address) for name, address in ADDRESSES.items()} == {name: name for name in CHANNELS}
    assert {name: form_of(name) for name in CHANNELS} == {
        "email": Form.MAIL,
        "slack": Form.CHAT,
        "matrix": Form.CHAT,
        "webhook": Form.EVENT,
    }
