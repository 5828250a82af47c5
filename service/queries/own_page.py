"""What a subscriber sees on their own page: what they follow, where it goes, and what was sent last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from alerts.facts import Tier
from service.queries.masked_addresses import masked_address
from service.records import Alert, Attempt, Case, Delivery, Destination, Digest, Subscription
from service.vocabulary import SubscriptionState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.facts import Level
    from service.records import Subscriber
    from service.security.encryption import Vault
    from service.vocabulary import AlertKind, Cadence, ChannelName, DeliveryState, DestinationState, Detail

MOST_MESSAGES = 10


@dataclass(frozen=True, slots=True)
class OwnSubscription:
    """One wish that is heard; exactly one of `reference`, `country` and `follow_up_kind` (instants in UTC)."""

    number: int
    reference: str | None
    slug: str | None
    country: str | None
    follow_up_kind: str | None
    least_level: Level
    cadence: Cadence
    detail: Detail
    paused_until: datetime | None
    since: datetime
    told_at: datetime | None
    channel: ChannelName
    to: str


@dataclass(frozen=True, slots=True)
class OwnDestination:
    """One way to the subscriber; `to` is masked, as the page may be seen over a shoulder."""

    id: UUID
    channel: ChannelName
    to: str
    state: DestinationState
    failures: int


@dataclass(frozen=True, slots=True)
class OwnMessage:
    """One message and how it stands; `kind` None: a digest (instants in UTC)."""

    written_at: datetime | None
    kind: AlertKind | None
    level: Level | None
    reference: str | None
    channel: ChannelName
    state: DeliveryState
    next_try_at: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class OwnTry:
    """One try at a message to one destination, and what the receiver answered."""

    at: datetime
    n: int
    outcome: str
    code: int | None
    reason: str | None
    excerpt: str | None
    kind: AlertKind | None


def own_subscriptions(
    session: Session, subscriber: Subscriber, *, vault: Vault, now: datetime
) -> list[OwnSubscription]:
    """What is heard for this subscriber, oldest first; `paused_until` only where it lies after `now` (UTC)."""
    told_at = (
        select(func.max(Delivery.finished_at))
        .where(Delivery.subscription_id == Subscription.id, Delivery.finished_at.is_not(None))
        .correlate(Subscription)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Subscription, Destination, Case, told_at)
        .join(Destination, Destination.id == Subscription.destination_id)
        .outerjoin(Case, Case.id == Subscription.case_id)
        .where(Subscription.subscriber_id == subscriber.id, Subscription.state == SubscriptionState.ACTIVE)
        .order_by(Subscription.id)
    ).all()
    return [
        _own(wish, masked_address(destination, vault), destination.channel, case, last, now)
        for wish, destination, case, last in rows
    ]


def own_destinations(session: Session, subscriber: Subscriber, *, vault: Vault) -> list[OwnDestination]:
    """Every way to this subscriber, the mailbox first."""
    rows = session.scalars(
        select(Destination)
        .where(Destination.subscriber_id == subscriber.id)
        .order_by(Destination.created_at, Destination.id)
    ).all()
    return [OwnDestination(one.id, one.channel, masked_address(one, vault), one.state, one.failures) for one in rows]


def own_messages(session: Session, subscriber: Subscriber) -> list[OwnMessage]:
    """The last ten messages to this subscriber, newest first."""
    rows = session.execute(
        select(Delivery, Alert, Digest, Case.reference)
        .join(Destination, Destination.id == Delivery.destination_id)
        .outerjoin(Alert, Alert.id == Delivery.alert_id)
        .outerjoin(Digest, Digest.id == Delivery.digest_id)
        .outerjoin(Case, Case.id == Alert.case_id)
        .where(Destination.subscriber_id == subscriber.id, or_(Alert.id.is_not(None), Digest.id.is_not(None)))
        .order_by(Delivery.id.desc())
        .limit(MOST_MESSAGES)
    ).all()
    return [_message(delivery, alert, digest, reference) for delivery, alert, digest, reference in rows]


def own_tries(session: Session, destination: Destination, *, limit: int) -> Sequence[OwnTry]:
    """The newest tries at messages to this destination, with the receiver's own words."""
    rows = session.execute(
        select(Attempt, Alert.kind)
        .join(Delivery, Delivery.id == Attempt.delivery_id)
        .outerjoin(Alert, Alert.id == Delivery.alert_id)
        .where(Delivery.destination_id == destination.id)
        .order_by(Attempt.delivery_id.desc(), Attempt.n.desc())
        .limit(limit)
    ).all()
    return [
        OwnTry(one.started_at, one.n, one.outcome.value, one.code, one.reason, one.excerpt, kind) for one, kind in rows
    ]


def _own(
    wish: Subscription, to: str, channel: ChannelName, case: Case | None, told_at: datetime | None, now: datetime
) -> OwnSubscription:
    return OwnSubscription(
        number=wish.id,
        reference=case.reference if case else None,
        slug=case.slug if case and case.tier is Tier.PUBLIC else None,
        country=wish.country,
        follow_up_kind=wish.follow_up_kind,
        least_level=wish.least_level,
        cadence=wish.cadence,
        detail=wish.detail,
        paused_until=wish.paused_until if wish.paused_until and wish.paused_until > now else None,
        since=wish.confirmed_at or wish.created_at,
        told_at=told_at,
        channel=channel,
        to=to,
    )


def _message(delivery: Delivery, alert: Alert | None, digest: Digest | None, reference: str | None) -> OwnMessage:
    return OwnMessage(
        written_at=alert.created_at if alert else digest.closed_at if digest else None,
        kind=alert.kind if alert else None,
        level=alert.level if alert else None,
        reference=reference,
        channel=delivery.channel,
        state=delivery.state,
        next_try_at=delivery.due_at if delivery.open and delivery.attempts else None,
        reason=delivery.reason,
    )
