"""Mail that comes back: when a delivery did, what is held against a mailbox, and addresses that are not written to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261125_returned_mail"
down_revision = "20261125_case_texts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Plain ADD COLUMN: SQLite would drop and copy the table for anything more.
    op.add_column("delivery", sa.Column("bounced_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "bounce_score",
        sa.Column("destination_id", sa.Uuid(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("probe_id", sa.BigInteger(), nullable=True),
        sa.Column("probed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["destination_id"],
            ["destination.id"],
            name=op.f("fk_bounce_score_destination_id_destination"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("destination_id", name=op.f("pk_bounce_score")),
    )
    op.create_table(
        "suppression",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("address_hmac", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression")),
        sa.UniqueConstraint("address_hmac", name=op.f("uq_suppression_address_hmac")),
    )
    op.create_table(
        "incoming_mail",
        sa.Column("mail_hmac", sa.String(length=64), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("mail_hmac", name=op.f("pk_incoming_mail")),
    )
    op.create_index(op.f("ix_incoming_mail_taken_at"), "incoming_mail", ["taken_at"])


def downgrade() -> None:
    op.drop_table("incoming_mail")
    op.drop_table("suppression")
    op.drop_table("bounce_score")
    op.drop_column("delivery", "bounced_at")
