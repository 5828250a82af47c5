"""The ways out of this installation: its channels, its relay, its guarded network."""

from __future__ import annotations

from contextlib import asynccontextmanager
from email.utils import formataddr
from typing import TYPE_CHECKING

from alerts.channels import open_channels
from alerts.channels.relay import Relay
from alerts.gates import Pace
from alerts.network import Network

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from alerts.channels.base import Channel
    from service.mail_settings import SmtpSettings
    from service.settings import Settings
    from service.worker.parts import WorkerParts


@asynccontextmanager
async def open_sender(parts: WorkerParts) -> AsyncIterator[dict[str, Channel]]:
    """Every channel by its name, open on the running loop and closed at the end."""
    network = Network(trusted_origins=parts.settings.trusted_origins)
    channels = open_channels(network=network, relays=relays_of(parts.settings))
    try:
        yield channels
    finally:
        for channel in channels.values():
            await channel.aclose()
        await network.aclose()


def relays_of(settings: Settings) -> tuple[Relay, ...]:
    """The mail relays of the settings, the preferred one first. Raises InsecureRelay."""
    return tuple(_relay(smtp, settings) for smtp in (settings.smtp, *settings.smtp_fallbacks))


def _relay(smtp: SmtpSettings, settings: Settings) -> Relay:
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
        connections=smtp.connections,
        pace=Pace(1 / smtp.per_second, burst=max(1, int(smtp.per_second))) if smtp.per_second else None,
    )
