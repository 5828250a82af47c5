"""Petitions and the pauses of their clocks; detention and justice are written by hand too, so their changes are counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261124_petitions"
down_revision = "20261124_ledger"
branch_labels = None
depends_on = None

WRITTEN_BY_HAND = ("detention_episode", "isolation_placement", "proceeding", "sentence", "parole_review")


def upgrade() -> None:
    for table in WRITTEN_BY_HAND:
        # Plain ADD COLUMN with a default that stays: SQLite would drop and copy the table.
        op.add_column(table, sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        op.add_column(table, sa.Column("created_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "petition",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("mechanism", sa.String(length=32), nullable=False),
        sa.Column("addressee", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=True),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("sent_precision", sa.String(length=32), nullable=False),
        sa.Column("reply_within_days", sa.Integer(), nullable=True),
        sa.Column("reply_basis", sa.Text(), nullable=True),
        sa.Column("counts_working_days", sa.Boolean(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("locator", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case.id"], name=op.f("fk_petition_case_id_case"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_petition_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_petition_source_id_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_petition")),
    )  # fmt: skip
    op.create_index(op.f("ix_petition_case_id"), "petition", ["case_id"])
    op.create_index(op.f("ix_petition_person_id"), "petition", ["person_id"])
    op.create_table(
        "clock_pause",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("petition_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petition.id"], name=op.f("fk_clock_pause_petition_id_petition"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_pause")),
    )
    op.create_index(op.f("ix_clock_pause_petition_id"), "clock_pause", ["petition_id"])


def downgrade() -> None:
    op.drop_table("clock_pause")
    op.drop_table("petition")
    for table in WRITTEN_BY_HAND:
        op.drop_column(table, "created_at")
        op.drop_column(table, "version")
