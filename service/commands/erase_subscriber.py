"""A subscriber has everything erased: nothing is left but counts and a keyed hash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, or_, select

from service.commands.address_changes import only_others, require_not_a_members
from service.records import AddressChange, Alert, Delivery, Destination, Erasure, Gate, Subscriber, Subscription
from service.records.base import new_id
from service.vocabulary import ABOUT_DESTINATIONS

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session


def erase_subscriber(session: Session, subscriber: Subscriber, *, now: datetime) -> None:
    """Delete the subscriber with every address, subscription, message, digest and visit; what is queued goes too.

    Raises Conflict while a member of the organisation is told at one of the mailboxes.
    """
    require_not_a_members(session, subscriber)
    theirs = select(Destination.id).where(Destination.subscriber_id == subscriber.id)
    subscriptions = _count(session, select(Subscription.id).where(Subscription.subscriber_id == subscriber.id))
    deliveries = _count(session, select(Delivery.id).where(Delivery.destination_id.in_(theirs)))
    destinations = session.execute(
        select(Destination.id, Destination.address_hmac).where(Destination.id.in_(theirs))
    ).all()
    session.add_all(
        Erasure(id=new_id(), at=now, address_hmac=one.address_hmac, subscriptions=subscriptions, deliveries=deliveries)
        for one in destinations
    )
    session.flush()
    # Written for them alone, but bound to no subscription that would take them along.
    personal = (
        select(Alert.id)
        .join(Delivery, Delivery.alert_id == Alert.id)
        .where(Delivery.destination_id.in_(theirs), Alert.kind.in_(ABOUT_DESTINATIONS))
    )
    session.execute(delete(Alert).where(Alert.id.in_(personal)), execution_options=_UNSEEN)
    gates = [f"dest:{one.id}" for one in destinations]
    session.execute(delete(Gate).where(Gate.key.in_(gates)), execution_options=_UNSEEN)
    others = only_others(AddressChange.destination_id.in_(theirs))
    session.execute(
        delete(Subscriber).where(or_(Subscriber.id == subscriber.id, Subscriber.id.in_(others))),
        execution_options=_UNSEEN,
    )
    session.expire_all()


_UNSEEN = {"synchronize_session": False}


def _count(session: Session, query: Select[Any]) -> int:
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0
