"""What the completeness check needs to judge without false alarm, and the indexes that keep it quick."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261124_completeness"
down_revision = "20261124_fan_out"
branch_labels = None
depends_on = None

ANNOUNCED = sa.text("state = 'open' AND level IS NOT NULL")
FORGOTTEN = sa.text(
    "state = 'open' AND next_level_at IS NULL AND due_precision <> 'unknown' AND (level IS NULL OR level <> 'critical')"
)
STRANDED = sa.text("NOT open AND state IN ('queued', 'sending', 'unknown')")
A_CANARY = sa.text("kind = 'canary'")
STILL_OPEN = sa.text("closed_at IS NULL")
CLOSED = sa.text("closed_at IS NOT NULL")


def upgrade() -> None:
    # Plain ADD COLUMN with defaults that stay: SQLite would drop and copy the table, and what hangs on it.
    op.add_column("case", sa.Column("resumed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("destination", sa.Column("enabled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("subscription", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("overdue_episode", sa.Column("tier", sa.String(length=32), server_default="public", nullable=False))
    # Until now an episode without an alert was a sealed one.
    op.execute(
        "UPDATE overdue_episode SET tier = COALESCE("
        "(SELECT alert.tier FROM alert WHERE alert.overdue_episode_id = overdue_episode.id), 'sealed')"
    )
    op.create_index(op.f("ix_overdue_episode_announced_at"), "overdue_episode", ["announced_at"])
    _partial("ix_follow_up_announced", "follow_up", ["level", "id", "due_revision"], ANNOUNCED)
    _partial("ix_follow_up_forgotten", "follow_up", ["next_level_at", "state", "id"], FORGOTTEN)
    _partial("ix_delivery_stranded", "delivery", ["id"], STRANDED)
    _partial("ix_alert_canary", "alert", ["created_at"], A_CANARY)
    op.drop_index(op.f("ix_digest_period_end"), table_name="digest")
    _partial("ix_digest_period_end", "digest", ["period_end"], STILL_OPEN)
    _partial("ix_digest_closed_at", "digest", ["closed_at"], CLOSED)
    # An alert that goes takes its items along, and a check counts them: both looked through all items.
    op.create_index(op.f("ix_digest_item_alert_id"), "digest_item", ["alert_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_digest_item_alert_id"), table_name="digest_item")
    op.drop_index("ix_digest_closed_at", table_name="digest")
    op.drop_index("ix_digest_period_end", table_name="digest")
    op.create_index(op.f("ix_digest_period_end"), "digest", ["period_end"])
    for name, table in (
        ("ix_alert_canary", "alert"),
        ("ix_delivery_stranded", "delivery"),
        ("ix_follow_up_forgotten", "follow_up"),
        ("ix_follow_up_announced", "follow_up"),
        ("ix_overdue_episode_announced_at", "overdue_episode"),
    ):
        op.drop_index(name, table_name=table)
    op.drop_column("overdue_episode", "tier")
    op.drop_column("subscription", "changed_at")
    op.drop_column("destination", "enabled_at")
    op.drop_column("case", "resumed_at")


def _partial(name: str, table: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, table, columns, postgresql_where=where, sqlite_where=where)
