"""The fan-out of one alert to 100,000 subscriptions, its transaction included."""

from __future__ import annotations

import time
from functools import partial
from statistics import median
from typing import TYPE_CHECKING

from sqlalchemy import text

from alerts.facts import EmailAddress
from service.commands.announce_overdue import announce_overdue
from service.commands.fan_out import fan_out
from service.facts import snapshots_of
from tests.benchmarks import readers
from tests.benchmarks.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from tests.benchmarks.databases import Database
    from tests.benchmarks.figures import Asked

COUNT = 100_000
BELOW_S = 1.5
TIMES = 3


class NotAllQueued(AssertionError):
    """A fan-out left somebody out."""


def measure(database: Database, asked: Asked) -> Iterator[Figure]:
    """Seconds from the beginning of the transaction to the end of its commit, the median of three alerts."""
    case_id = readers.open_case(database)
    readers.add_followers(database, case_id, (EmailAddress(f"reader{n}@example.org") for n in range(asked.count)))
    readers.add_late_follow_ups(database, case_id, TIMES)
    alert_ids = _announce(database)
    database.analyse()
    seconds = [_fan_out(database, alert_id, asked.count) for alert_id in alert_ids]
    yield Figure(
        name="fan_out",
        engine=database.engine_name,
        value=median(seconds),
        unit="s",
        below=BELOW_S,
        beside_what="INSERT ... SELECT of the same rows into a table without indexes",
        beside_value=_bare_insert_s(database, alert_ids[0]),
        command=asked.command,
        also={"each": [round(one, 3) for one in seconds]},
    )


def _announce(database: Database) -> tuple[UUID, ...]:
    parts = database.parts
    snapshots = partial(snapshots_of, links=parts.links)
    with parts.writing.begin() as session:
        return announce_overdue(session, now=parts.clock.now(), snapshots=snapshots).alert_ids


def _fan_out(database: Database, alert_id: UUID, count: int) -> float:
    began = time.perf_counter()
    with database.parts.writing.begin() as session:
        queued = fan_out(session, [alert_id], now=database.parts.clock.now())
    seconds = time.perf_counter() - began
    if queued != count:
        raise NotAllQueued(f"{queued} of {count}")
    return seconds


def _bare_insert_s(database: Database, alert_id: UUID) -> float:
    of_one = "SELECT * FROM delivery WHERE alert_id = :alert_id"
    named = {"alert_id": alert_id.hex}
    with database.parts.engine.begin() as connection:
        connection.execute(text("CREATE TABLE bare AS SELECT * FROM delivery LIMIT 0"))
    began = time.perf_counter()
    with database.parts.engine.begin() as connection:
        connection.execute(text(f"INSERT INTO bare {of_one}"), named)
    return time.perf_counter() - began
