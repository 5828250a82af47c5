"""A case is not watched any more: everybody who follows it by name hears so once, and is written to no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from alerts.facts import Tier
from service.commands.audience import EFFECTIVE_TIER
from service.commands.fan_out import COLUMNS
from service.commands.owing import owe
from service.commands.ranks import tier_rank
from service.commands.tell_again import STILL_THERE
from service.records import Alert, Destination, Subscriber, Subscription
from service.records.alerts import PRIORITY_ALERT
from service.records.base import new_id
from service.vocabulary import AlertKind, EndedReason, SubscriptionState

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.records import Case

_LIVING = (SubscriptionState.ACTIVE, SubscriptionState.PENDING)


def close_subscriptions(session: Session, case: Case, *, now: datetime) -> int:
    """Queue the last message for all who follow this case by name, and end their subscriptions; returns how many are told.

    Silence would look like good news. Whoever paused is told too; a wish that waits for its button only ends. Followers of a
    country or a kind go on hearing of other cases, and are not told. A sealed case has no readers.
    """
    told = 0
    follows = select(Subscription.id).where(
        Subscription.case_id == case.id, Subscription.state == SubscriptionState.ACTIVE
    )
    if case.tier is not Tier.SEALED and session.scalar(follows.limit(1)) is not None:
        told = _tell(session, case, now=now)
    session.execute(
        update(Subscription)
        .where(Subscription.case_id == case.id, Subscription.state.in_(_LIVING))
        .values(
            state=SubscriptionState.ENDED,
            ended_reason=EndedReason.CASE_CLOSED,
            ended_at=now,
            version=Subscription.version + 1,
        )
        .execution_options(synchronize_session="fetch")
    )
    return told


def _tell(session: Session, case: Case, *, now: datetime) -> int:
    alert_id = new_id()
    facts = {"case_reference": case.reference, "case_slug": case.slug}
    session.execute(
        insert(Alert).values(
            id=alert_id, dedupe_key=f"case_closed:{alert_id}", kind=AlertKind.CASE_CLOSED, priority=PRIORITY_ALERT,
            tier=case.tier, case_id=case.id, country=case.country, facts=facts, created_at=now,
        )
    )  # fmt: skip
    followers = (
        select(*COLUMNS.values())
        .select_from(Alert)
        .join(Subscription, Subscription.case_id == Alert.case_id)
        .join(Destination, Destination.id == Subscription.destination_id)
        .join(Subscriber, Subscriber.id == Destination.subscriber_id)
        .where(Alert.id == alert_id, STILL_THERE, tier_rank(EFFECTIVE_TIER) >= tier_rank(Alert.tier))
        .order_by(Subscription.id)
        # As in the fan-out: who erases a destination waits, and then takes these along.
        .with_for_update(read=True, key_share=True, of=Destination)
    )
    return owe(session, COLUMNS, followers)
