"""What a private calendar and feed are about: whose they are, and which cases that reader follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select

from alerts.facts import Tier
from service.errors import NotFound
from service.records import Case, FeedToken, Subscription
from service.security.tokens import hash_of
from service.vocabulary import SubscriptionState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

# Whoever follows more than that follows a country, and reads the first pages of it.
MOST_CASES = 200


def subscriber_of_feed(session: Session, token: str) -> UUID:
    """Whose token it is. Raises NotFound for one that was revoked, or never was."""
    subscriber_id = session.scalar(select(FeedToken.subscriber_id).where(FeedToken.token_hash == hash_of(token)))
    if subscriber_id is None:
        raise NotFound("This address leads nowhere any more.")
    return subscriber_id


def feed_made_at(session: Session, subscriber_id: UUID) -> datetime | None:
    """When the subscriber's token was made (UTC); None: there is none."""
    return session.scalar(select(FeedToken.made_at).where(FeedToken.subscriber_id == subscriber_id))


def followed_cases(session: Session, subscriber_id: UUID) -> Sequence[UUID]:
    """The public cases that the subscriber follows, by themselves or by their country.

    Not those of a kind of follow-up: that one of them has a date of that kind may be what must not be said.
    """
    follows = or_(Subscription.case_id == Case.id, Subscription.country == Case.country)
    followed = select(1).where(
        and_(Subscription.subscriber_id == subscriber_id, Subscription.state == SubscriptionState.ACTIVE, follows)
    )
    public = select(Case.id).where(Case.tier == Tier.PUBLIC, followed.exists())
    return session.scalars(public.order_by(Case.reference).limit(MOST_CASES)).all()
