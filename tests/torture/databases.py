"""The database of one run: a SQLite file, or PostgreSQL with everything on that makes a commit last."""

from __future__ import annotations

import os
import time
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
# A server process notices a dead client when it has finished what it does.
GONE_WITHIN_S = 30


class NotDurable(RuntimeError):
    """A server that may forget what it committed proves nothing."""


class Database(Protocol):
    """A migrated database of this run's own."""

    @property
    def url(self) -> str:
        """Its address."""

    def url_of(self, worker: str) -> str:
        """The address for one worker, by which the database knows it from others."""

    def forget(self, worker: str) -> None:
        """Return when nothing that a dead worker had asked for can be committed any more."""

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

    def url_of(self, worker: str) -> str:  # noqa: ARG002 - a file knows nobody
        """The same for all."""
        return self.url

    def forget(self, worker: str) -> None:
        """What was not committed died with its process."""

    def crash(self) -> None:
        """Raise ValueError: there is no server."""
        raise ValueError("a file has no server that could crash")

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

    def url_of(self, worker: str) -> str:
        """The address under this worker's own name."""
        return make_url(self.url).update_query_dict({"application_name": worker}).render_as_string(hide_password=False)

    def forget(self, worker: str) -> None:
        """Wait for its server processes, which finish a commit that had reached them."""
        gone = text("SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = :worker")
        deadline = time.monotonic() + GONE_WITHIN_S
        opened = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with opened.connect() as connection:
            while not connection.execute(gone, {"worker": worker}).scalar_one():
                if time.monotonic() > deadline:
                    raise TimeoutError(f"the database still works for {worker}, which is dead")
                time.sleep(0.002)
        opened.dispose()

    def crash(self) -> None:
        """End the server with SIGQUIT and start it again on the same files; it has recovered when this returns."""
        self.go_down()
        self.come_back()

    def go_down(self) -> None:
        """End the server with SIGQUIT, as `pg_ctl stop -m immediate` does."""
        self._server.crash()

    def come_back(self) -> None:
        """Start the server again on the same files; it has recovered when this returns."""
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
