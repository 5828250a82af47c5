"""Runs the migrations on a connection that the caller has opened, or on the database of the settings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context

from service.database import open_engine
from service.records import Base
from service.records.base import UtcDateTime
from service.settings import load_settings

# What records declare and only the other engine has (20261124_fan_out).
NOT_HERE = {
    "sqlite": {"uq_delivery_digest"},
    "postgresql": {
        "uq_delivery_digest_id_destination_id",
        "fk_delivery_alert_id_alert",
        "fk_delivery_destination_id_destination",
        "fk_delivery_subscription_id_subscription",
    },
}


def as_plain_types(kind, item, _):
    """Write our column types as what the database sees, so that an old migration never changes its meaning."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, sa.Enum):
        return "sa.String(length=32)"
    return False


def run(connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        render_item=as_plain_types,
        render_as_batch=connection.dialect.name == "sqlite",
        include_object=lambda _item, name, *_: name not in NOT_HERE[connection.dialect.name],
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    engine = open_engine(load_settings().database)
    with engine.begin() as own:
        run(own)
