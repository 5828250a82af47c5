"""The table of channels: a new one is one file, one line here and one test."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from alerts.channels.email import Email
from alerts.channels.matrix import Matrix
from alerts.channels.slack import Slack
from alerts.channels.webhook import Webhook

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alerts.channels.base import Channel
    from alerts.channels.relay import Relay
    from alerts.facts import Address
    from alerts.messages import Form
    from alerts.network import Network

CHANNELS: Mapping[str, type[Channel]] = MappingProxyType(
    {channel.name: channel for channel in (Email, Slack, Matrix, Webhook)}
)


def open_channels(*, network: Network, relays: Sequence[Relay]) -> dict[str, Channel]:
    """Every channel by its name, ready to send; without relays, the preferred one first, there is no `email`."""
    channels: dict[str, Channel] = {
        Slack.name: Slack(network),
        Matrix.name: Matrix(network),
        Webhook.name: Webhook(network),
    }
    return channels | ({Email.name: Email(relays)} if relays else {})


def channel_name(address: Address) -> str:
    """The name of the channel that writes to such an address."""
    return next(name for name, channel in CHANNELS.items() if isinstance(address, channel.address_type))


def form_of(name: str) -> Form:
    """The form in which a channel wants its messages. Raises KeyError for an unknown channel."""
    return CHANNELS[name].form
