"""What opened a follow-up: the rule, the fact, and the sum that gives its date."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261124_rules"
down_revision = "20261124_completeness"
branch_labels = None
depends_on = None

BY_RULE = sa.text("rule IS NOT NULL")


def upgrade() -> None:
    # Plain ADD COLUMN: SQLite would drop and copy the table, and what hangs on it.
    op.add_column("follow_up", sa.Column("rule", sa.String(length=64), nullable=True))
    op.add_column("follow_up", sa.Column("trigger", sa.String(length=64), nullable=True))
    op.add_column("follow_up", sa.Column("rule_due_on", sa.Date(), nullable=True))
    op.add_column("follow_up", sa.Column("working", sa.Text(), nullable=True))
    op.add_column("follow_up", sa.Column("closed_by_rule", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "ix_follow_up_rule",
        "follow_up",
        ["case_id", "rule", "trigger"],
        unique=True,
        postgresql_where=BY_RULE,
        sqlite_where=BY_RULE,
    )


def downgrade() -> None:
    op.drop_index("ix_follow_up_rule", table_name="follow_up")
    for column in ("closed_by_rule", "working", "rule_due_on", "trigger", "rule"):
        op.drop_column("follow_up", column)
