"""Queues what concerns one destination and no subscription: a link its owner asked for, a notice that guards it, a test, a probe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alerts.facts import Tier
from service.commands.ringing import ring_outbox
from service.database import database_now
from service.records import Alert, Delivery, Subscriber
from service.records.alerts import PRIORITY_URGENT
from service.records.base import new_id

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.records import Destination
    from service.vocabulary import AlertKind


def queue_personal(
    session: Session,
    destination: Destination,
    kind: AlertKind,
    facts: dict[str, Any],
    *,
    now: datetime,
    priority: int = PRIORITY_URGENT,
) -> Delivery:
    """Write the alert and its one delivery, by default before all others in line; `facts` are plain JSON without tokens."""
    subscriber = session.get_one(Subscriber, destination.subscriber_id)
    alert_id = new_id()
    session.add(
        Alert(
            id=alert_id, dedupe_key=f"{kind}:{alert_id}", kind=kind, priority=priority, tier=Tier.PUBLIC,
            facts=facts, created_at=now,
        )
    )  # fmt: skip
    session.flush()
    delivery = Delivery(
        alert_id=alert_id, destination_id=destination.id, channel=destination.channel, language=subscriber.language,
        time_zone=subscriber.time_zone, tier=Tier.PUBLIC, priority=priority, due_at=database_now(),
    )  # fmt: skip
    session.add(delivery)
    session.flush()
    ring_outbox(session)
    return delivery
