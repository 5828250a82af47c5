"""Who is to hear of an alert: the subscriptions that match it, asked for all of them in one statement each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, case, literal, or_, select

from alerts.facts import Level, Tier
from service.records import Alert, Destination, Subscriber, Subscription
from service.vocabulary import Cadence, DestinationState, SubscriptionState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

# One plain equality each, so that either engine can walk an index.
SUBJECTS: tuple[ColumnElement[bool], ...] = (
    Subscription.case_id == Alert.case_id,
    Subscription.country == Alert.country,
    Subscription.follow_up_kind == Alert.follow_up_kind,
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
        .join(Subscription, subject)
        .join(Destination, Destination.id == Subscription.destination_id)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .where(
            Alert.id.in_(alert_ids),
            Subscription.state == SubscriptionState.ACTIVE,
            or_(Subscription.paused_until.is_(None), Subscription.paused_until <= now),
            Destination.state == DestinationState.READY,
            _level_rank(Alert.level) >= _level_rank(Subscription.least_level),
            tier_rank(Subscription.tier) >= tier_rank(Alert.tier),
            Alert.tier != Tier.SEALED,
        )
        .order_by(Subscription.id)
    )


# `critical` waits for no digest.
AT_ONCE = or_(Subscription.cadence == Cadence.IMMEDIATE, Alert.level == Level.CRITICAL)
IN_A_DIGEST = and_(Subscription.cadence != Cadence.IMMEDIATE, Alert.level != Level.CRITICAL)


def _level_rank(column: SQLColumnExpression[Any]) -> ColumnElement[int]:
    return case(*((column == level, literal(level.rank)) for level in Level), else_=0)


def tier_rank(column: SQLColumnExpression[Any]) -> ColumnElement[int]:
    """The rank of a tier column (see `alerts.facts.Tier`), to be compared in SQL."""
    return case(*((column == tier, literal(tier.rank)) for tier in Tier), else_=0)
