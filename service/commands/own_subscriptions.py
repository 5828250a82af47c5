"""What a subscriber does to a subscription of their own: change it, pause it, resume it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from service.errors import NotFound
from service.records import Subscription
from service.vocabulary import SubscriptionState

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.facts import Level
    from service.records import Subscriber
    from service.vocabulary import Cadence, Detail

# What a column of 64 bits holds; a longer number in an address would be an error of the engine.
_LARGEST = 2**63 - 1


def own_subscription(session: Session, subscriber: Subscriber, number: int, *, to_change: bool = True) -> Subscription:
    """This subscription of the subscriber. Raises NotFound for another's, byte for byte as for none."""
    if number > _LARGEST:
        raise NotFound("There is no such subscription.")
    query = (
        select(Subscription)
        .where(Subscription.id == number, Subscription.subscriber_id == subscriber.id)
        .where(Subscription.state == SubscriptionState.ACTIVE)
    )
    found = session.scalar(query.with_for_update() if to_change else query)
    if found is None:
        raise NotFound("There is no such subscription.")
    return found


def change_wish(
    session: Session, subscription: Subscription, *, cadence: Cadence, detail: Detail, least_level: Level, now: datetime
) -> None:
    """How often from now on, how much is said, and from which level upwards.

    What was made before `now` (UTC) is not owed again; what is queued says less at once where less is wished.
    """
    subscription.detail = detail
    if (subscription.cadence, subscription.least_level) == (cadence, least_level):
        session.flush()
        return
    subscription.cadence, subscription.least_level, subscription.changed_at = cadence, least_level, now
    session.flush()


def pause(session: Session, subscription: Subscription, *, until: datetime) -> None:
    """Say nothing until this instant (UTC); what is announced meanwhile is not owed afterwards."""
    subscription.paused_until = until
    session.flush()


def resume(session: Session, subscription: Subscription, *, now: datetime) -> None:
    """Speak again from now on; doing it twice does no more."""
    if subscription.paused_until is None:
        return
    subscription.paused_until, subscription.changed_at = None, now
    session.flush()
