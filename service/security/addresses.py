"""Addresses of destinations, sealed at rest and found again by a keyed hash."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from alerts.facts import Address, EmailAddress, MatrixRoom, SignedWebhook, SlackWebhook
from service.vocabulary import ChannelName

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from service.security.encryption import Vault

_COLUMN = "destination.address_sealed"

# What stands in `gate_key` for mail: which relay takes it is decided at each claim.
MAIL_GATE = "mail"


def sealed(vault: Vault, channel: ChannelName, address: Address, destination_id: UUID) -> str:
    """The address with its secrets, encrypted for this one destination."""
    _require_same(channel, address)
    return vault.seal(json.dumps(asdict(address)), column=_COLUMN, row_id=destination_id)


def opened(vault: Vault, channel: ChannelName, text: str, destination_id: UUID) -> Address:
    """What `sealed` hid for this destination; raises Unreadable when it was made for another or altered."""
    return address_of(channel, json.loads(vault.open(text, column=_COLUMN, row_id=destination_id)))


def address_of(channel: ChannelName, fields: Mapping[str, Any]) -> Address:
    """The address that the fields spell out. Raises KeyError or TypeError when they belong to another channel."""
    match channel:
        case ChannelName.EMAIL:
            return EmailAddress(**fields)
        case ChannelName.SLACK:
            return SlackWebhook(**fields)
        case ChannelName.MATRIX:
            return MatrixRoom(**fields)
        case ChannelName.WEBHOOK:
            return SignedWebhook(url=fields["url"], secrets=tuple(fields["secrets"]))


def index_of(vault: Vault, channel: ChannelName, address: Address) -> str:
    """A keyed hash that is equal for equal addresses, whatever their letter case and secrets."""
    _require_same(channel, address)
    return vault.blind_index(f"{channel.value}:{_plain(address)}")


def gate_key_of(vault: Vault, address: Address, destination_id: UUID) -> str:
    """The gate that messages to this address pass; the name of a host that somebody chose is hidden in it.

    All mail goes by our own relays, each with a gate of its own. Slack counts every webhook by itself.
    """
    match address:
        case EmailAddress():
            return MAIL_GATE
        case SlackWebhook():
            return f"dest:{destination_id}"
        case MatrixRoom():
            return f"host:{vault.blind_index(_netloc(address.homeserver_url))}"
        case SignedWebhook():
            return f"host:{vault.blind_index(_netloc(address.url))}"


def channel_of(address: Address) -> ChannelName:
    """The channel that an address belongs to."""
    match address:
        case EmailAddress():
            return ChannelName.EMAIL
        case SlackWebhook():
            return ChannelName.SLACK
        case MatrixRoom():
            return ChannelName.MATRIX
        case SignedWebhook():
            return ChannelName.WEBHOOK


def masked(address: Address) -> str:
    """Enough of an address to recognise it by, too little to write to it."""
    match address:
        case EmailAddress():
            local, _, domain = address.address.rpartition("@")
            return f"{local[:1]}…@{domain}"
        case MatrixRoom():
            return f"{address.room_id[:2]}… on {_host(address.homeserver_url)}"
        case SlackWebhook() | SignedWebhook():
            return f"{_host(address.url)}/…"


def _plain(address: Address) -> str:
    match address:
        case EmailAddress():
            # Nobody keeps two mailboxes apart by letter case alone; two spellings are one reader.
            return address.address.strip().casefold()
        case MatrixRoom():
            return f"{_same_case(address.homeserver_url.rstrip('/'))} {address.room_id}"
        case SlackWebhook() | SignedWebhook():
            return _same_case(address.url)


def _same_case(url: str) -> str:
    parts = urlsplit(url.strip())
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path, parts.query, ""))


def _netloc(url: str) -> str:
    return urlsplit(url.strip()).netloc.lower()


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _require_same(channel: ChannelName, address: Address) -> None:
    if channel_of(address) is not channel:
        raise ValueError(f"{type(address).__name__} is no address of {channel}")
