"""Alerts: one thing worth telling, immutable once written."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from alerts.facts import Level, Tier
from service.records.base import CONFIDENTIAL, PUBLIC, RESTRICTED, Base, UtcDateTime, new_id, word
from service.vocabulary import AlertKind

# Lower goes out first.
PRIORITY_URGENT = 0
PRIORITY_ALERT = 1
PRIORITY_DIGEST = 2
PRIORITIES = (PRIORITY_URGENT, PRIORITY_ALERT, PRIORITY_DIGEST)


class Alert(Base):
    """One thing worth telling.

    `dedupe_key` makes it unique whatever runs twice (`episode:{follow_up}:{due_revision}:{level}`).
    `tier` is the least clearance that may hear of it. `facts` holds one projection per tier, taken when the alert was
    written, so that a repeat says the same. `subscription_id` names the one it is for, where it is for one alone.
    `escalated_episode_id` names the episode of which it tells the members responsible.
    """

    __tablename__ = "alert"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    dedupe_key: Mapped[str] = mapped_column(String(160), unique=True, info=RESTRICTED)
    kind: Mapped[AlertKind] = mapped_column(word(AlertKind), info=PUBLIC)
    priority: Mapped[int] = mapped_column(default=PRIORITY_ALERT, info=PUBLIC)
    tier: Mapped[Tier] = mapped_column(word(Tier), info=PUBLIC)
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True, info=PUBLIC)
    country: Mapped[str | None] = mapped_column(String(2), info=PUBLIC)
    follow_up_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("follow_up.id", ondelete="CASCADE"), index=True, info=RESTRICTED
    )
    follow_up_kind: Mapped[str | None] = mapped_column(String(32), info=RESTRICTED)
    overdue_episode_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("overdue_episode.id", ondelete="CASCADE"), unique=True, info=RESTRICTED
    )
    subscription_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("subscription.id", ondelete="CASCADE"), index=True, info=CONFIDENTIAL
    )
    level: Mapped[Level | None] = mapped_column(word(Level), info=PUBLIC)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, info=CONFIDENTIAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True, info=PUBLIC)
    # No foreign key: it goes with its follow-up, and SQLite would copy the table to add one.
    escalated_episode_id: Mapped[UUID | None] = mapped_column(info=RESTRICTED)


# One in each of these, however many workers ring.
CANARY_EVERY = timedelta(minutes=15)
# A handful among millions; spelled like the queries that look for them.
A_CANARY = text("kind = 'canary'")
Index("ix_alert_canary", Alert.created_at, postgresql_where=A_CANARY, sqlite_where=A_CANARY)
