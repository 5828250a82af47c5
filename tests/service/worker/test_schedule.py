"""The rhythms: what becomes due is announced when it does, not at the next minute."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from service.clock import FixedClock
from service.records import Alert
from service.worker.schedule import CHECK_EVERY, Schedule
from tests import factories

if TYPE_CHECKING:
    from tests.service.worker.conftest import Worker

BEGINS = datetime(2014, 11, 20, 9, 0, tzinfo=UTC)


class Stepping(FixedClock):
    """A clock that is a second later each time it is asked."""

    def now(self) -> datetime:
        """The instant, one second after the one before."""
        self.at += timedelta(seconds=1)
        return super().now()


def test_what_becomes_due_while_a_check_runs_does_not_wait_for_the_next_minute(worker: Worker) -> None:
    with worker.writing.begin() as session:
        case = factories.make_case(session)
        for seconds in range(0, 20, 4):
            factories.make_follow_up(session, case).next_level_at = BEGINS + timedelta(seconds=seconds)
    stepping = replace(worker, clock=Stepping(BEGINS))

    async def run() -> None:
        schedule = Schedule(stepping, wake=lambda: None)
        schedule.start()
        async with asyncio.timeout(CHECK_EVERY.total_seconds() / 2):
            while await asyncio.to_thread(announced, worker) < 5:
                await asyncio.sleep(0.02)
        schedule.stop()

    asyncio.run(run())
    assert announced(worker) == 5


def announced(worker: Worker) -> int:
    with worker.reading() as session:
        return session.scalar(select(func.count()).select_from(Alert)) or 0
