"""The stop sign is read once for all who leave, and a sender who cannot read it does not send."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

from service.commands.stop_queued import raise_stop_sign
from service.queries.stop_sign import times_raised
from service.worker.stop_watch import StopWatch

if TYPE_CHECKING:
    from tests.service.worker.conftest import Worker


def raise_it(worker: Worker) -> None:
    with worker.writing.begin() as session:
        raise_stop_sign(session)


def test_a_sign_that_was_raised_is_seen_by_whoever_looked_before(worker: Worker) -> None:
    async def run() -> list[bool]:
        watch = StopWatch(worker.reading, fresh_for_s=0.0)
        before = await watch.is_raised_since(0)
        await asyncio.to_thread(raise_it, worker)
        return [before, await watch.is_raised_since(0), await watch.is_raised_since(1)]

    assert asyncio.run(run()) == [False, True, False]
    raise_it(worker)
    with worker.reading() as session:
        assert times_raised(session) == 2


def test_a_hundred_who_ask_at_once_are_answered_by_few_reads(worker: Worker) -> None:
    reads: list[int] = []

    class Counted(Session):
        def __enter__(self) -> Counted:
            reads.append(1)
            super().__enter__()
            return self

    counted = sessionmaker(worker.engine, class_=Counted)

    async def run() -> list[bool]:
        watch = StopWatch(counted, fresh_for_s=60.0)
        return list(await asyncio.gather(*(watch.is_raised_since(0) for _ in range(100))))

    assert asyncio.run(run()) == [False] * 100
    assert len(reads) == 1


def test_where_the_database_cannot_say_nothing_leaves() -> None:
    nowhere = sessionmaker(create_engine("sqlite:////nowhere/at/all.db"))

    async def run() -> bool:
        return await StopWatch(nowhere).is_raised_since(0)

    assert asyncio.run(run())
