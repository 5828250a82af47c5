"""The ways out of this installation: its channels, its relay, its guarded network."""

from __future__ import annotations

from contextlib import asynccontextmanager
from email.utils import formataddr
from typing import TYPE_CHECKING

from alerts.channels import open_channels
from alerts.channels.relay import Relay
from alerts.network import Network

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from alerts.channels.base import Channel
    from service.settings import Settings


@asynccontextmanager
async def channels_of(settings: Settings) -> AsyncIterator[dict[str, Channel]]:
    """Every channel by its name, open on the running loop and closed at the end."""
    network = Network(trusted_origins=settings.trusted_origins)
    channels = open_channels(network=network, relay=relay_of(settings))
    try:
        yield channels
    finally:
        for channel in channels.values():
            await channel.aclose()
        await network.aclose()


def relay_of(settings: Settings) -> Relay:
    """The mail relay of the settings."""
    smtp = settings.smtp
    return Relay(
        host=smtp.host,
        port=smtp.port,
        security=smtp.security,
        sender=formataddr((settings.organisation, settings.sender)),
        message_id_domain=settings.sender.rpartition("@")[2],
        username=smtp.username,
        password=smtp.password.get_secret_value() if smtp.password else None,
        cafile=smtp.ca_file,
        reply_to=settings.reply_to,
    )
