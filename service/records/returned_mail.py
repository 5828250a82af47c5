"""What is held against mailboxes whose mail comes back, and addresses to which nothing may be sent."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import (
    ABOUT_SUBSCRIBER,
    PUBLIC,
    RESTRICTED,
    SECRET,
    Base,
    UtcDateTime,
    Versioned,
    new_id,
    word,
)
from service.vocabulary import SuppressionReason


class BounceScore(Base):
    """The points of one mailbox (`alerts.bounces`), and the probe that asks it, if one was sent.

    `last_at` is the last point's instant. `probe_id` is the delivery that carries the probe.
    """

    __tablename__ = "bounce_score"

    destination_id: Mapped[UUID] = mapped_column(
        ForeignKey("destination.id", ondelete="CASCADE"), primary_key=True, info=ABOUT_SUBSCRIBER
    )
    points: Mapped[int] = mapped_column(default=0, info=ABOUT_SUBSCRIBER)
    last_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=ABOUT_SUBSCRIBER)
    # No foreign key: deliveries have none, and whoever is erased takes this row along.
    probe_id: Mapped[int | None] = mapped_column(BigInteger, info=ABOUT_SUBSCRIBER)
    probed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=ABOUT_SUBSCRIBER)


class Suppression(Versioned, Base):
    """An address that must not be written to, known by its keyed hash alone, until an instant (None: until it is lifted).

    It outlives the destination: whoever complained and was erased is not written to either.
    """

    __tablename__ = "suppression"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    address_hmac: Mapped[str] = mapped_column(String(64), unique=True, info=SECRET)
    reason: Mapped[SuppressionReason] = mapped_column(word(SuppressionReason), info=ABOUT_SUBSCRIBER)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime, info=ABOUT_SUBSCRIBER)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=ABOUT_SUBSCRIBER)


class IncomingMail(Base):
    """A mail that was taken in and had a consequence, by a keyed hash of its Message-ID: the same mail again has none."""

    __tablename__ = "incoming_mail"

    mail_hmac: Mapped[str] = mapped_column(String(64), primary_key=True, info=SECRET)
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True, info=RESTRICTED)
