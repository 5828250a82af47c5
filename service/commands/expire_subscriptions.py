"""Ends wishes that nobody confirmed in time, and in the end forgets them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.orm import aliased

from service.commands.subscribe import CONFIRM_WITHIN
from service.records import AddressChange, Destination, Subscriber, Subscription
from service.vocabulary import DestinationState, EndedReason, SubscriptionState

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

# So long the page of an expired link can still send a new one.
UNCONFIRMED_KEPT = timedelta(days=30)
# Few enough to be named in one statement on either engine.
_BATCH = 1000
_UNSEEN = {"synchronize_session": False}


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
        ),
        execution_options=_UNSEEN,
    )
    count: int = ended.rowcount  # type: ignore[attr-defined] # a cursor result
    return count


def forget_unconfirmed(session: Session, *, now: datetime) -> int:
    """Delete the wishes that ended unconfirmed thirty days before `now` (UTC), with their messages; returns how many.

    A mailbox that nobody ever confirmed, and for which nothing is wished any more, goes with its subscriber: somebody else
    may have written it into the form.
    """
    long_ago = now - UNCONFIRMED_KEPT
    forgotten = session.execute(
        delete(Subscription).where(
            Subscription.ended_reason == EndedReason.NEVER_CONFIRMED, Subscription.ended_at <= long_ago
        ),
        execution_options=_UNSEEN,
    )
    # Held, so that nobody can wish for anything there between the look and the deletion.
    bare = (
        select(Destination.subscriber_id)
        .where(Destination.created_at <= long_ago, *_nobodys())
        .limit(_BATCH)
        .with_for_update(of=Destination, skip_locked=True)
    )
    while subscribers := session.scalars(bare).all():
        session.execute(
            delete(Subscriber).where(
                Subscriber.id.in_(subscribers), ~exists().where(Subscription.subscriber_id == Subscriber.id)
            ),
            execution_options=_UNSEEN,
        )
    session.expire_all()
    count: int = forgotten.rowcount  # type: ignore[attr-defined] # a cursor result
    return count


def _nobodys() -> tuple[ColumnElement[bool], ...]:
    """A reader's mailbox that was never confirmed, and all that its subscriber has."""
    other = aliased(Destination)
    return (
        Destination.label == "",
        Destination.verified_at.is_(None),
        # What staff switched off stays, so that they find it off.
        or_(Destination.state == DestinationState.PENDING, Destination.first_failure_at.is_not(None)),
        ~exists().where(other.subscriber_id == Destination.subscriber_id, other.id != Destination.id),
        ~exists().where(Subscription.subscriber_id == Destination.subscriber_id),
        ~exists().where(or_(AddressChange.other_id == Destination.id, AddressChange.destination_id == Destination.id)),
    )
