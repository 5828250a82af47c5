"""Wakes the dispatcher when another process, or another thread, puts something into the outbox."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import psycopg
import structlog

from service.commands.ringing import OUTBOX_CHANNEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

log = structlog.get_logger()

# Reading the version of a SQLite file takes 4 µs.
LOOK_EVERY_S = 0.05
CONNECT_AGAIN_S = 5.0


async def listen(engine: Engine, *, wake: Callable[[], None], again_after_s: float = CONNECT_AGAIN_S) -> None:
    """Call `wake` after each commit that queued something, until cancelled. Missed calls are made up by the poll.

    When the database is away, it is tried again each `again_after_s` seconds.
    """
    watch = _listen_on_postgresql if engine.dialect.name == "postgresql" else _watch_sqlite
    while True:
        try:
            await watch(engine, wake)
        except (psycopg.OperationalError, sqlite3.OperationalError) as error:
            log.warning("listening again soon", error=type(error).__name__)
        await asyncio.sleep(again_after_s)


async def _listen_on_postgresql(engine: Engine, wake: Callable[[], None]) -> None:
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(f"LISTEN {OUTBOX_CHANNEL}")
        wake()
        async for _ in connection.notifies():
            wake()


async def _watch_sqlite(engine: Engine, wake: Callable[[], None]) -> None:
    # A connection of its own: the version tells of the commits of all others.
    with closing(sqlite3.connect(engine.url.database or "", isolation_level=None)) as connection:
        seen = None
        while True:
            version = connection.execute("PRAGMA data_version").fetchone()[0]
            if version != seen:
                seen = version
                wake()
            await asyncio.sleep(LOOK_EVERY_S)
