"""Queues a correction for everybody who was told anything of its case since the wrong assertion was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import CompoundSelect, Select, SQLColumnExpression, and_, exists, func, or_, select, union_all
from sqlalchemy.orm import aliased

from service.commands.audience import EFFECTIVE_TIER, SETTLED_FOR_S
from service.commands.ranks import tier_rank
from service.commands.tell_again import GOT_IT, STILL_THERE, owe_again
from service.database import seconds_before
from service.records import (
    Alert,
    Assertion,
    Correction,
    Delivery,
    Destination,
    DigestItem,
    Subscriber,
    Subscription,
)
from service.vocabulary import FOLLOWED

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

_Told = aliased(Alert)


def tell_corrected(session: Session, alert_id: UUID) -> int:
    """Queue this correction for all of them, whether they were told at once or in a digest; returns how many.

    Whoever unsubscribed or was switched off since is not written to. Run again, it adds nothing.
    """
    return sum(owe_again(session, alert_id, readers) for readers in (_told_at_once, _told_in_a_digest))


def uncorrected(
    *columns: SQLColumnExpression[Any], since: datetime, until: datetime
) -> CompoundSelect[*tuple[Any, ...]]:
    """The given columns for corrections told between two instants (UTC) and earlier readers who were not told.

    Joined are Alert, Subscription and Destination. Judged as in `audience.owed`: only whoever was there, with the same
    wish, five minutes before.
    """
    settled_at = seconds_before(Alert.created_at, SETTLED_FOR_S)
    hears = aliased(Delivery)
    return union_all(
        *(
            readers(*columns).where(
                Alert.created_at.between(since, until),
                ~exists().where(hears.alert_id == Alert.id, hears.destination_id == Delivery.destination_id),
                func.coalesce(Subscription.confirmed_at, Subscription.created_at) < settled_at,
                or_(Subscription.changed_at.is_(None), Subscription.changed_at < settled_at),
                func.coalesce(Destination.verified_at, Destination.created_at) < settled_at,
                or_(Destination.enabled_at.is_(None), Destination.enabled_at < settled_at),
            )
            for readers in (_told_at_once, _told_in_a_digest)
        )
    )


def _told_at_once(*columns: SQLColumnExpression[Any]) -> Select[*tuple[Any, ...]]:
    told = select(*columns).select_from(Alert).join(_Told, _Told.case_id == Alert.case_id)
    return _earlier_readers(
        told.join(Delivery, Delivery.alert_id == _Told.id).join(
            Subscription, Subscription.id == Delivery.subscription_id
        )
    )


def _told_in_a_digest(*columns: SQLColumnExpression[Any]) -> Select[*tuple[Any, ...]]:
    told = select(*columns).select_from(Alert).join(_Told, _Told.case_id == Alert.case_id)
    in_it = and_(Delivery.digest_id == DigestItem.digest_id, Delivery.destination_id == DigestItem.destination_id)
    return _earlier_readers(
        told.join(DigestItem, DigestItem.alert_id == _Told.id)
        .join(Delivery, in_it)
        .join(Subscription, Subscription.id == DigestItem.subscription_id)
    )


def _earlier_readers(told: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return (
        told.join(Correction, Correction.alert_id == Alert.id)
        .join(Assertion, Assertion.id == Correction.assertion_id)
        .join(Destination, Destination.id == Delivery.destination_id)
        .join(Subscriber, Subscriber.id == Destination.subscriber_id)
        .where(
            _Told.id != Alert.id,
            _Told.kind.in_(FOLLOWED),
            _Told.created_at >= Assertion.created_at,
            _Told.created_at <= Alert.created_at,
            GOT_IT,
            STILL_THERE,
            tier_rank(EFFECTIVE_TIER) >= tier_rank(Alert.tier),
        )
    )
