"""The fault grid of the database: busy, full or gone, it costs time; nothing is lost, and nobody is told twice."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

from alerts.outcomes import Accepted
from service.records import Alert, Attempt, OverdueEpisode
from service.vocabulary import AttemptOutcome, DeliveryState
from service.worker.jobs import check_overdue
from service.worker.running import run_until_drained, run_worker
from tests.faults.failing_database import busy, full, held_by_somebody_else, troubled
from tests.faults.outbox import addresses, make_late, states, tell

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractContextManager

    from tests.fakes import Sent
    from tests.faults.failing_database import Trouble
    from tests.service.worker.conftest import Worker
    from tests.torture.databases import Postgresql

    Failing = Callable[[Trouble, str], AbstractContextManager[None]]

# So many that their tries need pages of their own, each of 4 KiB.
MANY = 120
LONG = "x" * 2_000

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_a_server_that_crashes = pytest.mark.parametrize("database_url", ["crashable"], indirect=True)
in_any_trouble = pytest.mark.parametrize("fails", [busy, full], ids=["busy", "disk-full"])


@on_sqlite
@in_any_trouble
def test_a_check_that_cannot_be_written_announces_later_and_once(worker: Worker, fails: Failing) -> None:
    make_late(worker, [None], follow_ups=MANY)
    trouble = troubled(worker.engine)
    with fails(trouble, url_of(worker)), pytest.raises(OperationalError):
        check_overdue(worker)
    assert counted(worker, Alert) == counted(worker, OverdueEpisode) == 0
    assert len(check_overdue(worker).announced) == MANY
    assert check_overdue(worker).announced == ()
    asyncio.run(drained(worker))
    everyone_was_told_once(worker, MANY)


@on_sqlite
@in_any_trouble
def test_a_claim_that_cannot_be_written_sends_nothing_yet(worker: Worker, fails: Failing) -> None:
    tell(worker, [None], follow_ups=MANY)
    trouble = troubled(worker.engine)
    with fails(trouble, url_of(worker)), pytest.raises(OperationalError):
        asyncio.run(drained(worker))
    assert worker.post.sent == []
    asyncio.run(drained(worker))
    everyone_was_told_once(worker, MANY)


@on_sqlite
@in_any_trouble
def test_an_outcome_that_cannot_be_written_yet_is_kept_until_it_can(worker: Worker, fails: Failing) -> None:
    tell(worker, addresses("webhook", 40))
    trouble, troubles = troubled(worker.engine), ExitStack()
    worker.post.answer = lambda _: Accepted(250, excerpt=LONG)

    async def begin_trouble(_: Sent) -> None:
        worker.post.before_answer = None
        troubles.enter_context(fails(trouble, url_of(worker)))

    async def send() -> None:
        worker.post.before_answer = begin_trouble
        async with running(worker):
            await until(trouble.noticed.is_set)
            troubles.close()
            await until(lambda: all_accepted(worker))

    asyncio.run(send())
    everyone_was_told_once(worker, 40)


def test_an_outcome_waits_for_whoever_writes(worker: Worker) -> None:
    tell(worker, addresses("webhook", 40))
    trouble, held = troubled(worker.engine), ExitStack()

    async def hold(_: Sent) -> None:
        worker.post.before_answer = None
        held.enter_context(held_by_somebody_else(url_of(worker)))

    async def send() -> None:
        worker.post.before_answer = hold
        async with running(worker):
            await until(lambda: len(worker.post.sent) == 40)
            await asyncio.sleep(0.2)
            assert DeliveryState.ACCEPTED not in states(worker)
            held.close()
            await until(lambda: all_accepted(worker))

    asyncio.run(send())
    assert not trouble.noticed.is_set()
    everyone_was_told_once(worker, 40)


@on_a_server_that_crashes
def test_postgresql_goes_down_while_messages_are_on_their_way(worker: Worker, crashable: Postgresql) -> None:
    tell(worker, addresses("webhook", 40))
    trouble = troubled(worker.engine)

    async def send() -> None:
        has_gone_down = asyncio.Event()

        async def wait(_: Sent) -> None:
            await has_gone_down.wait()

        worker.post.before_answer = wait
        async with running(worker):
            await until(lambda: len(worker.post.sent) == 40)
            await asyncio.to_thread(crashable.go_down)
            has_gone_down.set()
            await until(trouble.noticed.is_set)
            await asyncio.to_thread(crashable.come_back)
            await until(lambda: all_accepted(worker))
            # and it goes on by itself
            await asyncio.to_thread(tell, worker, addresses("webhook", 5, host="later"))
            await until(lambda: states(worker).count(DeliveryState.ACCEPTED) == 45)

    asyncio.run(send())
    everyone_was_told_once(worker, 45)
    assert counted(worker, Alert) == counted(worker, OverdueEpisode) == 2


@on_a_server_that_crashes
def test_postgresql_goes_down_in_the_middle_of_a_check(worker: Worker, crashable: Postgresql) -> None:
    make_late(worker, [None], follow_ups=20)

    event.listen(worker.engine, "commit", lambda _: crashable.go_down(), once=True)
    with pytest.raises(OperationalError):
        check_overdue(worker)
    crashable.come_back()
    assert counted(worker, Alert) == counted(worker, OverdueEpisode) == 0
    assert len(check_overdue(worker).announced) == 20
    assert check_overdue(worker).announced == ()
    asyncio.run(drained(worker))
    everyone_was_told_once(worker, 20)


def everyone_was_told_once(worker: Worker, count: int) -> None:
    """Every delivery is accepted at its first try, and no key came twice."""
    assert states(worker) == [DeliveryState.ACCEPTED] * count
    assert len(worker.post.sent) == len(set(worker.post.keys())) == count
    with worker.reading() as session:
        tries = session.execute(select(Attempt.outcome, Attempt.n)).all()
    assert [tuple(one) for one in tries] == [(AttemptOutcome.ACCEPTED, 1)] * count


def url_of(worker: Worker) -> str:
    return worker.engine.url.render_as_string(hide_password=False)


def counted(worker: Worker, record: type[Alert | OverdueEpisode]) -> int:
    with worker.reading() as session:
        return session.scalar(select(func.count()).select_from(record)) or 0


def all_accepted(worker: Worker) -> bool:
    return set(states(worker)) == {DeliveryState.ACCEPTED}


async def drained(worker: Worker) -> None:
    await run_until_drained(worker, channels=worker.post.channels())


@asynccontextmanager
async def running(worker: Worker) -> AsyncIterator[None]:
    """A worker with its schedule, stopped at the end."""
    stop = asyncio.Event()
    working = asyncio.create_task(run_worker(worker, stop=stop, channels=worker.post.channels()))
    try:
        yield
    finally:
        stop.set()
        await working


async def until(holds: Callable[[], bool]) -> None:
    """Return when it holds; nothing here takes a minute."""
    async with asyncio.timeout(60):
        while not await asyncio.to_thread(holds):
            await asyncio.sleep(0.02)
