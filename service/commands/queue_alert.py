"""Queues what concerns one subscription alone: a confirmation, a word that it exists already, a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from alerts.facts import Tier
from service.commands.inserting import insert_into
from service.commands.ringing import ring_outbox
from service.database import database_now
from service.records import Alert, Delivery, Destination, Subscriber
from service.records.alerts import PRIORITY_URGENT
from service.records.base import new_id

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.records import Subscription
    from service.vocabulary import AlertKind


def queue_for_subscription(
    session: Session,
    *,
    kind: AlertKind,
    subscription: Subscription,
    facts: dict[str, Any],
    dedupe_key: str,
    now: datetime,
) -> Delivery:
    """Write the alert and the one delivery that carries it, before all others in line.

    `facts` are plain JSON without tokens; links are made when it is sent. The same `dedupe_key` again queues nothing
    and returns the delivery that is there. `now` (UTC) is business time; the queue runs on the database's own clock.
    """
    _insert_alert(session, kind, subscription, facts, dedupe_key, now)
    alert_id = session.scalars(select(Alert.id).where(Alert.dedupe_key == dedupe_key)).one()
    destination = session.get_one(Destination, subscription.destination_id)
    subscriber = session.get_one(Subscriber, subscription.subscriber_id)
    session.execute(
        insert_into(session, Delivery)
        .values(
            alert_id=alert_id,
            destination_id=destination.id,
            subscription_id=subscription.id,
            channel=destination.channel,
            language=subscriber.language,
            time_zone=subscriber.time_zone,
            tier=Tier.PUBLIC,
            detail=subscription.detail,
            priority=PRIORITY_URGENT,
            due_at=database_now(),
        )
        .on_conflict_do_nothing(index_elements=["alert_id", "destination_id"])
    )
    ring_outbox(session)
    return session.scalars(
        select(Delivery).where(Delivery.alert_id == alert_id, Delivery.destination_id == destination.id)
    ).one()


def _insert_alert(
    session: Session,
    kind: AlertKind,
    subscription: Subscription,
    facts: dict[str, Any],
    dedupe_key: str,
    now: datetime,
) -> None:
    session.flush()  # the subscription may be as new as its alert
    session.execute(
        insert_into(session, Alert)
        .values(
            id=new_id(),
            dedupe_key=dedupe_key,
            kind=kind,
            priority=PRIORITY_URGENT,
            tier=Tier.PUBLIC,
            case_id=subscription.case_id,
            subscription_id=subscription.id,
            facts=facts,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["dedupe_key"])
    )
