"""What a subscriber does without an account: a visit by mailed link, a change of address, an erasure."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import ABOUT_SUBSCRIBER, PUBLIC, RESTRICTED, SECRET, Base, UtcDateTime, new_id


class ManageVisit(Base):
    """A link that was mailed (`asked_at`), and the hour that its button opened (`opened_at`), by the machine's clock.

    `token_hash` is the SHA-256 of what the browser's cookie holds; None until the button is pressed.
    """

    __tablename__ = "manage_visit"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    subscriber_id: Mapped[UUID] = mapped_column(
        ForeignKey("subscriber.id", ondelete="CASCADE"), index=True, info=ABOUT_SUBSCRIBER
    )
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True, info=ABOUT_SUBSCRIBER)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=ABOUT_SUBSCRIBER)
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True, info=SECRET)


class AddressChange(Base):
    """A mailbox's wish to become another: `destination_id` keeps its id and its subscriptions.

    `other_id` holds the new address until the change is confirmed (`done_at`), and after that the old one, which is told.
    """

    __tablename__ = "address_change"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    destination_id: Mapped[UUID] = mapped_column(
        ForeignKey("destination.id", ondelete="CASCADE"), index=True, info=ABOUT_SUBSCRIBER
    )
    other_id: Mapped[UUID] = mapped_column(
        ForeignKey("destination.id", ondelete="CASCADE"), index=True, info=ABOUT_SUBSCRIBER
    )
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True, info=ABOUT_SUBSCRIBER)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=ABOUT_SUBSCRIBER)


class Erasure(Base):
    """That somebody had everything erased: two counts, and the keyed hash of each address that was theirs.

    By the hash an operator finds in an old backup whom to erase again.
    """

    __tablename__ = "erasure"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    at: Mapped[datetime] = mapped_column(UtcDateTime, info=RESTRICTED)
    address_hmac: Mapped[str] = mapped_column(String(64), info=SECRET)
    subscriptions: Mapped[int] = mapped_column(info=RESTRICTED)
    deliveries: Mapped[int] = mapped_column(info=RESTRICTED)
