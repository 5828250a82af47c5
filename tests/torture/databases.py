"""The database of one run: a SQLite file, or PostgreSQL with everything on that makes a commit last."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from service.database import open_engine
from service.migrating import migrate
from tests.postgresql import start_server
from tests.torture.arguments import POSTGRESQL

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgresql import Server

DURABLE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on")


class NotDurable(RuntimeError):
    """A server that may forget what it committed proves nothing."""


class Database(Protocol):
    """A migrated database of this run's own."""

    @property
    def url(self) -> str:
        """Its address."""

    def crash(self) -> None:
        """End the server at once and start it again on the same files."""

    def close(self) -> None:
        """Remove it."""


def open_database(engine: str, folder: Path) -> Database:
    """A new one. Raises PostgreSQLNotFound, and NotDurable for a server that was given without durability."""
    database: Database = Postgresql() if engine == POSTGRESQL else Sqlite(f"sqlite:///{folder / 'vigil.db'}")
    opened = open_engine(database.url)
    try:
        migrate(opened)
    finally:
        opened.dispose()
    return database


@dataclass(frozen=True)
class Sqlite:
    """A file, with SQLite's own `synchronous=FULL`; it goes with its folder."""

    url: str

    def crash(self) -> None:
        """There is no server."""
        raise NotImplementedError

    def close(self) -> None:
        """Nothing is held open."""


class Postgresql:
    """A database in a server of our own, or in the one that the environment names."""

    def __init__(self) -> None:
        self._server: Server = start_server(settings=DURABLE)
        self._name = f"vigil_torture_{os.getpid()}"
        try:
            self._say(f'CREATE DATABASE "{self._name}"')
            self._require_durable()
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        """Its address."""
        return make_url(self._server.url).set(database=self._name).render_as_string(hide_password=False)

    def crash(self) -> None:
        """End the server with SIGQUIT and start it again on the same files; it has recovered when this returns."""
        self._server.crash()
        self._server = self._server.start_again()

    def close(self) -> None:
        """Stop our own server; leave nothing behind in one that was given."""
        if self._server.folder is None:
            self._say(f'DROP DATABASE IF EXISTS "{self._name}" WITH (FORCE)')
        with suppress(ProcessLookupError):
            self._server.stop()

    def _say(self, statement: str) -> None:
        admin = create_engine(self._server.url, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(statement))
        admin.dispose()

    def _require_durable(self) -> None:
        opened = create_engine(self.url)
        with opened.connect() as connection:
            for setting in DURABLE:
                name, _, wanted = setting.partition("=")
                found = connection.execute(text(f"SHOW {name}")).scalar_one()
                if found != wanted:
                    raise NotDurable(f"{name} is {found} on the server that was given, and must be {wanted}")
        opened.dispose()
