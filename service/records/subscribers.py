"""Who listens, to what, and where their messages go."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from alerts.facts import Level, Tier
from service.records.base import (
    ABOUT_SUBSCRIBER,
    PUBLIC,
    RESTRICTED,
    SECRET,
    SERIAL,
    Base,
    UtcDateTime,
    Versioned,
    classified,
    new_id,
    word,
)
from service.vocabulary import Cadence, ChannelName, DestinationState, Detail, EndedReason, SubscriptionState

# Failures in a row at which the owner is warned: the second was no accident, the sixth says that it lasts.
WARNED_AT = (2, 6)
# Whoever is as far as that counts as a channel that does not work.
NOT_WORKING_AT = WARNED_AT[-1]

ADDRESS = classified(Tier.SEALED, about="subscriber", credential=True)


class Subscriber(Base):
    """Someone who listens: a language (BCP 47) and a time zone (IANA), and no more than that."""

    __tablename__ = "subscriber"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    language: Mapped[str] = mapped_column(String(16), info=ABOUT_SUBSCRIBER)
    time_zone: Mapped[str] = mapped_column(String(64), info=ABOUT_SUBSCRIBER)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=ABOUT_SUBSCRIBER)


class Destination(Versioned, Base):
    """Where messages go: a mailbox, a Slack webhook, a Matrix room, a signed webhook.

    `address_sealed` is the encrypted JSON of the address with its secrets; `address_hmac` is a keyed hash by which
    an equal address is found. `label` is what staff call it; empty for a private person's mailbox. `gate_key` names the
    gate that its messages pass. `failures` counts the failures since the last success (`first_failure_at` to
    `last_failure_at`, the database's clock; one a minute at most), of which its owner is warned, and which in the end
    switch it off. Where `first_failure_at` is None, somebody else switched it off. `enabled_at` is when it was last
    switched on again; what was announced before is not owed to it.
    """

    __tablename__ = "destination"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    subscriber_id: Mapped[UUID] = mapped_column(
        ForeignKey("subscriber.id", ondelete="CASCADE"), index=True, info=ABOUT_SUBSCRIBER
    )
    channel: Mapped[ChannelName] = mapped_column(word(ChannelName), info=ABOUT_SUBSCRIBER)
    label: Mapped[str] = mapped_column(String(100), default="", info=ABOUT_SUBSCRIBER)
    address_hmac: Mapped[str] = mapped_column(String(64), unique=True, info=SECRET)
    address_sealed: Mapped[str] = mapped_column(Text, info=ADDRESS)
    state: Mapped[DestinationState] = mapped_column(
        word(DestinationState), default=DestinationState.PENDING, info=ABOUT_SUBSCRIBER
    )
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=ABOUT_SUBSCRIBER)
    disabled_reason: Mapped[str | None] = mapped_column(String(200), info=ABOUT_SUBSCRIBER)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=ABOUT_SUBSCRIBER)
    enabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=ABOUT_SUBSCRIBER)
    gate_key: Mapped[str] = mapped_column(String(300), info=RESTRICTED)
    failures: Mapped[int] = mapped_column(default=0, info=ABOUT_SUBSCRIBER)
    first_failure_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=ABOUT_SUBSCRIBER)
    last_failure_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=ABOUT_SUBSCRIBER)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=ABOUT_SUBSCRIBER)

    subscriber: Mapped[Subscriber] = relationship()


class Subscription(Versioned, Base):
    """One wish to be told: of a case, or of a country, or of a kind of follow-up, from `least_level` upwards.

    `tier` is the most that its messages may say; whoever subscribed on a public page gets `public`. `detail` is how much
    of that its reader wants said, and can only lower it. `changed_at` is when
    its wish was last changed or resumed; None: not since it was confirmed. What was made earlier is not owed to it.
    """

    __tablename__ = "subscription"
    __table_args__ = (
        CheckConstraint(
            "(CASE WHEN case_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN country IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN follow_up_kind IS NULL THEN 0 ELSE 1 END) = 1",
            name="one_subject",
        ),
    )

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True, info=PUBLIC)
    subscriber_id: Mapped[UUID] = mapped_column(
        ForeignKey("subscriber.id", ondelete="CASCADE"), index=True, info=ABOUT_SUBSCRIBER
    )
    destination_id: Mapped[UUID] = mapped_column(
        ForeignKey("destination.id", ondelete="CASCADE"), index=True, info=ABOUT_SUBSCRIBER
    )
    case_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("case.id", ondelete="CASCADE"), index=True, info=ABOUT_SUBSCRIBER
    )
    country: Mapped[str | None] = mapped_column(String(2), index=True, info=ABOUT_SUBSCRIBER)
    follow_up_kind: Mapped[str | None] = mapped_column(String(32), index=True, info=ABOUT_SUBSCRIBER)
    least_level: Mapped[Level] = mapped_column(word(Level), default=Level.UPCOMING, info=ABOUT_SUBSCRIBER)
    cadence: Mapped[Cadence] = mapped_column(word(Cadence), default=Cadence.IMMEDIATE, info=ABOUT_SUBSCRIBER)
    tier: Mapped[Tier] = mapped_column(word(Tier), default=Tier.PUBLIC, info=ABOUT_SUBSCRIBER)
    detail: Mapped[Detail] = mapped_column(
        word(Detail), default=Detail.FULL, server_default=Detail.FULL.value, info=ABOUT_SUBSCRIBER
    )
    state: Mapped[SubscriptionState] = mapped_column(
        word(SubscriptionState), default=SubscriptionState.PENDING, info=ABOUT_SUBSCRIBER
    )
    ended_reason: Mapped[EndedReason | None] = mapped_column(word(EndedReason), info=ABOUT_SUBSCRIBER)
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime, info=ABOUT_SUBSCRIBER)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=ABOUT_SUBSCRIBER)
    changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=ABOUT_SUBSCRIBER)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=ABOUT_SUBSCRIBER)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=ABOUT_SUBSCRIBER)

    destination: Mapped[Destination] = relationship()
    subscriber: Mapped[Subscriber] = relationship()


# Few wish to be told less, and a fan-out asks for each destination whether its reader does.
_LOWERED = text("detail <> 'full'")
Index("ix_subscription_lowered", Subscription.destination_id, postgresql_where=_LOWERED, sqlite_where=_LOWERED)
