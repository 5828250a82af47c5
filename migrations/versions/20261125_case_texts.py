"""The public summary of a case in other languages, each with the original that it was made from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261125_case_texts"
down_revision = "20261125_detail"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_text",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("made_from", sa.String(length=64), nullable=False),
        sa.Column("translated_by", sa.String(length=200), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_text_case_id_case"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_text")),
        sa.UniqueConstraint("case_id", "language", name=op.f("uq_case_text_case_id_language")),
    )


def downgrade() -> None:
    op.drop_table("case_text")
