"""When a subscriber wants to be told: the hour of a summary, and hours in which nothing leaves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261125_timetable"
down_revision = "20261125_urgent_action_document"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "timetable",
        sa.Column("subscriber_id", sa.Uuid(), nullable=False),
        sa.Column("digest_hour", sa.Integer(), nullable=False),
        sa.Column("digest_weekday", sa.Integer(), nullable=False),
        sa.Column("quiet_from", sa.Time(), nullable=True),
        sa.Column("quiet_until", sa.Time(), nullable=True),
        sa.Column("critical_may_wake", sa.Boolean(), nullable=False),
        sa.CheckConstraint("digest_hour BETWEEN 0 AND 23", name=op.f("ck_timetable_digest_hour")),
        sa.CheckConstraint("digest_weekday BETWEEN 1 AND 7", name=op.f("ck_timetable_digest_weekday")),
        sa.CheckConstraint(
            "(quiet_from IS NULL) = (quiet_until IS NULL)", name=op.f("ck_timetable_both_or_neither")
        ),
        sa.CheckConstraint("quiet_from <> quiet_until", name=op.f("ck_timetable_not_all_day")),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_timetable_subscriber_id_subscriber"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscriber_id", name=op.f("pk_timetable")),
    )  # fmt: skip
    quiet = sa.text("quiet_from IS NOT NULL")
    op.create_index("ix_timetable_quiet", "timetable", ["subscriber_id"], postgresql_where=quiet, sqlite_where=quiet)


def downgrade() -> None:
    op.drop_index("ix_timetable_quiet", table_name="timetable")
    op.drop_table("timetable")
