"""How much is said in the message: the wish of a subscription, and what a delivery was queued with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261125_detail"
down_revision = "20261125_journey"
branch_labels = None
depends_on = None

LOWERED = "detail <> 'full'"


def upgrade() -> None:
    for table in ("subscription", "delivery"):
        # Plain ADD COLUMN with a default that stays: SQLite would drop and copy the table.
        op.add_column(table, sa.Column("detail", sa.String(length=32), server_default="full", nullable=False))
    op.create_index(
        "ix_subscription_lowered",
        "subscription",
        ["destination_id"],
        sqlite_where=sa.text(LOWERED),
        postgresql_where=sa.text(LOWERED),
    )


def downgrade() -> None:
    op.drop_index("ix_subscription_lowered", table_name="subscription")
    for table in ("delivery", "subscription"):
        op.drop_column(table, "detail")
