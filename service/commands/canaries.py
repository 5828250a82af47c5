"""Canaries: messages that Vigil sends to itself, to prove the whole way out and back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, literal_column

from service.commands.beat import beat
from service.commands.queue_alert import queue_for_subscription
from service.errors import NotFound
from service.records import Alert, Heartbeat, Subscription
from service.records.alerts import CANARY_EVERY
from service.vocabulary import AlertKind, Beat

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

KEPT_FOR = timedelta(days=7)
# More than can be on their way at once.
RECEIPTS_KEPT = 10


def queue_canary(session: Session, subscription_id: int, *, now: datetime) -> bool:
    """Queue this quarter of an hour's canary, once; False when there is no such subscription. `now` is the machine's time."""
    subscription = session.get(Subscription, subscription_id)
    if subscription is None:
        return False
    queue_for_subscription(
        session,
        kind=AlertKind.CANARY,
        subscription=subscription,
        facts={},
        dedupe_key=f"canary:{subscription.id}:{int(now.timestamp() // CANARY_EVERY.total_seconds())}",
        now=now,
    )
    return True


def note_receipt(session: Session, alert_id: UUID, *, now: datetime) -> None:
    """A canary has come back at `now` (the machine's time, UTC); twice is as good as once. Raises NotFound."""
    alert = session.get(Alert, alert_id)
    if alert is None or alert.kind is not AlertKind.CANARY:
        raise NotFound("This canary is forgotten already.")
    last = session.get(Heartbeat, Beat.CANARY_RECEIPT.value, with_for_update=True)
    before = [] if last is None else [one for one in last.detail["received"] if one != str(alert_id)]
    received = [str(alert_id), *before][:RECEIPTS_KEPT]
    beat(session, Beat.CANARY_RECEIPT, at=now, detail={"received": received})


def forget_canaries(session: Session, *, now: datetime) -> None:
    """Delete the canaries that are older than seven days at `now` (the machine's time, UTC), with their deliveries."""
    session.execute(
        delete(Alert)
        # Spelled like the index, or neither engine uses it.
        .where(Alert.kind == literal_column("'canary'"), Alert.created_at < now - KEPT_FOR)
        .execution_options(synchronize_session=False)
    )
