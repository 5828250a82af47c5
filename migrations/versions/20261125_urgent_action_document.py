"""The rest of the urgent action's document: index, copies, guidance, background with sources, pronoun, report back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261125_urgent_action_document"
down_revision = "20261125_documents"
branch_labels = None
depends_on = None

ACTION = "urgent_action"
COPY = "urgent_action_copy"
SOURCE = "urgent_action_source"


def upgrade() -> None:
    op.add_column("person", sa.Column("pronoun", sa.String(length=32), nullable=True))
    op.add_column(ACTION, sa.Column("index_number", sa.String(length=64), nullable=True))
    op.add_column(ACTION, sa.Column("background", sa.Text(), nullable=True))
    op.add_column(ACTION, sa.Column("guidance", sa.JSON(), server_default="{}", nullable=False))
    op.add_column(ACTION, sa.Column("report_to", sa.String(length=254), nullable=True))
    op.add_column("urgent_action_letter", sa.Column("subject", sa.String(length=200), nullable=True))
    op.create_table(
        COPY,
        sa.Column("urgent_action_id", sa.Uuid(), nullable=False),
        sa.Column("target_official_id", sa.Uuid(), nullable=False),
        _of_action(COPY),
        sa.ForeignKeyConstraint(
            ["target_official_id"], ["target_official.id"], name=op.f(f"fk_{COPY}_target_official_id_target_official")
        ),
        sa.PrimaryKeyConstraint("urgent_action_id", "target_official_id", name=op.f(f"pk_{COPY}")),
    )
    op.create_index(op.f(f"ix_{COPY}_target_official_id"), COPY, ["target_official_id"])
    op.create_table(
        SOURCE,
        sa.Column("urgent_action_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        _of_action(SOURCE),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f(f"fk_{SOURCE}_source_id_source")),
        sa.PrimaryKeyConstraint("urgent_action_id", "source_id", name=op.f(f"pk_{SOURCE}")),
    )
    op.create_index(op.f(f"ix_{SOURCE}_source_id"), SOURCE, ["source_id"])


def downgrade() -> None:
    op.drop_table(SOURCE)
    op.drop_table(COPY)
    op.drop_column("urgent_action_letter", "subject")
    for column in ("report_to", "guidance", "background", "index_number"):
        op.drop_column(ACTION, column)
    op.drop_column("person", "pronoun")


def _of_action(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["urgent_action_id"], [f"{ACTION}.id"], name=op.f(f"fk_{table}_urgent_action_id_{ACTION}"), ondelete="CASCADE"
    )
