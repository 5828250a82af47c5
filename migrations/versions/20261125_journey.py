"""Forms that wait to be looked at, visits by mailed link, changes of address, and that somebody was erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261125_journey"
down_revision = "20261125_openpgp"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asking",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("fields_sealed", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asking")),
    )
    op.create_index(op.f("ix_asking_created_at"), "asking", ["created_at"])
    op.create_table(
        "manage_visit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subscriber_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f("fk_manage_visit_subscriber_id_subscriber"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manage_visit")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_manage_visit_token_hash")),
    )
    op.create_index(op.f("ix_manage_visit_subscriber_id"), "manage_visit", ["subscriber_id"])
    op.create_index(op.f("ix_manage_visit_asked_at"), "manage_visit", ["asked_at"])
    op.create_table(
        "address_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("destination_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [column], ["destination.id"], name=op.f(f"fk_address_change_{column}_destination"), ondelete="CASCADE"
            )
            for column in ("destination_id", "other_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_change")),
    )
    for column in ("destination_id", "other_id", "asked_at"):
        op.create_index(op.f(f"ix_address_change_{column}"), "address_change", [column])
    op.create_table(
        "erasure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address_hmac", sa.String(length=64), nullable=False),
        sa.Column("subscriptions", sa.Integer(), nullable=False),
        sa.Column("deliveries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )


def downgrade() -> None:
    for table in ("erasure", "address_change", "manage_visit", "asking"):
        op.drop_table(table)
