"""Digests: a subscriber's daily or weekly summary, and the alerts in it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import ABOUT_SUBSCRIBER, PUBLIC, Base, UtcDateTime, new_id, word
from service.vocabulary import Cadence


class Digest(Base):
    """One period [start, end) of one subscriber at one destination; the instants are stored in UTC.

    `closed_at` is None while alerts are still gathered; until then `period_end` follows the hour that the subscriber
    chooses. The periods of one destination and cadence do not overlap.
    """

    __tablename__ = "digest"
    __table_args__ = (UniqueConstraint("destination_id", "cadence", "period_start"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    subscriber_id: Mapped[UUID] = mapped_column(
        ForeignKey("subscriber.id", ondelete="CASCADE"), index=True, info=ABOUT_SUBSCRIBER
    )
    destination_id: Mapped[UUID] = mapped_column(
        ForeignKey("destination.id", ondelete="CASCADE"), info=ABOUT_SUBSCRIBER
    )
    cadence: Mapped[Cadence] = mapped_column(word(Cadence), info=ABOUT_SUBSCRIBER)
    period_start: Mapped[datetime] = mapped_column(UtcDateTime, info=ABOUT_SUBSCRIBER)
    period_end: Mapped[datetime] = mapped_column(UtcDateTime, info=ABOUT_SUBSCRIBER)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=ABOUT_SUBSCRIBER)


# What is closed grows without end, and every minute asks what has ended of the rest.
_OPEN, _CLOSED = Digest.closed_at.is_(None), Digest.closed_at.is_not(None)
Index("ix_digest_period_end", Digest.period_end, postgresql_where=_OPEN, sqlite_where=_OPEN)
Index("ix_digest_closed_at", Digest.closed_at, postgresql_where=_CLOSED, sqlite_where=_CLOSED)


class DigestItem(Base):
    """One alert in one digest; an alert enters one destination's digests at most once."""

    __tablename__ = "digest_item"
    __table_args__ = (UniqueConstraint("destination_id", "alert_id"),)

    digest_id: Mapped[UUID] = mapped_column(
        ForeignKey("digest.id", ondelete="CASCADE"), primary_key=True, info=ABOUT_SUBSCRIBER
    )
    alert_id: Mapped[UUID] = mapped_column(
        ForeignKey("alert.id", ondelete="CASCADE"), primary_key=True, index=True, info=ABOUT_SUBSCRIBER
    )
    destination_id: Mapped[UUID] = mapped_column(
        ForeignKey("destination.id", ondelete="CASCADE"), info=ABOUT_SUBSCRIBER
    )
    subscription_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("subscription.id", ondelete="CASCADE"), index=True, info=ABOUT_SUBSCRIBER
    )
