"""On what published statements rest, and corrections of what was told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261125_evidence"
down_revision = "20261124_responsibility"
branch_labels = None
depends_on = None

# What was on record before: whatever was told since may rest on it.
LONG_AGO = "1970-01-01 00:00:00"


def upgrade() -> None:
    op.add_column("assertion", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("assertion", sa.Column("replaced_by_id", sa.Uuid(), nullable=True))
    op.add_column(
        "assertion", sa.Column("created_at", sa.DateTime(timezone=True), server_default=LONG_AGO, nullable=False)
    )
    op.create_table(
        "footing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("statement_mark", sa.String(length=64), nullable=False),
        sa.Column("assertion_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_footing_case_id_case"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["assertion_id"], ["assertion.id"], name=op.f("fk_footing_assertion_id_assertion"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_footing")),
    )
    op.create_index(op.f("ix_footing_assertion_id"), "footing", ["assertion_id"])
    op.create_index("ix_footing_case_id_statement_mark", "footing", ["case_id", "statement_mark"])
    op.create_table(
        "correction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("assertion_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("was", sa.Text(), nullable=False),
        sa.Column("reads", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("speaks_of_health", sa.Boolean(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("approver_id", sa.Uuid(), nullable=True),
        sa.Column("alert_id", sa.Uuid(), nullable=True),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_correction_case_id_case"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["assertion_id"], ["assertion.id"], name=op.f("fk_correction_assertion_id_assertion"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["author_id"], ["member.id"], name=op.f("fk_correction_author_id_member")),
        sa.ForeignKeyConstraint(["approver_id"], ["member.id"], name=op.f("fk_correction_approver_id_member")),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alert.id"], name=op.f("fk_correction_alert_id_alert"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
        sa.UniqueConstraint("alert_id", name=op.f("uq_correction_alert_id")),
    )
    op.create_index(op.f("ix_correction_case_id"), "correction", ["case_id"])
    op.create_index(op.f("ix_correction_assertion_id"), "correction", ["assertion_id"])


def downgrade() -> None:
    op.drop_table("correction")
    op.drop_table("footing")
    op.drop_column("assertion", "created_at")
    op.drop_column("assertion", "replaced_by_id")
    op.drop_column("assertion", "version")
