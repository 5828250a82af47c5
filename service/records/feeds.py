"""The private addresses of a reader's calendar and feed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import ABOUT_SUBSCRIBER, SECRET, Base, UtcDateTime


class FeedToken(Base):
    """What opens one subscriber's private calendar and feed, as a hash: a new one takes the old one's place."""

    __tablename__ = "feed_token"

    subscriber_id: Mapped[UUID] = mapped_column(
        ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True, info=ABOUT_SUBSCRIBER
    )
    token_hash: Mapped[str] = mapped_column(String(64), unique=True, info=SECRET)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, info=ABOUT_SUBSCRIBER)
