"""The organisation's own destinations: a chat room, a webhook, a mailbox; added, tried out, switched off."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from sqlalchemy import delete, exists, select

from alerts.facts import Address, EmailAddress, MatrixRoom, SlackWebhook
from service.commands.audit import audit
from service.commands.queue_personal import queue_personal
from service.commands.suppressions import is_suppressed
from service.errors import Conflict, InvalidInput, Problem
from service.records import Delivery, Destination, Subscriber
from service.records.base import new_id
from service.security.addresses import address_of, channel_of, gate_key_of, index_of, sealed
from service.vocabulary import AlertKind, ChannelName, DestinationState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.security.encryption import Vault

# Standard Webhooks asks for 24 to 64 bytes.
_WEBHOOK_SECRET_BYTES = 32
SLACK_HOST = "hooks.slack.com"
LONGEST_LABEL = 100


def new_webhook_secret() -> str:
    """A fresh secret as Standard Webhooks writes it: `whsec_` and base64 of 32 random bytes."""
    return "whsec_" + base64.b64encode(os.urandom(_WEBHOOK_SECRET_BYTES)).decode()


def address_from(channel: ChannelName, fields: Mapping[str, Any]) -> Address:
    """The address that the fields spell out. Raises InvalidInput when they belong to another channel."""
    try:
        return address_of(channel, fields)
    except (KeyError, TypeError):
        raise InvalidInput(f"This is no address of a destination of the kind {channel}.") from None


def require_outside(address: Address, *, trusted: Collection[str]) -> None:
    """Refuse what the guarded network would refuse anyway: plain HTTP, and a Slack URL that is not Slack's.

    `trusted` are the origins that the operator exempts. Raises InvalidInput.
    """
    if isinstance(address, EmailAddress):
        return
    field = "homeserver_url" if isinstance(address, MatrixRoom) else "url"
    parts = urlsplit(getattr(address, field))
    if f"{parts.scheme}://{parts.netloc}" in trusted:
        return
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
        raise InvalidInput([Problem(field, "Use an https address without a name or password in it.")])
    if isinstance(address, SlackWebhook) and parts.netloc != SLACK_HOST:
        raise InvalidInput([Problem(field, f"Slack's incoming webhooks lie at https://{SLACK_HOST}/.")])


def add_destination(
    session: Session,
    *,
    channel: ChannelName,
    address: Address | Mapping[str, Any],
    label: str,
    language: str,
    time_zone: str,
    now: datetime,
    vault: Vault,
    by: str = "command line",
    beside: Destination | None = None,
) -> Destination:
    """Write a destination that may be written to at once, with a listener of its own.

    `label` is what staff call it; `language` (BCP 47) and `time_zone` (IANA) are those of its readers. `beside` is
    another way to the same listener, whose language and time zone hold then: each is told when the other fails.
    Raises InvalidInput, and Conflict when the address is a destination already.
    """
    where = address_from(channel, address) if not isinstance(address, Address) else address
    _require_words(label, time_zone)
    if channel_of(where) is not channel:
        raise InvalidInput(f"This is no address of a destination of the kind {channel}.")
    index = index_of(vault, channel, where)
    if session.scalar(select(Destination.id).where(Destination.address_hmac == index)) is not None:
        raise Conflict("This address is a destination already.")
    alone = Subscriber(id=new_id(), language=language, time_zone=time_zone, created_at=now)
    subscriber = beside.subscriber if beside is not None else alone
    destination = Destination(
        id=new_id(), subscriber=subscriber, channel=channel, label=label.strip(), address_hmac=index,
        state=DestinationState.READY, verified_at=now, created_at=now,
    )  # fmt: skip
    destination.address_sealed = sealed(vault, channel, where, destination.id)
    destination.gate_key = gate_key_of(vault, where, destination.id)
    session.add(destination)
    session.flush()
    _note(session, destination, "add_destination", now=now, by=by, vault=vault)
    return destination


def try_destination(session: Session, destination: Destination, *, now: datetime, by: str, vault: Vault) -> Delivery:
    """Queue a message without private data, before all others. Raises Conflict when nothing may be sent there."""
    _require_writable(session, destination, now=now)
    facts = {"destination": destination.label}
    delivery = queue_personal(session, destination, AlertKind.DESTINATION_TEST, facts, now=now)
    _note(session, destination, "try_destination", now=now, by=by, vault=vault)
    return delivery


def note_try(session: Session, destination: Destination, *, now: datetime, by: str, vault: Vault) -> None:
    """Note a test that is sent at once, past the outbox. Raises Conflict when nothing may be sent there."""
    _require_writable(session, destination, now=now)
    _note(session, destination, "try_destination", now=now, by=by, vault=vault)


def remove_destination(session: Session, destination: Destination, *, now: datetime, by: str, vault: Vault) -> None:
    """Erase the destination, its subscriptions, what was still owed to it, and its listener if no other way is left."""
    other_way = exists().where(Destination.subscriber_id == Subscriber.id)
    session.execute(delete(Destination).where(Destination.id == destination.id))
    session.execute(delete(Subscriber).where(Subscriber.id == destination.subscriber_id, ~other_way))
    _note(session, destination, "remove_destination", now=now, by=by, vault=vault)
    session.expire_all()


def _require_writable(session: Session, destination: Destination, *, now: datetime) -> None:
    if destination.state is DestinationState.DISABLED:
        raise Conflict("This destination is switched off.")
    if is_suppressed(session, destination.address_hmac, now=now):
        raise Conflict("Nothing may be sent to this address: it is on the list of suppressed ones.")


def _require_words(label: str, time_zone: str) -> None:
    problems = []
    if not 0 < len(label.strip()) <= LONGEST_LABEL or not label.isprintable():
        problems.append(Problem("label", f"Use 1 to {LONGEST_LABEL} printable characters."))
    if time_zone not in available_timezones():
        problems.append(Problem("time_zone", "Name a time zone of the IANA database, such as Asia/Almaty."))
    if problems:
        raise InvalidInput(problems)


def _note(session: Session, destination: Destination, action: str, *, now: datetime, by: str, vault: Vault) -> None:
    audit(
        session, at=now, actor=by, action=action, record="destination", record_id=str(destination.id),
        detail={"channel": destination.channel.value}, key=vault.audit_key,
    )  # fmt: skip
