"""Somebody wants to hear no more of a case, or wants to hear of it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from service.commands.tell_owners import stopped, tell_owners
from service.records import Subscription
from service.vocabulary import EndedReason, SubscriptionState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


def unsubscribe(session: Session, subscription: Subscription, *, now: datetime) -> None:
    """End the subscription; doing it twice does no more. What is queued for it is not sent: see queries.standing.

    Whoever gets hold of one mailbox must not silence its reader unseen: where the reader has another way, it is told.
    """
    if subscription.state is SubscriptionState.ENDED:
        return
    was_told = subscription.state is SubscriptionState.ACTIVE
    subscription.state = SubscriptionState.ENDED
    subscription.ended_reason = EndedReason.UNSUBSCRIBED
    subscription.ended_at = now
    session.flush()
    if was_told:
        tell_elsewhere(session, [subscription.destination_id], subscription.subscriber_id, now=now)


def unsubscribe_from_all(session: Session, subscriber_id: UUID, *, now: datetime) -> int:
    """End everything that this subscriber still hears or asked for; returns how many. Tells by their other ways as `unsubscribe` does."""
    living = (SubscriptionState.ACTIVE, SubscriptionState.PENDING)
    stopped_at = session.scalars(
        select(Subscription.destination_id)
        .where(Subscription.subscriber_id == subscriber_id, Subscription.state == SubscriptionState.ACTIVE)
        .distinct()
    ).all()
    ended = session.execute(
        update(Subscription)
        .where(Subscription.subscriber_id == subscriber_id, Subscription.state.in_(living))
        .values(
            state=SubscriptionState.ENDED,
            ended_reason=EndedReason.UNSUBSCRIBED,
            ended_at=now,
            version=Subscription.version + 1,
        )
        .execution_options(synchronize_session=False)
    )
    tell_elsewhere(session, stopped_at, subscriber_id, now=now)
    session.expire_all()
    count: int = ended.rowcount  # type: ignore[attr-defined] # a cursor result
    return count


def turn_on_again(session: Session, subscription: Subscription, *, now: datetime) -> bool:
    """Undo `unsubscribe` by the same link at `now` (UTC); False when the subscription ended for another reason.

    What was never confirmed waits for its button again; what was announced meanwhile is not owed.
    """
    if subscription.state is not SubscriptionState.ENDED:
        return True
    if subscription.ended_reason is not EndedReason.UNSUBSCRIBED:
        return False
    active = subscription.confirmed_at is not None
    subscription.state = SubscriptionState.ACTIVE if active else SubscriptionState.PENDING
    subscription.ended_at = subscription.ended_reason = None
    subscription.changed_at = now
    session.flush()
    return True


def tell_elsewhere(session: Session, destination_ids: Iterable[UUID], subscriber_id: UUID, *, now: datetime) -> None:
    """Tell the reader, by each other way that works, that alerts to these destinations were stopped; once a day for each."""
    tell_owners(session, [stopped(one, subscriber_id, at=now) for one in destination_ids], now=now)
