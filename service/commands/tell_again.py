"""Queues a later version for everybody who got an earlier one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from service.commands.audience import EFFECTIVE_TIER, SETTLED_FOR_S
from service.commands.least_detail import LEAST_DETAIL
from service.commands.owing import QUEUED, owe
from service.commands.ranks import tier_rank
from service.database import seconds_before
from service.records import Alert, Delivery, Destination, Subscriber, Subscription, UrgentAction
from service.vocabulary import DeliveryState, DestinationState, SubscriptionState, UrgentActionKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

_Earlier = aliased(UrgentAction)

# It arrived, or it may have, or it may be arriving at this moment.
GOT_IT = or_(
    Delivery.state.in_((DeliveryState.ACCEPTED, DeliveryState.UNKNOWN, DeliveryState.HELD, DeliveryState.SENDING)),
    Delivery.maybe_sent,
)
STILL_THERE = and_(Subscription.state == SubscriptionState.ACTIVE, Destination.state == DestinationState.READY)
# Whoever asked for silence hears that a call is over, because it is never a call to do anything.
_AWAKE: Any = or_(
    UrgentAction.kind == UrgentActionKind.STOP_ACTION,
    Subscription.paused_until.is_(None),
    Subscription.paused_until <= Alert.created_at,
)
_COLUMNS = {
    "alert_id": Alert.id,
    "destination_id": Delivery.destination_id,
    "subscription_id": Subscription.id,
    "channel": Destination.channel,
    "language": Subscriber.language,
    "time_zone": Subscriber.time_zone,
    "tier": EFFECTIVE_TIER,
    "detail": LEAST_DETAIL,
    "priority": Alert.priority,
    **QUEUED,
}


def tell_again(session: Session, alert_id: UUID) -> int:
    """Queue this version for all who got an earlier one of its number.

    Whoever unsubscribed or was switched off since is not written to. Run again, or after the fan-out, it adds only whom
    that left out; returns how many.
    """
    return owe_again(session, alert_id, _earlier_readers)


def owe_again(session: Session, alert_id: UUID, readers: Callable[..., Select[Any]]) -> int:
    """Queue this alert for the readers whom the query finds, joined with Alert, Subscription, Destination and Subscriber.

    Returns how many are new.
    """
    who = (
        readers(*_COLUMNS.values())
        .where(Alert.id == alert_id)
        .order_by(Subscription.id)
        # As in the fan-out: who erases a destination waits, and then takes these along.
        .with_for_update(read=True, key_share=True, of=Destination)
    )
    return owe(session, _COLUMNS, who)


def untold_again(*columns: SQLColumnExpression[Any], since: datetime, until: datetime) -> Select[*tuple[Any, ...]]:
    """The given columns for later versions told between two instants (UTC) and earlier readers who were not told.

    Joined are Alert, Subscription and Destination. Judged as in `audience.owed`: only whoever was there, with the same
    wish, five minutes before.
    """
    settled_at = seconds_before(Alert.created_at, SETTLED_FOR_S)
    told = aliased(Delivery)
    return _earlier_readers(*columns).where(
        Alert.created_at.between(since, until),
        ~exists().where(told.alert_id == Alert.id, told.destination_id == Delivery.destination_id),
        func.coalesce(Subscription.confirmed_at, Subscription.created_at) < settled_at,
        or_(Subscription.changed_at.is_(None), Subscription.changed_at < settled_at),
        func.coalesce(Destination.verified_at, Destination.created_at) < settled_at,
        or_(Destination.enabled_at.is_(None), Destination.enabled_at < settled_at),
    )


def _earlier_readers(*columns: SQLColumnExpression[Any]) -> Select[*tuple[Any, ...]]:
    return (
        select(*columns)
        .select_from(Alert)
        .join(UrgentAction, UrgentAction.alert_id == Alert.id)
        .join(
            _Earlier,
            and_(
                _Earlier.year == UrgentAction.year,
                _Earlier.given == UrgentAction.given,
                _Earlier.edition < UrgentAction.edition,
            ),
        )
        .join(Delivery, Delivery.alert_id == _Earlier.alert_id)
        .join(Subscription, Subscription.id == Delivery.subscription_id)
        .join(Destination, Destination.id == Delivery.destination_id)
        .join(Subscriber, Subscriber.id == Destination.subscriber_id)
        .where(GOT_IT, STILL_THERE, _AWAKE, tier_rank(EFFECTIVE_TIER) >= tier_rank(Alert.tier))
    )


def told_of(actions: Sequence[UrgentAction]) -> ColumnElement[bool]:
    """The deliveries of these versions."""
    return Delivery.alert_id.in_([action.alert_id for action in actions if action.alert_id is not None])
