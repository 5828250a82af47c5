"""A subscriber's alerts move to another mailbox: confirmed at the new one, told to the old one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import delete, exists, select

from alerts.facts import EmailAddress
from service.commands.queue_personal import queue_personal
from service.commands.subscribe import may_ask_again, normalised
from service.errors import Conflict, NotFound
from service.records import AddressChange, Destination, Member, Subscriber, Subscription
from service.records.base import new_id
from service.security.addresses import gate_key_of, index_of, opened, sealed
from service.vocabulary import AlertKind, ChannelName, DestinationState

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    from service.security.encryption import Vault

CONFIRM_WITHIN = timedelta(days=7)
_UNSEEN = {"synchronize_session": False}
# Long enough for the notice to reach the old address, whose server may be away for days.
OLD_ADDRESS_KEPT = timedelta(days=7)


def own_mailbox(session: Session, subscriber: Subscriber, destination_id: UUID) -> Destination:
    """This mailbox of the subscriber. Raises NotFound for any other, and Conflict for one that a member is told at."""
    mailbox = session.get(Destination, destination_id)
    if mailbox is None or mailbox.subscriber_id != subscriber.id or mailbox.channel is not ChannelName.EMAIL:
        raise NotFound("There is no such mailbox.")
    require_not_a_members(session, subscriber)
    return mailbox


def require_not_a_members(session: Session, subscriber: Subscriber) -> None:
    """Raises Conflict while a member of the organisation is told at one of the subscriber's mailboxes."""
    theirs = select(Destination.id).where(Destination.subscriber_id == subscriber.id)
    if session.scalar(select(Member.id).where(Member.destination_id.in_(theirs)).limit(1)) is not None:
        raise Conflict("A member of the organisation is told at this mailbox; the office changes it.")


def ask_for_address(
    session: Session,
    subscriber: Subscriber,
    destination_id: UUID,
    *,
    address: str,
    now: datetime,
    wall_now: datetime,
    vault: Vault,
) -> None:
    """Mail the question to the new address; nothing else changes. Raises InvalidInput, NotFound and Conflict.

    An address that is a destination already is told so, and nothing is moved to it. Three mails a day go to one address.
    """
    mailbox = own_mailbox(session, subscriber, destination_id)
    where = EmailAddress(normalised(address))
    if not may_ask_again(session, where.address, wall_now=wall_now, vault=vault):
        return
    index = index_of(vault, ChannelName.EMAIL, where)
    known = session.scalar(select(Destination).where(Destination.address_hmac == index))
    expires_at = (wall_now + CONFIRM_WITHIN).isoformat()
    if known is None:
        # Somebody's own until its owner says otherwise: whoever merely names an address sees nothing of it.
        alone = Subscriber(id=new_id(), language=subscriber.language, time_zone=subscriber.time_zone, created_at=now)
        known = Destination(
            id=new_id(), subscriber=alone, channel=ChannelName.EMAIL, address_hmac=index, created_at=now,
            state=DestinationState.PENDING,
        )  # fmt: skip
        known.address_sealed = sealed(vault, ChannelName.EMAIL, where, known.id)
        known.gate_key = gate_key_of(vault, where, known.id)
        session.add(known)
        session.flush()
    elif not _is_waiting_for(session, known, mailbox):
        if known.state is not DestinationState.DISABLED:
            taken = {"change_id": None, "expires_at": expires_at}
            queue_personal(session, known, AlertKind.NEW_ADDRESS, taken, now=now)
        return
    session.execute(delete(AddressChange).where(AddressChange.other_id == known.id))
    change = AddressChange(id=new_id(), destination_id=mailbox.id, other_id=known.id, asked_at=wall_now)
    session.add(change)
    session.flush()
    facts = {"change_id": str(change.id), "expires_at": expires_at}
    queue_personal(session, known, AlertKind.NEW_ADDRESS, facts, now=now)


def change_named(session: Session, change_id: str) -> AddressChange:
    """The change that a link names. Raises NotFound when it was overtaken, or erased."""
    change = session.get(AddressChange, UUID(change_id))
    if change is None:
        raise NotFound("This link leads nowhere any more.")
    return change


def move_to_new_address(
    session: Session, change: AddressChange, *, now: datetime, wall_now: datetime, vault: Vault
) -> None:
    """Let the two rows change their addresses, and tell the old one; pressing twice does no more.

    The mailbox keeps its id, so that everything that is owed to it, subscribed or gathered goes on at the new address.
    Raises Conflict when the new address has come to follow something by itself.
    """
    if change.done_at is not None:
        return
    if (
        session.scalar(select(Subscription.id).where(Subscription.destination_id == change.other_id).limit(1))
        is not None
    ):
        raise Conflict("The new address gets alerts of its own already.")
    kept = session.get_one(Destination, change.destination_id)
    other = session.get_one(Destination, change.other_id)
    old, new = (opened(vault, one.channel, one.address_sealed, one.id) for one in (kept, other))
    # Unique: while they change places one of them bears a name that no address has.
    kept.address_hmac = vault.blind_index(f"moving:{change.id}")
    session.flush()
    other.address_hmac, other.address_sealed = _both(vault, old, other.id)
    other.state = kept.state
    session.flush()
    kept.address_hmac, kept.address_sealed = _both(vault, new, kept.id)
    kept.state, kept.verified_at = DestinationState.READY, now
    kept.failures, kept.first_failure_at, kept.last_failure_at = 0, None, None
    kept.disabled_at = kept.disabled_reason = None
    change.done_at = wall_now
    session.flush()
    if other.state is not DestinationState.DISABLED:
        queue_personal(session, other, AlertKind.ADDRESS_CHANGED, {"change_id": str(change.id)}, now=now)


def forget_old_addresses(session: Session, *, wall_now: datetime) -> None:
    """Erase old addresses a week after their notice, and new ones that were not confirmed within a week."""
    over = (
        AddressChange.asked_at < wall_now - CONFIRM_WITHIN,
        (AddressChange.done_at.is_(None)) | (AddressChange.done_at < wall_now - OLD_ADDRESS_KEPT),
    )
    session.execute(delete(Subscriber).where(Subscriber.id.in_(only_others(*over))), execution_options=_UNSEEN)
    session.execute(delete(AddressChange).where(*over), execution_options=_UNSEEN)


def only_others(*changes: ColumnElement[bool]) -> Select[UUID]:
    """The subscribers that exist for nothing but these changes of address: theirs is the other end, and they follow nothing."""
    follows = exists().where(Subscription.destination_id == AddressChange.other_id)
    return (
        select(Destination.subscriber_id)
        .join(AddressChange, AddressChange.other_id == Destination.id)
        .where(*changes, ~follows)
    )


def _is_waiting_for(session: Session, known: Destination, mailbox: Destination) -> bool:
    """Whether this row only waits to become the new address of this very mailbox."""
    query = select(AddressChange.id).where(
        AddressChange.other_id == known.id, AddressChange.destination_id == mailbox.id, AddressChange.done_at.is_(None)
    )
    return session.scalar(query) is not None


def _both(vault: Vault, address: object, destination_id: UUID) -> tuple[str, str]:
    if not isinstance(address, EmailAddress):
        raise TypeError("only a mailbox changes its address")
    return (
        index_of(vault, ChannelName.EMAIL, address),
        sealed(vault, ChannelName.EMAIL, address, destination_id),
    )
