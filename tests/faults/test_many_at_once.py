"""Four schedulers and four workers on one database: one announcement for each episode, one message for each delivery."""

from __future__ import annotations

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING, TypeVar

import pytest
from sqlalchemy import func, select

from service.database import open_engine, reading_sessions, sessions
from service.records import Alert, Attempt, Delivery, OverdueEpisode
from service.vocabulary import AttemptOutcome, Cadence, DeliveryState
from service.worker.jobs import check_overdue, close_ended_digests
from service.worker.running import run_until_drained, run_worker
from tests import factories
from tests.faults.outbox import addresses, make_late, states

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.service.worker.conftest import Worker

T = TypeVar("T")

FOUR = 4
# Many follow-ups with few readers, and few with many: a relay takes what comes, a host is given what its speed earns.
MANY, FEW = 40, 3
by_either_way = pytest.mark.parametrize(("channel", "readers", "late"), [("email", FEW, MANY), ("webhook", MANY, FEW)])


def test_four_checks_announce_everything_once(worker: Worker) -> None:
    make_late(worker, addresses("email", FEW), follow_ups=MANY)
    with four_of(worker) as workers:
        passes = at_once(workers, check_overdue)
    assert sum(len(one.announced) for one in passes) == MANY
    assert counted(worker) == (MANY, MANY, FEW * MANY)


@by_either_way
def test_four_workers_send_everything_once(worker: Worker, channel: str, readers: int, late: int) -> None:
    make_late(worker, addresses(channel, readers), follow_ups=late)
    check_overdue(worker)
    with four_of(worker) as workers:
        at_once(workers, lambda one: asyncio.run(run_until_drained(one, channels=one.post.channels())))
    everything_was_sent_once(worker, readers * late)


@by_either_way
def test_four_workers_with_their_schedulers_announce_and_send_everything_once(
    worker: Worker, channel: str, readers: int, late: int
) -> None:
    make_late(worker, addresses(channel, readers), follow_ups=late)
    with four_of(worker) as workers:
        at_once(workers, lambda one: asyncio.run(work_until_all_is_sent(one, readers * late)))
    assert counted(worker) == (late, late, readers * late)
    everything_was_sent_once(worker, readers * late)


def test_four_closers_close_each_digest_once(worker: Worker) -> None:
    with worker.writing.begin() as session:
        case = factories.make_case(session)
        for _ in range(20):
            factories.make_subscription(session, worker.vault, case=case, cadence=Cadence.DAILY)
        factories.make_follow_up(session, case)
    check_overdue(worker)
    worker.clock.at += timedelta(days=1)
    with four_of(worker) as workers:
        assert sum(at_once(workers, close_ended_digests)) == 20
        at_once(workers, lambda one: asyncio.run(run_until_drained(one, channels=one.post.channels())))
    everything_was_sent_once(worker, 20)


@contextmanager
def four_of(worker: Worker) -> Iterator[list[Worker]]:
    """Workers as in processes of their own: each has its engine; they share only the clock and what was sent."""
    with ExitStack() as engines:
        workers = []
        for _ in range(FOUR):
            engine = open_engine(worker.engine.url.render_as_string(hide_password=False))
            engines.callback(engine.dispose)
            workers.append(replace(worker, engine=engine, writing=sessions(engine), reading=reading_sessions(engine)))
        yield workers


def at_once(workers: list[Worker], work: Callable[[Worker], T]) -> list[T]:
    """What each of them returns; they begin together."""
    together = Barrier(len(workers))

    def begin(one: Worker) -> T:
        together.wait()
        return work(one)

    with ThreadPoolExecutor(len(workers)) as threads:
        return list(threads.map(begin, workers))


async def work_until_all_is_sent(worker: Worker, count: int) -> None:
    stop = asyncio.Event()
    working = asyncio.create_task(run_worker(worker, stop=stop, channels=worker.post.channels()))
    try:
        async with asyncio.timeout(60):
            while (await asyncio.to_thread(states, worker)).count(DeliveryState.ACCEPTED) < count:
                await asyncio.sleep(0.05)
    finally:
        stop.set()
        await working


def counted(worker: Worker) -> tuple[int, int, int]:
    """Episodes, alerts, deliveries."""
    with worker.reading() as session:
        episodes, alerts, deliveries = (
            session.scalar(select(func.count()).select_from(record)) or 0
            for record in (OverdueEpisode, Alert, Delivery)
        )
    return episodes, alerts, deliveries


def everything_was_sent_once(worker: Worker, count: int) -> None:
    assert states(worker) == [DeliveryState.ACCEPTED] * count
    assert len(worker.post.sent) == len(set(worker.post.keys())) == count
    with worker.reading() as session:
        tries = Counter(tuple(one) for one in session.execute(select(Attempt.outcome, Attempt.n)))
    assert tries == {(AttemptOutcome.ACCEPTED, 1): count}
