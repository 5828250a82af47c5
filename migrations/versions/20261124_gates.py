"""Gates, what a destination remembers of its failures, and a line of its own for mail and for HTTP."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261124_gates"
down_revision = "20261124_first_tables"
branch_labels = None
depends_on = None

LINES = {
    "ix_delivery_by_mail": "open AND channel = 'email'",
    "ix_delivery_over_http": "open AND channel <> 'email'",
}


def upgrade() -> None:
    op.create_table(
        "gate",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("paced_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shut_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_gate")),
    )
    # Plain ADD COLUMN with defaults that stay: SQLite would drop and copy the table, and every subscription with it.
    op.add_column("destination", sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("destination", sa.Column("last_failure_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("destination", sa.Column("failures", sa.Integer(), server_default="0", nullable=False))
    op.add_column("destination", sa.Column("gate_key", sa.String(length=300), server_default="mail", nullable=False))
    # What is stored already has its host sealed, and a migration has no key: each gets a gate of its own.
    if op.get_bind().dialect.name == "postgresql":
        op.execute("UPDATE destination SET gate_key = 'dest:' || id::text WHERE channel <> 'email'")
    else:
        op.execute("UPDATE destination SET gate_key = 'dest:' || id WHERE channel <> 'email'")
    op.drop_index("ix_delivery_claim", table_name="delivery")
    for name, line in LINES.items():
        columns = ["priority", "due_at", "id"]
        op.create_index(name, "delivery", columns, postgresql_where=sa.text(line), sqlite_where=sa.text(line))


def downgrade() -> None:
    for name in LINES:
        op.drop_index(name, table_name="delivery")
    op.create_index(
        "ix_delivery_claim",
        "delivery",
        ["priority", "due_at", "id"],
        postgresql_where=sa.text("open IS true"),
        sqlite_where=sa.text("open IS 1"),
    )
    for column in ("gate_key", "failures", "last_failure_at", "disabled_at"):
        op.drop_column("destination", column)
    op.drop_table("gate")
