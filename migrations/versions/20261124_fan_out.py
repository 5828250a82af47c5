"""PostgreSQL: what a fan-out checks row by row, it holds once a statement."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261124_fan_out"
down_revision = "20261124_gates"
branch_labels = None
depends_on = None

# Whose rows take their deliveries with them, and what they do to them.
PARENTS = {
    "alert": "DELETE FROM delivery WHERE alert_id IN (SELECT id FROM gone)",
    "destination": "DELETE FROM delivery WHERE destination_id IN (SELECT id FROM gone)",
    "subscription": "UPDATE delivery SET subscription_id = NULL WHERE subscription_id IN (SELECT id FROM gone)",
}
COLUMNS = ["digest_id", "destination_id"]


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    in_a_digest = sa.text("digest_id IS NOT NULL")
    op.drop_constraint("uq_delivery_digest_id_destination_id", "delivery")
    op.create_index("uq_delivery_digest", "delivery", COLUMNS, unique=True, postgresql_where=in_a_digest)
    for parent, cure in PARENTS.items():
        op.drop_constraint(f"fk_delivery_{parent}_id_{parent}", "delivery")
        op.execute(
            f"CREATE FUNCTION deliveries_without_{parent}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {cure}; RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER deliveries_go_too AFTER DELETE ON {parent} REFERENCING OLD TABLE AS gone "
            f"FOR EACH STATEMENT EXECUTE FUNCTION deliveries_without_{parent}()"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for parent, cure in PARENTS.items():
        op.execute(f"DROP TRIGGER deliveries_go_too ON {parent}")
        op.execute(f"DROP FUNCTION deliveries_without_{parent}()")
        op.create_foreign_key(
            f"fk_delivery_{parent}_id_{parent}",
            "delivery",
            parent,
            [f"{parent}_id"],
            ["id"],
            ondelete="CASCADE" if cure.startswith("DELETE") else "SET NULL",
        )
    op.drop_index("uq_delivery_digest", table_name="delivery")
    op.create_unique_constraint("uq_delivery_digest_id_destination_id", "delivery", COLUMNS)
