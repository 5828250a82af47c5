"""Signed webhooks, each with its durable record, from one worker to twenty local hosts."""

from __future__ import annotations

import asyncio
import json
import time
from itertools import cycle, islice
from typing import TYPE_CHECKING

import httpx

from alerts.facts import SignedWebhook
from service.commands.destinations import new_webhook_secret
from service.worker.jobs import check_overdue
from tests.benchmarks import readers, workers
from tests.benchmarks.figures import Figure
from tests.benchmarks.receivers import receivers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.benchmarks.databases import Database
    from tests.benchmarks.figures import Asked

COUNT = 20_000
HOSTS = 20
AT_LEAST = 700.0
BARE_IN_FLIGHT = 10


class NotAllArrived(AssertionError):
    """The receivers counted something else than what is on record."""


def measure(database: Database, asked: Asked) -> Iterator[Figure]:
    """Webhooks a second that are sent and on record, beside httpx that does nothing else."""
    with receivers("webhooks", ports=HOSTS) as receiving:
        queue(database, asked.count, receiving.ports)
        used = workers.drain(database, trusting(receiving.ports), profile=asked.profile)
        counted = receiving.stop()
    workers.require_all_accepted(database, asked.count)
    if (counted["taken"], counted["signed"]) != (asked.count, asked.count):
        raise NotAllArrived(f"of {asked.count} webhooks: {counted}")
    size = counted["size"] // asked.count
    with receivers("webhooks", ports=HOSTS) as receiving:
        limit = asyncio.run(_bare_rate(receiving.ports, count=asked.count, body=b"x" * size))
    yield Figure(
        name="webhooks",
        engine=database.engine_name,
        value=asked.count / used["seconds"],
        unit="webhooks/s",
        at_least=AT_LEAST,
        beside_what=f"bare httpx, {BARE_IN_FLIGHT} in flight, to the same hosts",
        beside_value=limit,
        command=asked.command,
        also={"bytes_each": size, "seconds": round(used["seconds"], 2), "cpu_s": round(used["cpu_s"], 2)},
    )


def queue(database: Database, count: int, ports: Sequence[int]) -> None:
    """One late follow-up, announced, and so many endpoints on these hosts that are owed a webhook of it."""
    case_id = readers.open_case(database)
    readers.add_followers(database, case_id, _endpoints(count, ports))
    readers.add_late_follow_ups(database, case_id, 1)
    check_overdue(database.parts)
    database.analyse()


def trusting(ports: Sequence[int]) -> dict[str, str]:
    """The settings under which the guarded network reaches these hosts."""
    return {"VIGIL_TRUSTED_ORIGINS": json.dumps([f"http://127.0.0.1:{port}" for port in ports])}


def _endpoints(count: int, ports: Sequence[int]) -> Iterator[SignedWebhook]:
    for number, port in enumerate(islice(cycle(ports), count)):
        yield SignedWebhook(f"http://127.0.0.1:{port}/hooks/{number}", (new_webhook_secret(),))


async def _bare_rate(ports: Sequence[int], *, count: int, body: bytes) -> float:
    urls = (f"http://127.0.0.1:{port}/hooks" for port in islice(cycle(ports), count))

    async def post(client: httpx.AsyncClient) -> None:
        for url in urls:
            (await client.post(url, content=body)).raise_for_status()

    async with httpx.AsyncClient(trust_env=False) as client:
        began = time.perf_counter()
        await asyncio.gather(*(post(client) for _ in range(BARE_IN_FLIGHT)))
        return count / (time.perf_counter() - began)
