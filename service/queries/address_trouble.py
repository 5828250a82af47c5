"""Which of a listener's own addresses do not work: for the page on which they manage them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, or_, select

from alerts.bounces import STALE_AFTER
from service.records import BounceScore, Destination, Suppression
from service.records.subscribers import WARNED_AT
from service.vocabulary import DestinationState

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from service.records import Subscriber
    from service.vocabulary import ChannelName


class Trouble(StrEnum):
    """What is wrong with an address, the gravest first."""

    SUPPRESSED = "suppressed"
    OFF = "off"
    FAILING = "failing"
    COMES_BACK = "comes_back"


@dataclass(frozen=True, slots=True)
class AddressTrouble:
    """One address that does not work, and since when (UTC)."""

    destination_id: UUID
    channel: ChannelName
    trouble: Trouble
    since: datetime


def address_trouble(session: Session, subscriber: Subscriber, *, now: datetime) -> list[AddressTrouble]:
    """The listener's destinations to which nothing is sent, or from which mail comes back, at `now` (UTC)."""
    rows = session.execute(
        select(
            Destination.id,
            Destination.channel,
            Destination.state,
            Destination.failures,
            Destination.first_failure_at,
            Destination.disabled_at,
            Destination.enabled_at,
            Destination.verified_at,
            Suppression.created_at.label("suppressed_at"),
            BounceScore.last_at.label("came_back_at"),
        )
        .outerjoin(BounceScore, BounceScore.destination_id == Destination.id)
        .outerjoin(
            Suppression,
            and_(
                Suppression.address_hmac == Destination.address_hmac,
                or_(Suppression.until.is_(None), Suppression.until > now),
            ),
        )
        .where(Destination.subscriber_id == subscriber.id)
        .order_by(Destination.id)
    )
    found = [(row, _trouble(row, now)) for row in rows]
    return [AddressTrouble(row.id, row.channel, *trouble) for row, trouble in found if trouble is not None]


def _trouble(row: Row[*tuple[Any, ...]], now: datetime) -> tuple[Trouble, datetime] | None:
    if row.suppressed_at is not None:
        return Trouble.SUPPRESSED, row.suppressed_at
    if row.state is DestinationState.DISABLED:
        return Trouble.OFF, row.disabled_at or now
    if row.failures >= WARNED_AT[0]:
        return Trouble.FAILING, row.first_failure_at or now
    if row.came_back_at is None or now - row.came_back_at > STALE_AFTER:
        return None
    since = [at for at in (row.enabled_at, row.verified_at) if at is not None]
    return None if since and row.came_back_at < max(since) else (Trouble.COMES_BACK, row.came_back_at)
