"""A subscriber makes the private address of their calendar and feed, makes another, or takes it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete

from service.errors import NotFound
from service.records import FeedToken, Subscriber
from service.security.tokens import hash_of

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.links import Links


def make_feed_token(session: Session, subscriber_id: UUID, *, now: datetime, links: Links) -> str:
    """A new token, made at `now` (UTC); the one before opens nothing any more. Raises NotFound."""
    if session.get(Subscriber, subscriber_id, with_for_update=True) is None:
        raise NotFound("This link leads nowhere any more.")
    token = links.feed_token(subscriber_id, made_at=now)
    row = session.get(FeedToken, subscriber_id) or FeedToken(subscriber_id=subscriber_id)
    row.token_hash, row.made_at = hash_of(token), now
    session.add(row)
    session.flush()
    return token


def revoke_feed_token(session: Session, subscriber_id: UUID) -> None:
    """From now on the token opens nothing; doing it twice does no more."""
    session.execute(delete(FeedToken).where(FeedToken.subscriber_id == subscriber_id))
