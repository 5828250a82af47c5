"""The address of a new destination, from the options of the command and from standard input."""

from __future__ import annotations

import sys

import typer

from alerts.facts import Address, EmailAddress, MatrixRoom, SignedWebhook, SlackWebhook
from service.commands.destinations import new_webhook_secret
from service.commands.subscribe import normalised
from service.errors import InvalidInput, Problem
from service.vocabulary import ChannelName


def address_from_options(
    channel: ChannelName,
    *,
    url: str | None,
    address: str | None,
    homeserver: str | None,
    room: str | None,
    from_stdin: bool,
) -> Address:
    """The address that the options name; secrets are asked for or read from standard input. Raises InvalidInput."""
    match channel:
        case ChannelName.EMAIL:
            return EmailAddress(normalised(_required("--address", address)))
        case ChannelName.WEBHOOK:
            return SignedWebhook(_required("--url", url), (new_webhook_secret(),))
        case ChannelName.SLACK:
            return SlackWebhook(_secret("The URL of the incoming webhook", from_stdin=from_stdin))
        case ChannelName.MATRIX:
            room_id, server = _required("--room", room), _required("--homeserver", homeserver).rstrip("/")
            return MatrixRoom(server, room_id, _secret("Access token", from_stdin=from_stdin))


def _required(option: str, value: str | None) -> str:
    if not value:
        raise InvalidInput([Problem(option, "this channel needs it")])
    return value


def _secret(what: str, *, from_stdin: bool) -> str:
    text: str = sys.stdin.readline() if from_stdin else typer.prompt(what, hide_input=True, err=True)
    if not text.strip():
        raise InvalidInput([Problem("", f"{what}: nothing was given")])
    return text.strip()
