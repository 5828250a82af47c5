"""Changes of a timetable are counted, so that two members cannot overwrite each other unseen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261125_timetable_version"
down_revision = "20261125_journey"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("timetable", sa.Column("version", sa.Integer(), server_default="1", nullable=False))


def downgrade() -> None:
    op.drop_column("timetable", "version")
