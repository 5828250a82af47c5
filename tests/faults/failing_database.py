"""What makes a database fail in a test: somebody who holds it, a full disk, a server that goes down; and who notices."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, text

from service.database import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

# SQLite's own upper limit, in pages.
NO_LIMIT = 4_294_967_294


@dataclass
class Trouble:
    """What an engine is told before each use of a connection, and whether the database has refused it anything since.

    `busy_ms` is how long SQLite waits for another writer. A full disk has no page left beyond those that are in use.
    """

    busy_ms: int = 30_000
    disk_is_full: bool = False
    noticed: threading.Event = field(default_factory=threading.Event)


def troubled(engine: Engine) -> Trouble:
    """Trouble for this engine, none to begin with."""
    trouble = Trouble()

    @event.listens_for(engine, "handle_error")
    def notice(_: object) -> None:
        trouble.noticed.set()

    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "checkout")
        def instruct(connection: Any, *_: object) -> None:
            connection.execute(f"PRAGMA busy_timeout = {trouble.busy_ms}")
            # A limit below what is in use counts as what is in use.
            connection.execute(f"PRAGMA max_page_count = {1 if trouble.disk_is_full else NO_LIMIT}")

    return trouble


@contextmanager
def held_by_somebody_else(url: str) -> Iterator[None]:
    """Another process has the database to itself: no delivery is written meanwhile, on SQLite nothing at all."""
    engine = open_engine(url)
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("LOCK TABLE delivery IN EXCLUSIVE MODE"))
            yield
    finally:
        engine.dispose()


@contextmanager
def busy(trouble: Trouble, url: str) -> Iterator[None]:
    """Busy for longer than anybody waits."""
    patience_ms, trouble.busy_ms = trouble.busy_ms, 20
    with held_by_somebody_else(url):
        yield
    trouble.busy_ms = patience_ms


@contextmanager
def full(trouble: Trouble, _url: str) -> Iterator[None]:
    """No page left on the disk."""
    trouble.disk_is_full = True
    yield
    trouble.disk_is_full = False
