"""The last look: why something that is owed must not leave any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from service.facts import says_too_much, standing_items
from service.queries.standing import standing_of
from service.records import Delivery

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

WITHDRAWN = "It says what somebody no longer agrees to have said."
EMPTY = "Nothing of it stands any more."


def why_not(session: Session, delivery_ids: Collection[int], *, now: datetime) -> dict[int, str]:
    """Why each of these must not leave at `now` (UTC), in one plain sentence; those that may leave are missing.

    One that cannot even be looked at is named with the mistake, and hides nothing about the others.
    """
    try:
        return _reasons(session, delivery_ids, now)
    except SQLAlchemyError:
        raise
    except Exception as error:  # noqa: BLE001 - told to whoever asked
        if len(delivery_ids) == 1:
            return dict.fromkeys(delivery_ids, f"It cannot be written: {type(error).__name__}.")
        return {key: reason for one in delivery_ids for key, reason in why_not(session, [one], now=now).items()}


def _reasons(session: Session, delivery_ids: Collection[int], now: datetime) -> dict[int, str]:
    deliveries = session.scalars(select(Delivery).where(Delivery.id.in_(delivery_ids))).all()
    standings = standing_of(session, delivery_ids, now=now)
    withdrawn = says_too_much(session, {one.alert_id for one in deliveries if one.alert_id is not None}, now=now)
    reasons = {}
    for one in deliveries:
        if one.id in standings and (gone := standings[one.id].gone) is not None:
            reasons[one.id] = gone
        elif one.alert_id is not None and (one.alert_id, one.tier) in withdrawn:
            reasons[one.id] = WITHDRAWN
        elif one.digest_id is not None and not _has_news(session, one, now):
            reasons[one.id] = EMPTY
    return reasons


def _has_news(session: Session, delivery: Delivery, now: datetime) -> bool:
    if delivery.digest_id is None:
        return False
    return bool(standing_items(session, delivery.digest_id, tier=delivery.tier, now=now))
