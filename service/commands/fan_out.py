"""Turns alerts into what is owed to each destination: one delivery, or one line in a digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.commands.audience import AT_ONCE, EFFECTIVE_TIER, SUBJECTS, audience
from service.commands.gather_digests import gather_digests
from service.commands.least_detail import LEAST_DETAIL
from service.commands.owing import QUEUED, owe
from service.records import Alert, Destination, Subscriber, Subscription

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

# What a delivery takes from the alert and the subscription that is its reason.
COLUMNS = {
    "alert_id": Alert.id,
    "destination_id": Subscription.destination_id,
    "subscription_id": Subscription.id,
    "channel": Destination.channel,
    "language": Subscriber.language,
    "time_zone": Subscriber.time_zone,
    "tier": EFFECTIVE_TIER,
    "detail": LEAST_DETAIL,
    "priority": Alert.priority,
    **QUEUED,
}


def fan_out(session: Session, alert_ids: Sequence[UUID], *, now: datetime) -> int:
    """Queue these alerts for everyone who must hear of them; returns the number of new deliveries.

    Two subscriptions that lead to one destination make one delivery (unique on alert and destination), for the
    reason of the older one and in as few words as any of them asks for. Run again, it adds nothing.
    """
    if not alert_ids:
        return 0
    queued = 0
    for subject in SUBJECTS:
        matching = (
            audience(alert_ids, subject, *COLUMNS.values(), now=now)
            .where(AT_ONCE)
            # In place of a foreign key: who erases a destination waits, and then takes these along.
            .with_for_update(read=True, key_share=True, of=Destination)
        )
        queued += owe(session, COLUMNS, matching)
    gather_digests(session, alert_ids, now=now)
    return queued
