"""Deliveries: one alert or digest owed to one destination; and each try at them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from alerts.facts import Tier
from service.records.alerts import PRIORITY_ALERT
from service.records.base import (
    ABOUT_SUBSCRIBER,
    CONFIDENTIAL,
    PUBLIC,
    RESTRICTED,
    SECRET,
    SERIAL,
    Base,
    UtcDateTime,
    word,
)
from service.vocabulary import AttemptOutcome, ChannelName, DeliveryState, Detail


class Delivery(Base):
    """One alert or one digest owed to one destination; `subscription_id` is the reason.

    `tier` and `detail` are the most that it may say, taken when it was queued.

    `due_at` (the database's own clock) is when it may next be claimed, and the lease while somebody holds it.
    `open` is true while something is still to be done. `maybe_sent` says that an earlier try may have arrived.
    `bounced_at` is when it came back after a server had accepted it; the state stays what it was.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("alert_id", "destination_id"),
        # PostgreSQL keeps it as an index without the rows that belong to no digest: a fan-out writes 100,000 of those.
        UniqueConstraint("digest_id", "destination_id").ddl_if(dialect="sqlite"),
        CheckConstraint("(alert_id IS NULL) <> (digest_id IS NULL)", name="alert_or_digest"),
    )

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True, info=PUBLIC)
    alert_id: Mapped[UUID | None] = mapped_column(ForeignKey("alert.id", ondelete="CASCADE"), info=PUBLIC)
    digest_id: Mapped[UUID | None] = mapped_column(ForeignKey("digest.id", ondelete="CASCADE"), info=CONFIDENTIAL)
    destination_id: Mapped[UUID] = mapped_column(
        ForeignKey("destination.id", ondelete="CASCADE"), index=True, info=ABOUT_SUBSCRIBER
    )
    subscription_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("subscription.id", ondelete="SET NULL"), index=True, info=ABOUT_SUBSCRIBER
    )
    channel: Mapped[ChannelName] = mapped_column(word(ChannelName), info=PUBLIC)
    language: Mapped[str] = mapped_column(String(16), info=ABOUT_SUBSCRIBER)
    time_zone: Mapped[str] = mapped_column(String(64), info=ABOUT_SUBSCRIBER)
    tier: Mapped[Tier] = mapped_column(word(Tier), info=RESTRICTED)
    detail: Mapped[Detail] = mapped_column(
        word(Detail), default=Detail.FULL, server_default=Detail.FULL.value, info=ABOUT_SUBSCRIBER
    )
    priority: Mapped[int] = mapped_column(default=PRIORITY_ALERT, info=PUBLIC)
    state: Mapped[DeliveryState] = mapped_column(word(DeliveryState), default=DeliveryState.QUEUED, info=PUBLIC)
    open: Mapped[bool] = mapped_column(default=True, info=PUBLIC)
    attempts: Mapped[int] = mapped_column(default=0, info=PUBLIC)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, info=PUBLIC)
    lease_token: Mapped[UUID | None] = mapped_column(info=SECRET)
    maybe_sent: Mapped[bool] = mapped_column(default=False, info=PUBLIC)
    reason: Mapped[str | None] = mapped_column(Text, info=CONFIDENTIAL)
    first_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=PUBLIC)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=PUBLIC)
    bounced_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=PUBLIC)
    provider_ref: Mapped[str | None] = mapped_column(String(255), info=CONFIDENTIAL)

    @property
    def key(self) -> str:
        """The key that every repeat carries, so that a receiver can know it."""
        return delivery_key(self.alert_id or self.digest_id, self.destination_id)


Index(
    "uq_delivery_digest",
    Delivery.digest_id,
    Delivery.destination_id,
    unique=True,
    postgresql_where=Delivery.digest_id.is_not(None),
).ddl_if(dialect="postgresql")

# Mail waits for relays, HTTP for hosts: each has its own line, or one would be searched through the other's.
# Spelled like the claim's query, or neither engine uses it.
BY_MAIL = text("open AND channel = 'email'")
OVER_HTTP = text("open AND channel <> 'email'")
for _name, _line in (("ix_delivery_by_mail", BY_MAIL), ("ix_delivery_over_http", OVER_HTTP)):
    Index(_name, Delivery.priority, Delivery.due_at, Delivery.id, postgresql_where=_line, sqlite_where=_line)

# Not open, and yet not final: nobody would ever claim it. The index stays empty, and so costs nothing to ask.
STRANDED = text("NOT open AND state IN ('queued', 'sending', 'unknown')")
Index("ix_delivery_stranded", Delivery.id, postgresql_where=STRANDED, sqlite_where=STRANDED)


class Attempt(Base):
    """One try at one delivery; `excerpt` is at most 2 kB of what the receiver said."""

    __tablename__ = "attempt"

    delivery_id: Mapped[int] = mapped_column(
        SERIAL, ForeignKey("delivery.id", ondelete="CASCADE"), primary_key=True, info=PUBLIC
    )
    n: Mapped[int] = mapped_column(primary_key=True, info=PUBLIC)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, info=PUBLIC)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=PUBLIC)
    outcome: Mapped[AttemptOutcome] = mapped_column(word(AttemptOutcome), default=AttemptOutcome.STARTED, info=PUBLIC)
    code: Mapped[int | None] = mapped_column(info=CONFIDENTIAL)
    retry_after_s: Mapped[float | None] = mapped_column(info=CONFIDENTIAL)
    reason: Mapped[str | None] = mapped_column(Text, info=CONFIDENTIAL)
    excerpt: Mapped[str | None] = mapped_column(Text, info=CONFIDENTIAL)
    worker: Mapped[str] = mapped_column(String(64), info=RESTRICTED)


def delivery_key(told_id: UUID | None, destination_id: UUID) -> str:
    """The key of a delivery: a name-based UUID (version 5, RFC 9562) of what is told and to whom."""
    if told_id is None:
        raise ValueError("a delivery tells an alert or a digest")
    return str(uuid5(told_id, str(destination_id)))
