"""Readers' OpenPGP keys, encrypted mails kept until they have arrived, and the private addresses of feeds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261125_openpgp"
down_revision = "20261125_returned_mail"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "openpgp_key",
        sa.Column("subscriber_id", sa.Uuid(), nullable=False),
        sa.Column("armoured_sealed", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_openpgp_key_subscriber_id_subscriber"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("subscriber_id", name=op.f("pk_openpgp_key")),
    )  # fmt: skip
    op.create_table(
        "ciphertext",
        sa.Column(
            "delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("made_from_hmac", sa.String(length=64), nullable=False),
        sa.Column("armoured", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_ciphertext_delivery_id_delivery"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_ciphertext")),
    )  # fmt: skip
    op.create_table(
        "feed_token",
        sa.Column("subscriber_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_feed_token_subscriber_id_subscriber"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("subscriber_id", name=op.f("pk_feed_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_feed_token_token_hash")),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("feed_token")
    op.drop_table("ciphertext")
    op.drop_table("openpgp_key")
