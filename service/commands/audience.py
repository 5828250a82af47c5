"""Who is to hear of an alert: the subscriptions that match it, asked for all of them in one statement each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, case, literal, or_, select

from alerts.facts import Level, Tier
from service.commands.ranks import level_rank, tier_rank
from service.records import Alert, Destination, Subscriber, Subscription
from service.vocabulary import Cadence, ChannelName, DestinationState, SubscriptionState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

# What a destination may be told: a room has readers whom nobody vetted, and an unverified mailbox may be anybody's.
EFFECTIVE_TIER: ColumnElement[Any] = case(
    (and_(Destination.channel == ChannelName.EMAIL, Destination.verified_at.is_not(None)), Subscription.tier),
    else_=literal(Tier.PUBLIC.value),
)

# Whoever follows a kind learns the kind from being told at all, so it must be one that their tier is told.
_MAY_LEARN_KIND = or_(
    tier_rank(EFFECTIVE_TIER) > Tier.PUBLIC.rank,
    Alert.facts[("public", "kind")].as_string() == Alert.follow_up_kind,
)

# One plain equality each, so that either engine can walk an index.
SUBJECTS: tuple[ColumnElement[bool], ...] = (
    Subscription.case_id == Alert.case_id,
    Subscription.country == Alert.country,
    and_(Subscription.follow_up_kind == Alert.follow_up_kind, _MAY_LEARN_KIND),
)


def audience(
    alert_ids: Sequence[UUID], subject: ColumnElement[bool], *columns: SQLColumnExpression[Any], now: datetime
) -> Select[*tuple[Any, ...]]:
    """The given columns for every alert and every subscription that must hear of it because of one subject.

    Joined are Alert, Subscription, Destination and Subscriber. A subscription counts when it is active and not paused
    at `now` (UTC), its least level is reached, its tier may hear of the alert, and its destination is ready.
    """
    return (
        select(*columns)
        .select_from(Alert)
        .join(Subscription, literal(value=True))
        .join(Destination, Destination.id == Subscription.destination_id)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .where(
            Alert.id.in_(alert_ids),
            subject,
            Subscription.state == SubscriptionState.ACTIVE,
            or_(Subscription.paused_until.is_(None), Subscription.paused_until <= now),
            Destination.state == DestinationState.READY,
            level_rank(Alert.level) >= level_rank(Subscription.least_level),
            tier_rank(EFFECTIVE_TIER) >= tier_rank(Alert.tier),
            Alert.tier != Tier.SEALED,
        )
        .order_by(Subscription.id)
    )


# `critical` waits for no digest.
AT_ONCE = or_(Subscription.cadence == Cadence.IMMEDIATE, Alert.level == Level.CRITICAL)
IN_A_DIGEST = and_(Subscription.cadence != Cadence.IMMEDIATE, Alert.level != Level.CRITICAL)
