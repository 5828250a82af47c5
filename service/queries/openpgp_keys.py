"""Which key a subscriber has: what may be shown of it, and the keys themselves for those who encrypt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.channels.openpgp import in_groups
from service.records import Delivery, Destination, OpenpgpKey

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


_ANY = select(OpenpgpKey.__table__.c.subscriber_id).limit(1)


@dataclass(frozen=True, slots=True)
class KeyShown:
    """What anybody but the owner's mail sees of a key; instants are UTC, `expires_at` None: it has no end."""

    fingerprint: str
    expires_at: datetime | None
    uploaded_at: datetime

    @property
    def in_groups(self) -> str:
        """The fingerprint as people compare it."""
        return in_groups(self.fingerprint)


@dataclass(frozen=True, slots=True)
class SealedKey:
    """A key as it is stored, and whose it is."""

    subscriber_id: UUID
    armoured_sealed: str


def key_of(session: Session, subscriber_id: UUID) -> KeyShown | None:
    """What may be shown of the subscriber's key; None: they have none."""
    key = session.get(OpenpgpKey, subscriber_id)
    return None if key is None else KeyShown(key.fingerprint, key.expires_at, key.uploaded_at)


def keys_for(session: Session, delivery_ids: Collection[int]) -> dict[int, SealedKey]:
    """The keys of those who are owed these deliveries, by delivery; whoever has none is missing."""
    # Most installations have none, and each batch of mail asks.
    if session.scalar(_ANY) is None:
        return {}
    rows = session.execute(
        select(Delivery.id, OpenpgpKey.subscriber_id, OpenpgpKey.armoured_sealed)
        .join(Destination, Destination.id == Delivery.destination_id)
        .join(OpenpgpKey, OpenpgpKey.subscriber_id == Destination.subscriber_id)
        .where(Delivery.id.in_(delivery_ids))
    )
    return {row.id: SealedKey(row.subscriber_id, row.armoured_sealed) for row in rows}
