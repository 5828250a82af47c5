"""Follow-ups: what must happen by a date; and the episodes of being late that were announced."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Date, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from alerts.facts import Level, Tier
from service.records.base import CONFIDENTIAL, PUBLIC, RESTRICTED, Base, UtcDateTime, Versioned, new_id, word
from service.records.cases import Case
from service.vocabulary import DatePrecision, FollowUpState

# Open, and announced at some level.
ANNOUNCED = text("state = 'open' AND level IS NOT NULL")
# Open, dated, not at the last level, and yet no check will ever look at it.
FORGOTTEN = text(
    "state = 'open' AND next_level_at IS NULL AND due_precision <> 'unknown' AND (level IS NULL OR level <> 'critical')"
)
BY_RULE = text("rule IS NOT NULL")


class FollowUp(Versioned, Base):
    """Something that must happen by `due_on`, a calendar day in `time_zone` (the facility's IANA zone).

    The four thresholds are days from the due date (see `alerts.facts.Thresholds`), copied from the kind when the
    follow-up is opened and editable since. `next_level_at` is the instant at which the scheduled check must look again;
    None when the last level is reached or the follow-up is closed. `due_revision` rises when the date moves or recurs.
    What a rule opened bears its name (`rule`), the fact that it follows from (`trigger`, "sort:id"), the date as the rule
    gave it last, which people may have moved since, and the sum that gives it (`working`).
    """

    __tablename__ = "follow_up"
    __table_args__ = (
        # Spelled like the query of the check, or neither engine uses it.
        Index(
            "ix_follow_up_next_level_at",
            "next_level_at",
            postgresql_where=text("state = 'open'"),
            sqlite_where=text("state = 'open'"),
        ),
        # These two are for the completeness check: one as long as what is late, one that stays empty. The columns are
        # those by which SQLite, which keeps no statistics here, takes them and not the one above.
        Index(
            "ix_follow_up_announced", "level", "id", "due_revision", postgresql_where=ANNOUNCED, sqlite_where=ANNOUNCED
        ),
        Index(
            "ix_follow_up_forgotten", "next_level_at", "state", "id", postgresql_where=FORGOTTEN, sqlite_where=FORGOTTEN
        ),
        # One rule opens one follow-up for one fact.
        Index(
            "ix_follow_up_rule",
            "case_id",
            "rule",
            "trigger",
            unique=True,
            postgresql_where=BY_RULE,
            sqlite_where=BY_RULE,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True, info=PUBLIC)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), info=RESTRICTED)
    kind: Mapped[str] = mapped_column(String(32), info=RESTRICTED)
    title: Mapped[str] = mapped_column(String(200), info=CONFIDENTIAL)
    basis: Mapped[str] = mapped_column(Text, info=RESTRICTED)
    tier: Mapped[Tier] = mapped_column(word(Tier), default=Tier.PUBLIC, info=PUBLIC)
    due_on: Mapped[date] = mapped_column(Date, info=PUBLIC)
    due_precision: Mapped[DatePrecision] = mapped_column(word(DatePrecision), default=DatePrecision.DAY, info=PUBLIC)
    due_revision: Mapped[int] = mapped_column(default=1, info=PUBLIC)
    time_zone: Mapped[str] = mapped_column(String(64), info=PUBLIC)
    upcoming_days: Mapped[int] = mapped_column(info=PUBLIC)
    overdue_days: Mapped[int] = mapped_column(info=PUBLIC)
    very_overdue_days: Mapped[int] = mapped_column(info=PUBLIC)
    critical_days: Mapped[int] = mapped_column(info=PUBLIC)
    recurrence_days: Mapped[int | None] = mapped_column(info=RESTRICTED)
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("member.id"), info=RESTRICTED)
    state: Mapped[FollowUpState] = mapped_column(word(FollowUpState), default=FollowUpState.OPEN, info=PUBLIC)
    level: Mapped[Level | None] = mapped_column(word(Level), info=PUBLIC)
    next_level_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=RESTRICTED)
    completed_on: Mapped[date | None] = mapped_column(Date, info=RESTRICTED)
    evidence: Mapped[str | None] = mapped_column(Text, info=CONFIDENTIAL)
    waiver_reason: Mapped[str | None] = mapped_column(Text, info=CONFIDENTIAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=RESTRICTED)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, info=RESTRICTED)
    # Who stands in for the owner, and until which day (at the facility) it is quiet, by whom and why. No foreign keys:
    # members are disabled and never erased, and SQLite would copy the table, and what hangs on it, to add one.
    backup_id: Mapped[UUID | None] = mapped_column(info=RESTRICTED)
    snoozed_until: Mapped[date | None] = mapped_column(Date, info=RESTRICTED)
    snoozed_by_id: Mapped[UUID | None] = mapped_column(info=RESTRICTED)
    snooze_reason: Mapped[str | None] = mapped_column(Text, info=CONFIDENTIAL)

    rule: Mapped[str | None] = mapped_column(String(64), info=RESTRICTED)
    trigger: Mapped[str | None] = mapped_column(String(64), info=RESTRICTED)
    rule_due_on: Mapped[date | None] = mapped_column(Date, info=RESTRICTED)
    working: Mapped[str | None] = mapped_column(Text, info=RESTRICTED)
    closed_by_rule: Mapped[bool] = mapped_column(default=False, server_default=false(), info=RESTRICTED)

    case: Mapped[Case] = relationship()


class OverdueEpisode(Base):
    """This follow-up, at this revision of its date, reached this level: unique, so it is announced at most once.

    `tier` is the least clearance that could hear of it then; what was `sealed` has no alert. A member who has seen it and
    is on it has acknowledged it; a later level or another date is another episode, which nobody has.
    """

    __tablename__ = "overdue_episode"
    __table_args__ = (UniqueConstraint("follow_up_id", "due_revision", "level"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    follow_up_id: Mapped[UUID] = mapped_column(ForeignKey("follow_up.id", ondelete="CASCADE"), info=PUBLIC)
    due_revision: Mapped[int] = mapped_column(info=PUBLIC)
    level: Mapped[Level] = mapped_column(word(Level), info=PUBLIC)
    reached_at: Mapped[datetime] = mapped_column(UtcDateTime, info=PUBLIC)
    announced_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True, info=PUBLIC)
    tier: Mapped[Tier] = mapped_column(word(Tier), default=Tier.PUBLIC, info=PUBLIC)
    acknowledged_by_id: Mapped[UUID | None] = mapped_column(info=RESTRICTED)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=RESTRICTED)
