"""The button in the confirmation is pressed: from now on the address hears of what it asked for."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from alerts.facts import EmailAddress, Tier
from service.commands.subscribe import CONFIRM_WITHIN, ask, may_ask_again
from service.commands.suppressions import is_suppressed
from service.errors import NotFound
from service.records import Case, Subscription
from service.security.addresses import opened
from service.vocabulary import DestinationState, EndedReason, Monitoring, SubscriptionState

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.security.encryption import Vault


class Standing(StrEnum):
    """Where a subscription stands when somebody opens its link."""

    WAITING = "waiting"
    ON = "on"
    OFF = "off"
    EXPIRED = "expired"


def standing(subscription: Subscription, *, now: datetime) -> Standing:
    """Where the subscription stands; a wish that waited longer than seven days is expired."""
    match subscription.state:
        case SubscriptionState.ACTIVE:
            return Standing.ON
        case SubscriptionState.PENDING:
            return Standing.WAITING if now < subscription.created_at + CONFIRM_WITHIN else Standing.EXPIRED
        case SubscriptionState.ENDED:
            return Standing.EXPIRED if subscription.ended_reason is EndedReason.NEVER_CONFIRMED else Standing.OFF


def subscription_and_case(session: Session, subscription_id: int) -> tuple[Subscription, Case | None]:
    """What a personal link names, and its case if it is about one.

    Raises NotFound when it was erased, or its case is not public any more.
    """
    subscription = session.get(Subscription, subscription_id)
    case = session.get(Case, subscription.case_id) if subscription and subscription.case_id else None
    if subscription is None or (subscription.case_id and (case is None or case.tier is not Tier.PUBLIC)):
        raise NotFound("This link leads nowhere any more.")
    return subscription, case


def confirm(session: Session, subscription: Subscription, *, now: datetime) -> Standing:
    """Start the subscription if it waits for that; pressing twice does no more. Returns where it stands now."""
    if standing(subscription, now=now) is Standing.WAITING:
        subscription.state = SubscriptionState.ACTIVE
        subscription.confirmed_at = now
        destination = subscription.destination
        if destination.state is DestinationState.PENDING:
            destination.state = DestinationState.READY
            destination.verified_at = now
        session.flush()
    return standing(subscription, now=now)


def ask_again(
    session: Session, subscription: Subscription, case: Case | None, *, now: datetime, wall_now: datetime, vault: Vault
) -> None:
    """Send a new link for a wish whose link expired; three a day for one mailbox, as for a first one."""
    is_closed = case is not None and case.monitoring is Monitoring.CLOSED
    if standing(subscription, now=now) is not Standing.EXPIRED or is_closed:
        return
    destination = subscription.destination
    address = opened(vault, destination.channel, destination.address_sealed, destination.id)
    if not isinstance(address, EmailAddress) or destination.state is DestinationState.DISABLED:
        return
    if not may_ask_again(session, address.address, wall_now=wall_now, vault=vault):
        return
    if is_suppressed(session, destination.address_hmac, now=now):
        return
    subscription.state = SubscriptionState.PENDING
    subscription.created_at = now
    subscription.ended_at = subscription.ended_reason = None
    session.flush()
    ask(session, subscription, now=now)
