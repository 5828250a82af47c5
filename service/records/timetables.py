"""When a subscriber wants to be told: at which hour a summary leaves, and in which hours nothing does."""

from __future__ import annotations

from datetime import time
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Time, text
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import ABOUT_SUBSCRIBER, Base, Versioned

# Whoever says nothing gets the summary at this hour, and a weekly one on this day (ISO 8601: 1 is Monday).
DIGEST_HOUR = 8
DIGEST_WEEKDAY = 1


class Timetable(Versioned, Base):
    """What one subscriber chose; all of it is local time in their own time zone, and who chose nothing has no row.

    `digest_hour` is 0 to 23, `digest_weekday` 1 (Monday) to 7 (Sunday). The quiet hours are [`quiet_from`,
    `quiet_until`) and may pass midnight; both are None where there are none. `critical_may_wake` says that a critical
    alert does not wait for their end.
    """

    __tablename__ = "timetable"
    __table_args__ = (
        CheckConstraint("digest_hour BETWEEN 0 AND 23", name="digest_hour"),
        CheckConstraint("digest_weekday BETWEEN 1 AND 7", name="digest_weekday"),
        CheckConstraint("(quiet_from IS NULL) = (quiet_until IS NULL)", name="both_or_neither"),
        CheckConstraint("quiet_from <> quiet_until", name="not_all_day"),
    )

    subscriber_id: Mapped[UUID] = mapped_column(
        ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True, info=ABOUT_SUBSCRIBER
    )
    digest_hour: Mapped[int] = mapped_column(default=DIGEST_HOUR, info=ABOUT_SUBSCRIBER)
    digest_weekday: Mapped[int] = mapped_column(default=DIGEST_WEEKDAY, info=ABOUT_SUBSCRIBER)
    quiet_from: Mapped[time | None] = mapped_column(Time, info=ABOUT_SUBSCRIBER)
    quiet_until: Mapped[time | None] = mapped_column(Time, info=ABOUT_SUBSCRIBER)
    critical_may_wake: Mapped[bool] = mapped_column(default=True, info=ABOUT_SUBSCRIBER)


# Every claim asks whether anybody has quiet hours; spelled like its query, or neither engine uses it.
QUIET = text("quiet_from IS NOT NULL")
Index("ix_timetable_quiet", Timetable.subscriber_id, postgresql_where=QUIET, sqlite_where=QUIET)
