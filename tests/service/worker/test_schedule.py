"""The bells: one for each minute and each due instant, and none of them is lost."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from service.clock import FixedClock
from service.records import Alert
from service.worker.schedule import Schedule
from tests import factories

if TYPE_CHECKING:
    from tests.service.worker.conftest import Worker

FOLLOW_UPS = 6


class HurryingClock(FixedClock):
    """A clock on which a second passes whenever somebody looks."""

    def now(self) -> datetime:
        """A second later than the last time."""
        self.at += timedelta(seconds=1)
        return super().now()


def announced(worker: Worker) -> int:
    with worker.reading() as session:
        return session.scalar(select(func.count()).select_from(Alert)) or 0


def test_a_bell_that_rings_while_an_earlier_one_is_answered_is_not_lost(worker: Worker, now: datetime) -> None:
    # Each becomes late between two looks at the clock: after the check of the others, before the bell for it is hung.
    with worker.writing.begin() as session:
        case = factories.make_case(session)
        for number in range(FOLLOW_UPS):
            late_at = now + timedelta(seconds=2 * number + 1.5)
            factories.make_follow_up(session, case).next_level_at = late_at

    async def run() -> None:
        schedule = Schedule(replace(worker, clock=HurryingClock(now)), wake=lambda: None)
        schedule.start()
        try:
            # Half of the minute after which another bell would make up for the lost one.
            async with asyncio.timeout(30):
                while announced(worker) < FOLLOW_UPS:
                    await asyncio.sleep(0.05)
        finally:
            schedule.stop()

    asyncio.run(run())
