"""Members subscribe the organisation's own destinations; what a member adds speaks at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.facts import Tier
from service.commands.audit import audit
from service.errors import Conflict
from service.records import Subscription
from service.vocabulary import EndedReason, SubscriptionState

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.commands.wishes import Wish
    from service.records import Destination
    from service.security.encryption import Vault


def subscribe_destination(
    session: Session, destination: Destination, wish: Wish, *, now: datetime, by: str, vault: Vault
) -> Subscription:
    """Write an active subscription; its messages say what is public. Raises InvalidInput and Conflict."""
    wish.require_one_subject()
    if not destination.label:
        raise Conflict("A private mailbox is subscribed by its owner alone.")
    if _same(session, destination, wish) is not None:
        raise Conflict("This destination hears of that already.")
    subscription = Subscription(
        subscriber_id=destination.subscriber_id, destination_id=destination.id, case_id=wish.case_id,
        country=wish.country, follow_up_kind=wish.follow_up_kind, least_level=wish.least_level, cadence=wish.cadence,
        detail=wish.detail,
        # A room has readers whom nobody checked.
        tier=Tier.PUBLIC, state=SubscriptionState.ACTIVE, confirmed_at=now, created_at=now,
    )  # fmt: skip
    session.add(subscription)
    session.flush()
    _note(session, subscription, "subscribe", now=now, by=by, vault=vault)
    return subscription


def end_subscription(session: Session, subscription: Subscription, *, now: datetime, by: str, vault: Vault) -> None:
    """End it; nothing more is sent for it. Raises Conflict when it has ended already."""
    if subscription.state is SubscriptionState.ENDED:
        raise Conflict("This subscription has ended already.")
    subscription.state = SubscriptionState.ENDED
    subscription.ended_reason = EndedReason.BY_MEMBER
    subscription.ended_at = now
    session.flush()
    _note(session, subscription, "end_subscription", now=now, by=by, vault=vault)


def _same(session: Session, destination: Destination, wish: Wish) -> Subscription | None:
    return session.scalars(
        select(Subscription).where(
            Subscription.destination_id == destination.id,
            Subscription.state == SubscriptionState.ACTIVE,
            *wish.same_subject(),
        )
    ).first()


def _note(session: Session, subscription: Subscription, action: str, *, now: datetime, by: str, vault: Vault) -> None:
    audit(
        session, at=now, actor=by, action=action, record="subscription", record_id=str(subscription.id),
        detail={"destination_id": str(subscription.destination_id)}, key=vault.audit_key,
    )  # fmt: skip
