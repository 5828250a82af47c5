"""What became of each demand over time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261124_ledger"
down_revision = "20261124_rules"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("demand", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.create_table(
        "demand_assessment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("demand_id", sa.Uuid(), nullable=False),
        sa.Column("assessed_on", sa.Date(), nullable=False),
        sa.Column("state_response", sa.String(length=32), nullable=True),
        sa.Column("implementation", sa.String(length=32), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("locator", sa.String(length=200), nullable=True),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["demand_id"], ["demand.id"], name=op.f("fk_demand_assessment_demand_id_demand"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_demand_assessment_source_id_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demand_assessment")),
    )
    op.create_index(op.f("ix_demand_assessment_demand_id"), "demand_assessment", ["demand_id"])
    op.create_table(
        "demand_follow_up",
        sa.Column("demand_id", sa.Uuid(), nullable=False),
        sa.Column("follow_up_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["demand_id"], ["demand.id"], name=op.f("fk_demand_follow_up_demand_id_demand"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["follow_up_id"],
            ["follow_up.id"],
            name=op.f("fk_demand_follow_up_follow_up_id_follow_up"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("demand_id", "follow_up_id", name=op.f("pk_demand_follow_up")),
    )
    op.create_index(op.f("ix_demand_follow_up_follow_up_id"), "demand_follow_up", ["follow_up_id"])


def downgrade() -> None:
    op.drop_table("demand_follow_up")
    op.drop_table("demand_assessment")
    op.drop_column("demand", "version")
