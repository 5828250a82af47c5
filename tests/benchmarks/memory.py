"""What a worker holds in memory while it drains a million deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.facts import EmailAddress
from service.worker.jobs import check_overdue
from tests.benchmarks import mail, readers, sinks, workers
from tests.benchmarks.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.benchmarks.databases import Database
    from tests.benchmarks.figures import Asked

COUNT = 1_000_000
READERS = 100_000
BELOW_MB = 300.0
# From the first tenth of the time to the last: what one delivery may leave behind is a few bytes at most.
GROWTH_BELOW_MB = 15.0


def measure(database: Database, asked: Asked) -> Iterator[Figure]:
    """The most that was resident (VmRSS), looked at each second, and how much it grew."""
    followers = min(READERS, asked.count)
    case_id = readers.open_case(database)
    readers.add_followers(database, case_id, (EmailAddress(f"reader{n}@example.org") for n in range(followers)))
    readers.add_late_follow_ups(database, case_id, asked.count // followers)
    check_overdue(database.parts)
    database.analyse()
    seen: list[float] = []
    with sinks.smtp_sink() as port:
        used = workers.drain(database, mail.relay(port), watch=lambda pid: seen.append(_resident_mb(pid)))
    workers.require_all_accepted(database, asked.count // followers * followers)
    at = {f"at_{percent}_percent": round(seen[len(seen) * percent // 100], 1) for percent in (10, 50, 90)}
    yield Figure(
        name="memory_most",
        engine=database.engine_name,
        value=max(seen),
        unit="MB",
        below=BELOW_MB,
        beside_what="the same process before its first claim",
        beside_value=used["resident_kb"] / 1024,
        command=asked.command,
        also=at | {"seconds": round(used["seconds"], 1)},
    )
    yield Figure(
        name="memory_growth",
        engine=database.engine_name,
        value=at["at_90_percent"] - at["at_10_percent"],
        unit="MB",
        below=GROWTH_BELOW_MB,
        beside_what="the same process before its first claim",
        beside_value=used["resident_kb"] / 1024,
        command=asked.command,
        also=at,
    )


def _resident_mb(pid: int) -> float:
    return workers.resident_kb(pid) / 1024
