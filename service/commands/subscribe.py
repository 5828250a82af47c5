"""Somebody asks that an address hear of something; nothing is sent there but one question, until they confirm."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select

from alerts.facts import EmailAddress
from service.commands.enabling import try_anew, was_private_and_failed
from service.commands.limits import CONFIRMATIONS, take
from service.commands.queue_alert import queue_for_subscription
from service.commands.suppressions import is_suppressed
from service.errors import InvalidInput, Problem
from service.records import Case, Destination, Subscriber, Subscription
from service.records.base import new_id
from service.security.addresses import gate_key_of, index_of, sealed
from service.security.mailbox_family import mailbox_family
from service.vocabulary import AlertKind, ChannelName, DestinationState, SubscriptionState

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.commands.wishes import Wish
    from service.security.encryption import Vault

CONFIRM_WITHIN = timedelta(days=7)
# RFC 5321, section 4.5.3.1.3: a path has 256 characters, two of them brackets.
LONGEST_ADDRESS = 254


def subscribe(
    session: Session,
    wish: Wish,
    *,
    address: str,
    language: str,
    time_zone: str,
    now: datetime,
    wall_now: datetime,
    vault: Vault,
) -> None:
    """Write the wish down as pending and queue the question, or the notice that the address follows it already.

    At most three mails a day go to one mailbox, counted by `wall_now`: whoever asks more often changes nothing. An address
    that must not be written to gets nothing either. Raises InvalidInput.
    """
    wish.require_one_subject()
    mailbox = EmailAddress(normalised(address))
    if not may_ask_again(session, mailbox.address, wall_now=wall_now, vault=vault):
        return
    destination = _destination(session, mailbox, language=language, time_zone=time_zone, now=now, vault=vault)
    is_kept_away = is_suppressed(session, destination.address_hmac, now=now)
    if was_private_and_failed(destination):
        # Its mail came back; whoever asks again may say so. Only the button, reached by mail, shows that mail arrives.
        try_anew(destination, DestinationState.PENDING)
    subscription = _subscription(session, destination, wish, now=now)
    if destination.state is not DestinationState.DISABLED and not is_kept_away:
        ask(session, subscription, now=now)


def ask(session: Session, subscription: Subscription, *, now: datetime) -> None:
    """Queue the mail that asks for the button, or says that the address follows it already."""
    case = session.get(Case, subscription.case_id) if subscription.case_id else None
    facts: dict[str, Any] = {
        "case_reference": case.reference if case else None,
        "country": subscription.country,
        "follow_up_kind": subscription.follow_up_kind,
    }
    kind = AlertKind.ALREADY_FOLLOWING
    if subscription.state is SubscriptionState.PENDING:
        kind = AlertKind.CONFIRMATION
        facts |= {"cadence": subscription.cadence.value, "expires_on": (now + CONFIRM_WITHIN).date().isoformat()}
    else:
        facts |= {"case_slug": case.slug if case else None}
    queue_for_subscription(
        session, kind=kind, subscription=subscription, facts=facts, dedupe_key=f"{kind}:{new_id()}", now=now
    )


def normalised(address: str) -> str:
    """The address as it is written to, checked without asking anybody. Raises InvalidInput."""
    try:
        found = validate_email(address.strip()[: LONGEST_ADDRESS + 1], check_deliverability=False)
    except EmailNotValidError:
        raise InvalidInput([Problem("address", _msgid("Write the full address, such as name@example.org"))]) from None
    return found.normalized


def may_ask_again(session: Session, address: str, *, wall_now: datetime, vault: Vault) -> bool:
    """Use one of the mailbox's three mails a day; False when none is left."""
    return take(session, CONFIRMATIONS, mailbox_family(address), now=wall_now, vault=vault)


def _destination(
    session: Session, mailbox: EmailAddress, *, language: str, time_zone: str, now: datetime, vault: Vault
) -> Destination:
    index = index_of(vault, ChannelName.EMAIL, mailbox)
    known = session.scalar(select(Destination).where(Destination.address_hmac == index).with_for_update())
    if known is not None:
        return known
    subscriber = Subscriber(id=new_id(), language=language, time_zone=time_zone, created_at=now)
    destination = Destination(
        id=new_id(), subscriber=subscriber, channel=ChannelName.EMAIL, address_hmac=index, created_at=now
    )
    destination.state = DestinationState.PENDING
    destination.address_sealed = sealed(vault, ChannelName.EMAIL, mailbox, destination.id)
    destination.gate_key = gate_key_of(vault, mailbox, destination.id)
    session.add(destination)
    session.flush()
    return destination


def _subscription(session: Session, destination: Destination, wish: Wish, *, now: datetime) -> Subscription:
    """The subscription that is active or waits for its button; else a new one.

    What is active is not touched, unless its address has to be confirmed anew.
    """
    living = (SubscriptionState.ACTIVE, SubscriptionState.PENDING)
    query = (
        select(Subscription)
        .where(Subscription.destination_id == destination.id, *wish.same_subject())
        .where(Subscription.state.in_(living))
        .order_by(Subscription.state, Subscription.id)
    )
    known = session.scalars(query).first()
    if known is not None:
        if known.state is SubscriptionState.PENDING or destination.state is DestinationState.PENDING:
            known.state, known.created_at = SubscriptionState.PENDING, now
            known.cadence, known.least_level, known.detail = wish.cadence, wish.least_level, wish.detail
            session.flush()
        return known
    fresh = Subscription(
        subscriber_id=destination.subscriber_id, destination_id=destination.id, case_id=wish.case_id,
        country=wish.country, follow_up_kind=wish.follow_up_kind, least_level=wish.least_level, cadence=wish.cadence,
        detail=wish.detail, state=SubscriptionState.PENDING, created_at=now,
    )  # fmt: skip
    session.add(fresh)
    session.flush()
    return fresh


def _msgid(english: str) -> str:
    """Marks a text for the translators."""
    return english
