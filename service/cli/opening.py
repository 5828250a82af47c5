"""What a command needs before it can work: settings, key, database at the newest migration."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from service.clock import Clock, SystemClock
from service.database import open_engine, reading_sessions, sessions
from service.errors import DatabaseNotReady
from service.links import Links
from service.migrating import require_newest
from service.security.encryption import Vault, open_vault
from service.security.tokens import Signer
from service.settings import Settings, load_settings

# What the audit calls whoever works at the shell.
ACTOR = "command line"


@dataclass(frozen=True)
class Opened:
    """The parts of an installation that a command works with; `clock` is the machine's own."""

    settings: Settings
    engine: Engine
    vault: Vault
    writing: sessionmaker[Session]
    reading: sessionmaker[Session]
    clock: Clock

    @property
    def links(self) -> Links:
        """Every address that this installation gives out."""
        return Links(self.settings.public_url, Signer(self.vault.signing_key))


@contextmanager
def opened(settings: Settings | None = None) -> Iterator[Opened]:
    """Open the installation of these settings (None: of the environment) and close it at the end.

    Raises ConfigurationError for bad settings or a missing key, DatabaseNotReady for a database that cannot be reached
    or lacks migrations.
    """
    settings = settings or load_settings()
    if settings.is_embedded and settings.database_url is None and not settings.home.is_dir():
        raise DatabaseNotReady(f"there is no database in {settings.home} yet: run `vigil migrate`")
    engine = open_engine(settings.database)
    try:
        with reached():
            require_newest(engine)
        vault = open_vault(settings)
        yield Opened(settings, engine, vault, sessions(engine), reading_sessions(engine), SystemClock())
    finally:
        engine.dispose()


@contextmanager
def reached() -> Iterator[None]:
    """Turn the driver's complaints into DatabaseNotReady, in one line and without the URL."""
    try:
        yield
    except DBAPIError as error:
        lines = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
        raise DatabaseNotReady(f"the database cannot be used: {lines[0]}") from error


def keep_unless(session: Session, *, dry_run: bool) -> None:
    """Keep what was done or, of a dry run, nothing."""
    if dry_run:
        session.rollback()
    else:
        session.commit()
