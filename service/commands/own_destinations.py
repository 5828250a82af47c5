"""A subscriber's own ways beside the mailbox: a webhook, a Slack channel, a Matrix room."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, func, literal, select

from alerts.facts import EmailAddress, SignedWebhook
from service.commands.destinations import new_webhook_secret, require_outside
from service.commands.enabling import try_anew
from service.commands.inserting import insert_into
from service.commands.limits import Limit, require_turn
from service.commands.queue_personal import queue_personal
from service.errors import Conflict, InvalidInput, NotFound, Problem
from service.records import AddressChange, Destination, Subscription
from service.records.base import UtcDateTime, new_id
from service.security.addresses import channel_of, gate_key_of, index_of, masked, opened, sealed
from service.vocabulary import AlertKind, ChannelName, DestinationState, SubscriptionState

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.facts import Address
    from service.records import Subscriber
    from service.security.encryption import Vault

MOST_DESTINATIONS = 5
# Enough to find out what is wrong, too few to knock at somebody else's door with.
OWN_TESTS = Limit("own tests", 5, timedelta(minutes=10))
# One for the receiver to change over with.
_SECRETS_KEPT = 2
_COPIED = ("subscriber_id", "case_id", "country", "follow_up_kind", "least_level", "cadence", "detail", "tier", "state")


def own_destination(session: Session, subscriber: Subscriber, destination_id: UUID) -> Destination:
    """This way of the subscriber beside the mailbox. Raises NotFound for any other."""
    found = session.get(Destination, destination_id)
    is_theirs = found is not None and found.subscriber_id == subscriber.id
    if found is None or not is_theirs or found.channel is ChannelName.EMAIL or found.label:
        raise NotFound("There is no such destination.")
    return found


def add_own_destination(
    session: Session, subscriber: Subscriber, address: Address, *, trusted: Collection[str], now: datetime, vault: Vault
) -> Destination:
    """Add a way that hears from now on what the mailbox hears.

    Raises InvalidInput for what the guarded network would refuse, and Conflict when there are five already.
    """
    if isinstance(address, EmailAddress):
        raise InvalidInput("A mailbox is confirmed first.")
    require_outside(address, trusted=trusted)
    ways = select(func.count()).where(
        Destination.subscriber_id == subscriber.id, Destination.channel != ChannelName.EMAIL
    )
    if (session.scalar(ways) or 0) >= MOST_DESTINATIONS:
        raise Conflict("No more than five destinations beside the mailbox.")
    channel = channel_of(address)
    index = index_of(vault, channel, address)
    if session.scalar(select(Destination.id).where(Destination.address_hmac == index)) is not None:
        # Whose it is stays unsaid.
        field = "homeserver_url" if channel is ChannelName.MATRIX else "url"
        raise InvalidInput([Problem(field, _msgid("This address cannot be added"))])
    destination = Destination(
        id=new_id(), subscriber_id=subscriber.id, channel=channel, address_hmac=index, state=DestinationState.READY,
        verified_at=now, created_at=now,
    )  # fmt: skip
    destination.address_sealed = sealed(vault, channel, address, destination.id)
    destination.gate_key = gate_key_of(vault, address, destination.id)
    session.add(destination)
    session.flush()
    _hear_the_same(session, subscriber, destination, now=now)
    return destination


def try_own_destination(
    session: Session, destination: Destination, *, now: datetime, wall_now: datetime, vault: Vault
) -> None:
    """Queue a message without private data. Raises Conflict when it is switched off, TooManyRequests after five."""
    if destination.state is DestinationState.DISABLED:
        raise Conflict("This destination is switched off.")
    require_turn(session, OWN_TESTS, str(destination.subscriber_id), now=wall_now, vault=vault)
    address = opened(vault, destination.channel, destination.address_sealed, destination.id)
    facts = {"destination": masked(address)}
    queue_personal(session, destination, AlertKind.DESTINATION_TEST, facts, now=now)


def switch_on_again(session: Session, destination: Destination, *, now: datetime) -> None:
    """Forget the failures that switched it off; what was announced meanwhile is not owed."""
    if destination.state is DestinationState.DISABLED:
        try_anew(destination, DestinationState.READY)
        destination.enabled_at = now
        session.flush()


def new_secret(session: Session, destination: Destination, *, vault: Vault) -> str:
    """Give a webhook a new secret; messages are signed with both, until the next change. Raises NotFound for others."""
    address = opened(vault, destination.channel, destination.address_sealed, destination.id)
    if not isinstance(address, SignedWebhook):
        raise NotFound("Only a webhook has a secret of ours.")
    secret = new_webhook_secret()
    renewed = SignedWebhook(address.url, (secret, *address.secrets)[:_SECRETS_KEPT])
    destination.address_sealed = sealed(vault, destination.channel, renewed, destination.id)
    session.flush()
    return secret


def remove_own_destination(session: Session, destination: Destination) -> None:
    """Erase it with its subscriptions and everything that is still owed to it."""
    session.execute(
        delete(Destination).where(Destination.id == destination.id), execution_options={"synchronize_session": False}
    )
    session.expire_all()


def _hear_the_same(session: Session, subscriber: Subscriber, destination: Destination, *, now: datetime) -> None:
    """One subscription for each that the subscriber's mailbox has."""
    columns = Subscription.__table__.c
    waits = exists().where(AddressChange.other_id == Destination.id)
    query = (
        select(
            *(columns[name] for name in _COPIED),
            literal(destination.id, columns.destination_id.type),
            literal(now, UtcDateTime()),
            literal(now, UtcDateTime()),
            literal(1),
        )
        .join(Destination, Destination.id == Subscription.destination_id)
        .where(
            Subscription.subscriber_id == subscriber.id,
            Subscription.state == SubscriptionState.ACTIVE,
            Destination.channel == ChannelName.EMAIL,
            ~waits,
        )
    )
    into = [*_COPIED, "destination_id", "confirmed_at", "created_at", "version"]
    session.execute(insert_into(session, Subscription).from_select(into, query))


def _msgid(english: str) -> str:
    """Marks a text for the translators."""
    return english
