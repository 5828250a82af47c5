"""Who is to hear of an alert: the subscriptions that match it, asked for all of them in one statement each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, case, func, literal, or_, select

from alerts.facts import Level, Tier
from service.commands.ranks import level_rank, tier_rank
from service.database import seconds_before
from service.records import Alert, Destination, Subscriber, Subscription
from service.vocabulary import URGENT, AlertKind, Cadence, ChannelName, DestinationState, SubscriptionState

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
_SAME_CASE = Subscription.case_id == Alert.case_id
_SAME_COUNTRY = Subscription.country == Alert.country
_SAME_KIND = Subscription.follow_up_kind == Alert.follow_up_kind
SUBJECTS: tuple[ColumnElement[bool], ...] = (_SAME_CASE, _SAME_COUNTRY, and_(_SAME_KIND, _MAY_LEARN_KIND))

# `critical` waits for no digest, and an urgent action, whose last day to act may come before the week is over, neither.
# A digest tells of follow-ups alone; whatever else there is goes at once.
AT_ONCE = or_(
    Subscription.cadence == Cadence.IMMEDIATE, Alert.level == Level.CRITICAL, Alert.kind != AlertKind.FOLLOW_UP
)
IN_A_DIGEST = and_(
    Subscription.cadence != Cadence.IMMEDIATE, Alert.level != Level.CRITICAL, Alert.kind == AlertKind.FOLLOW_UP
)

# Longer than any transaction: a wish confirmed just before the check began may have been committed just after.
SETTLED_FOR_S = 300.0


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
        .where(Alert.id.in_(alert_ids), subject, *_MATCHES, _is_awake_at(now))
        .order_by(Subscription.id)
    )


def owed(
    *columns: SQLColumnExpression[Any],
    among: Sequence[ColumnElement[bool]],
    sent: ColumnElement[bool],
    gathered: ColumnElement[bool],
) -> list[Select[*tuple[Any, ...]]]:
    """The given columns, for each subject, of alerts and subscriptions that must have met and did not.

    Joined are Alert, Subscription and Destination. `among` says which alerts; `sent` that there is a delivery; `gathered`
    that there is a digest item, which is enough for whoever asked for a digest.

    Rows tell how things stand now, not how they stood when the alert was made. So judged are only subscriptions that are
    active and destinations that are ready, and that were so already, with the same wish and not paused, five minutes
    before the alert. Whoever was confirmed, resumed, changed or switched on later is owed nothing older. Whoever has
    ended, been switched off or paused over it since is not judged any more: what is missing would be cancelled, and
    while they listened they were judged.
    """
    return [
        _owed(same, subject, columns, (*among, ~sent, or_(AT_ONCE, ~gathered)))
        for same, subject in zip((_SAME_CASE, _SAME_COUNTRY, _SAME_KIND), SUBJECTS, strict=True)
    ]


def _owed(
    same: ColumnElement[bool],
    subject: ColumnElement[bool],
    columns: Sequence[SQLColumnExpression[Any]],
    unmet: Sequence[ColumnElement[bool]],
) -> Select[*tuple[Any, ...]]:
    # Of millions that were met none is left after the first step, and only what is left is looked at closely.
    pairs = (
        select(Alert.id.label("alert_id"), Subscription.id.label("subscription_id"))
        .join(Subscription, same)
        .where(Subscription.state == SubscriptionState.ACTIVE, *unmet)
        .cte()
        .prefix_with("MATERIALIZED")
    )
    settled_at = seconds_before(Alert.created_at, SETTLED_FOR_S)
    return (
        select(*columns)
        .select_from(pairs)
        .join(Alert, Alert.id == pairs.c.alert_id)
        .join(Subscription, Subscription.id == pairs.c.subscription_id)
        .join(Destination, Destination.id == Subscription.destination_id)
        .where(
            subject,
            *_MATCHES,
            _is_awake_at(Alert.created_at),
            func.coalesce(Subscription.confirmed_at, Subscription.created_at) < settled_at,
            or_(Subscription.changed_at.is_(None), Subscription.changed_at < settled_at),
            func.coalesce(Destination.verified_at, Destination.created_at) < settled_at,
            or_(Destination.enabled_at.is_(None), Destination.enabled_at < settled_at),
        )
    )


_MATCHES: tuple[ColumnElement[bool], ...] = (
    Subscription.state == SubscriptionState.ACTIVE,
    Destination.state == DestinationState.READY,
    # An urgent action has no level: it is not late, it is wanted.
    or_(Alert.kind.in_(URGENT), level_rank(Alert.level) >= level_rank(Subscription.least_level)),
    tier_rank(EFFECTIVE_TIER) >= tier_rank(Alert.tier),
    Alert.tier != Tier.SEALED,
)


def _is_awake_at(at: Any) -> ColumnElement[bool]:
    return or_(Subscription.paused_until.is_(None), Subscription.paused_until <= at)
