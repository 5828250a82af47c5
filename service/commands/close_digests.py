"""Closes the digests whose period has ended, and queues one delivery for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, false, func, literal, select, true, update

from alerts.facts import Tier
from service.commands.audience import EFFECTIVE_TIER
from service.commands.inserting import insert_into
from service.commands.least_detail import LEAST_DETAIL_RANK, detail_of_rank
from service.commands.ranks import tier_rank
from service.commands.ringing import ring_outbox
from service.database import database_now
from service.records import Alert, Delivery, Destination, Digest, DigestItem, Subscriber, Subscription
from service.records.alerts import PRIORITY_DIGEST
from service.vocabulary import DeliveryState

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

# A digest may say what the most guarded of its subscriptions may hear.
_LEAST_TIER = case(
    *((func.min(tier_rank(EFFECTIVE_TIER)) == tier.rank, literal(tier.value)) for tier in Tier),
    else_=Tier.PUBLIC.value,
)
_COLUMNS = {
    "digest_id": Digest.id,
    "destination_id": Digest.destination_id,
    "subscription_id": func.min(DigestItem.subscription_id),
    "channel": Destination.channel,
    "language": Subscriber.language,
    "time_zone": Subscriber.time_zone,
    "tier": _LEAST_TIER,
    # One message, and so as few words as any alert in it asks for.
    "detail": detail_of_rank(func.max(LEAST_DETAIL_RANK)),
    "priority": literal(PRIORITY_DIGEST),
    "state": literal(DeliveryState.QUEUED.value),
    "open": true(),
    "attempts": literal(0),
    "maybe_sent": false(),
    "due_at": database_now(),
}


def close_digests(session: Session, *, now: datetime) -> int:
    """Close every digest whose period ended at or before `now` (UTC), each once; returns how many were queued.

    A digest exists only once something is in it, so none that is sent is empty.
    """
    # One to which somebody is adding an alert just now is closed at the next bell, with that alert in it.
    ended = (
        select(Digest.id).where(Digest.period_end <= now, Digest.closed_at.is_(None)).with_for_update(skip_locked=True)
    )
    session.execute(
        update(Digest).where(Digest.id.in_(ended)).values(closed_at=now),
        execution_options={"synchronize_session": False},
    )
    rows = (
        select(*_COLUMNS.values())
        .select_from(Digest)
        .join(DigestItem, DigestItem.digest_id == Digest.id)
        .join(Subscription, Subscription.id == DigestItem.subscription_id)
        .join(Alert, Alert.id == DigestItem.alert_id)
        .join(Destination, Destination.id == Digest.destination_id)
        .join(Subscriber, Subscriber.id == Digest.subscriber_id)
        .where(Digest.period_end <= now, Digest.closed_at == now)
        .group_by(Digest.id, Digest.destination_id, Destination.channel, Subscriber.language, Subscriber.time_zone)
    )
    statement = insert_into(session, Delivery).from_select(list(_COLUMNS), rows).on_conflict_do_nothing()
    queued: int = session.execute(statement, execution_options={"preserve_rowcount": True}).rowcount  # type: ignore[attr-defined] # a cursor result
    if queued:
        ring_outbox(session)
    return queued
