"""Ends wishes that nobody confirmed in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

from service.commands.subscribe import CONFIRM_WITHIN
from service.records import Subscription
from service.vocabulary import EndedReason, SubscriptionState

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


def expire_subscriptions(session: Session, *, now: datetime) -> int:
    """End every subscription that waited seven days for its button at `now` (UTC); returns how many."""
    ended = session.execute(
        update(Subscription)
        .where(Subscription.state == SubscriptionState.PENDING, Subscription.created_at <= now - CONFIRM_WITHIN)
        .values(
            state=SubscriptionState.ENDED,
            ended_reason=EndedReason.NEVER_CONFIRMED,
            ended_at=now,
            version=Subscription.version + 1,
        )
        .execution_options(synchronize_session=False)
    )
    count: int = ended.rowcount  # type: ignore[attr-defined] # a cursor result
    return count
