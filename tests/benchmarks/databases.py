"""Migrated databases of a benchmark's own, on disk, with every write made durable."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from service.app import build_parts
from service.migrating import migrate
from service.settings import load_settings
from tests.postgresql import Server, start_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.web import Parts

# The tests' server is quick because it may lose everything; this one may not.
DURABLE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on")
SECRET_KEY = "a key for benchmarks alone, 32 letters or more"


@dataclass(frozen=True)
class Database:
    """One migrated, empty database; `folder` is for whatever else the benchmark writes."""

    engine_name: str
    url: str
    folder: Path
    parts: Parts

    @property
    def settings(self) -> dict[str, str]:
        """What a worker's environment must say to use it."""
        return {
            "VIGIL_HOME": str(self.folder),
            "VIGIL_DATABASE_URL": self.url,
            "VIGIL_SECRET_KEY": SECRET_KEY,
            "VIGIL_PUBLIC_URL": self.parts.settings.public_url,
            "VIGIL_LOG_LEVEL": "warning",
        }

    def analyse(self) -> None:
        """Let the engine learn what the tables hold, as it does by itself in the long run."""
        with self.parts.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))


class Databases:
    """Makes databases of either engine, and starts the PostgreSQL server when the first one is wanted."""

    def __init__(self) -> None:
        self._server: Server | None = None
        self._made = 0

    @contextmanager
    def fresh(self, engine_name: str) -> Iterator[Database]:
        """A database that is removed at the end."""
        folder = Path(tempfile.mkdtemp(prefix="vigil-benchmark-"))
        try:
            url = f"sqlite:///{folder / 'vigil.db'}" if engine_name == "sqlite" else self._on_postgresql()
            settings = load_settings(
                home=folder, database_url=url, secret_key=SECRET_KEY, public_url="https://vigil.example.org"
            )
            parts = build_parts(settings)
            try:
                migrate(parts.engine)
                yield Database(engine_name, url, folder, parts)
            finally:
                parts.engine.dispose()
                self._drop(url)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Stop the server, if one was started."""
        if self._server is not None:
            self._server.stop()

    def _on_postgresql(self) -> str:
        self._server = self._server or start_server(settings=DURABLE)
        self._made += 1
        name = f"vigil_benchmark_{self._made}"
        self._say(f'DROP DATABASE IF EXISTS "{name}"')
        self._say(f'CREATE DATABASE "{name}"')
        return make_url(self._server.url).set(database=name).render_as_string(hide_password=False)

    def _drop(self, url: str) -> None:
        if self._server is not None and url.startswith("postgresql"):
            self._say(f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')

    def _say(self, statement: str) -> None:
        if self._server is None:
            return
        engine = create_engine(self._server.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()
