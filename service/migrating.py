"""Brings the database to the newest migration, and tells how far it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from service.errors import DatabaseNotReady
from service.paths import MIGRATIONS

if TYPE_CHECKING:
    from sqlalchemy import Engine


def _config() -> Config:
    # An installed wheel has no pyproject.toml to read, so the place is set here.
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def migrate(engine: Engine) -> None:
    """Run what migrations are missing, all in one transaction."""
    config = _config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def newest_revision() -> str | None:
    """The revision that this code was written for."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def current_revision(engine: Engine) -> str | None:
    """The revision at which the database is; None when it is empty."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def require_newest(engine: Engine) -> None:
    """Raise DatabaseNotReady unless the database is at the newest revision."""
    current, newest = current_revision(engine), newest_revision()
    if current != newest:
        raise DatabaseNotReady(
            f"the database is at revision {current}, this version needs {newest}: run `vigil migrate`"
        )
