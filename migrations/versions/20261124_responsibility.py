"""Who answers for a follow-up, who has it in hand, and until when it is quiet; where members are told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261124_responsibility"
down_revision = "20261124_urgent_actions"
branch_labels = None
depends_on = None

# Plain ADD COLUMN: SQLite would drop and copy the table, and what hangs on it, for a foreign key.
COLUMNS = (
    ("follow_up", "backup_id", sa.Uuid()),
    ("follow_up", "snoozed_until", sa.Date()),
    ("follow_up", "snoozed_by_id", sa.Uuid()),
    ("follow_up", "snooze_reason", sa.Text()),
    ("overdue_episode", "acknowledged_by_id", sa.Uuid()),
    ("overdue_episode", "acknowledged_at", sa.DateTime(timezone=True)),
    ("alert", "escalated_episode_id", sa.Uuid()),
    ("case", "owned_since", sa.DateTime(timezone=True)),
    ("member", "destination_id", sa.Uuid()),
    ("member", "mailbox_since", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    for table, name, kind in COLUMNS:
        op.add_column(table, sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    for table, name, _ in reversed(COLUMNS):
        op.drop_column(table, name)
