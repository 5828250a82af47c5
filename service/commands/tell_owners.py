"""The owner of a destination that fails, or was switched off, is told by every other way that works."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from alerts.facts import Tier
from service.commands.inserting import insert_into
from service.commands.ringing import ring_outbox
from service.database import database_now
from service.records import Alert, Delivery, Destination, Subscriber
from service.records.alerts import PRIORITY_ALERT
from service.records.base import new_id
from service.records.subscribers import WARNED_AT
from service.vocabulary import AlertKind, DestinationState, Detail

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.destination_facts import OffReason


@dataclass(frozen=True, slots=True)
class Notice:
    """What the owner of one destination is told of it; `dedupe_key` makes it once, whoever notices."""

    kind: AlertKind
    destination_id: UUID
    subscriber_id: UUID
    dedupe_key: str
    facts: dict[str, Any]


def failing(destination_id: UUID, subscriber_id: UUID, *, failures: int, since: datetime) -> Notice:
    """The warning at this number of failures of the row that began at `since` (UTC)."""
    facts = {"destination_id": str(destination_id), "failures": failures, "since": since.isoformat()}
    key = f"failing:{destination_id}:{facts['since']}:{failures}"
    return Notice(AlertKind.DESTINATION_FAILING, destination_id, subscriber_id, key, facts)


def disabled(destination_id: UUID, subscriber_id: UUID, *, reason: OffReason, at: datetime) -> Notice:
    """The word that it was switched off at this instant (UTC)."""
    facts = {"destination_id": str(destination_id), "reason": reason.value, "at": at.isoformat()}
    return Notice(
        AlertKind.DESTINATION_DISABLED, destination_id, subscriber_id, f"disabled:{destination_id}:{facts['at']}", facts
    )


def stopped(destination_id: UUID, subscriber_id: UUID, *, at: datetime) -> Notice:
    """The word that alerts to it were stopped, once on each day (UTC), whatever else is stopped that day."""
    facts = {"destination_id": str(destination_id), "on": at.date().isoformat()}
    key = f"stopped:{destination_id}:{facts['on']}"
    return Notice(AlertKind.ALERTS_STOPPED, destination_id, subscriber_id, key, facts)


def tell_owners(session: Session, notices: Collection[Notice], *, now: datetime) -> None:
    """Queue each notice for the owner's other destinations that work; where there is none, the board alone tells.

    `now` (UTC) is the database's clock, on which destinations fail.
    """
    ways: dict[UUID, list[Any]] = defaultdict(list)
    for way in _ways(session, {notice.subscriber_id for notice in notices}) if notices else ():
        ways[way.subscriber_id].append(way)
    owed = [
        (notice, way) for notice in notices for way in ways[notice.subscriber_id] if way.id != notice.destination_id
    ]
    if not owed:
        return
    alert_ids = _write(session, {notice.dedupe_key: notice for notice, _ in owed}.values(), now)
    deliveries = [
        {
            "alert_id": alert_ids[notice.dedupe_key],
            "destination_id": way.id,
            "channel": way.channel,
            "language": way.language,
            "time_zone": way.time_zone,
            "tier": Tier.PUBLIC,
            # It tells of no case.
            "detail": Detail.FULL,
            "priority": PRIORITY_ALERT,
            "due_at": database_now(),
        }
        for notice, way in owed
        if notice.dedupe_key in alert_ids
    ]
    if deliveries:
        session.execute(insert_into(session, Delivery).values(deliveries))
        ring_outbox(session)


def _ways(session: Session, owners: Collection[UUID]) -> Sequence[Any]:
    query = (
        select(
            Destination.id, Destination.subscriber_id, Destination.channel, Subscriber.language, Subscriber.time_zone
        )
        .join(Subscriber, Subscriber.id == Destination.subscriber_id)
        .where(
            Destination.subscriber_id.in_(owners),
            Destination.state == DestinationState.READY,
            Destination.failures < WARNED_AT[0],
        )
    )
    return session.execute(query).all()


def _write(session: Session, notices: Collection[Notice], now: datetime) -> dict[str, UUID]:
    """The ids of the alerts that were not there before, by their key."""
    written = session.execute(
        insert_into(session, Alert)
        .values(
            [
                {
                    "id": new_id(),
                    "dedupe_key": notice.dedupe_key,
                    "kind": notice.kind,
                    "priority": PRIORITY_ALERT,
                    "tier": Tier.PUBLIC,
                    "facts": notice.facts,
                    "created_at": now,
                }
                for notice in notices
            ]
        )
        .on_conflict_do_nothing(index_elements=["dedupe_key"])
        .returning(Alert.__table__.c.dedupe_key, Alert.__table__.c.id)
    )
    return {row.dedupe_key: row.id for row in written}
