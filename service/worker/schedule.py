"""Every rhythm of the worker, on one page. The bell only rings: rows say what is due, so a missed bell loses nothing."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from service.records.alerts import CANARY_EVERY
from service.worker.asking_jobs import ANSWER_ASKINGS, answer_askings
from service.worker.intake_job import TAKE_IN_MAIL, take_in_mailbox
from service.worker.jobs import (
    APPLY_RULES,
    CHECK_COMPLETENESS,
    CHECK_OVERDUE,
    CLOSE_DIGESTS,
    EXPIRE_SUBSCRIPTIONS,
    SEND_CANARY,
    apply_rules_again,
    check_completeness,
    check_overdue,
    close_ended_digests,
    expire_unconfirmed,
    run_recorded,
    send_canary,
    when_next_due,
)
from service.worker.urgent_jobs import MOVE_URGENT_ACTIONS, move_urgent_actions

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.worker.parts import WorkerParts

CHECK_EVERY = timedelta(minutes=1)
CLOSE_EVERY = timedelta(minutes=1)
EXPIRE_EVERY = timedelta(days=1)
# A new day begins at any hour somewhere.
APPLY_EVERY = timedelta(hours=1)
# A bounce may wait; a complaint should not, for what is due meanwhile still goes out.
TAKE_IN_EVERY = timedelta(minutes=1)
# Rings more often than anybody looks: every five minutes while all is well, and each minute while it is not.
LOOK_EVERY = timedelta(minutes=1)
AT_THE_DUE_INSTANT = "check_overdue_at_the_due_instant"
# What is due already and was not announced is in another worker's hands, who needs a moment.
AGAIN_AFTER = timedelta(milliseconds=100)
# A bell that rings while an earlier one is being answered would be dropped at the default of one.
BELLS_AT_ONCE = 10


class Schedule:
    """The rhythms, on the running event loop; each job runs in a thread. `wake` is called after each on the loop."""

    def __init__(self, parts: WorkerParts, *, wake: Callable[[], None]) -> None:
        self._parts = parts
        self._wake = wake
        # Defaults would drop what is more than a second late, and say so only in a log.
        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )

    def start(self) -> None:
        """Ring every bell once now, and then in its rhythm."""
        now = self._parts.wall_clock.now()
        for name, every, job in (
            (CHECK_OVERDUE, CHECK_EVERY, self._check),
            (CLOSE_DIGESTS, CLOSE_EVERY, self._close),
            (EXPIRE_SUBSCRIPTIONS, EXPIRE_EVERY, self._expire),
            (APPLY_RULES, APPLY_EVERY, self._apply),
            (SEND_CANARY, CANARY_EVERY, self._canary),
            (TAKE_IN_MAIL, TAKE_IN_EVERY, self._take_in),
            (CHECK_COMPLETENESS, LOOK_EVERY, self._look),
        ):
            trigger = IntervalTrigger(seconds=int(every.total_seconds()), timezone="UTC")
            self._scheduler.add_job(job, trigger, id=name, next_run_time=now)
        self._scheduler.start()

    def stop(self) -> None:
        """Ring no more; what runs in a thread runs to its end."""
        self._scheduler.shutdown(wait=False)

    async def _check(self) -> None:
        await self._run(CHECK_OVERDUE, partial(check_overdue, self._parts))
        await self._run(MOVE_URGENT_ACTIONS, partial(move_urgent_actions, self._parts))
        await self._run(ANSWER_ASKINGS, partial(answer_askings, self._parts))
        await self._run(AT_THE_DUE_INSTANT, self._ring_at_next_due)

    async def _close(self) -> None:
        await self._run(CLOSE_DIGESTS, partial(close_ended_digests, self._parts))

    async def _expire(self) -> None:
        await self._run(EXPIRE_SUBSCRIPTIONS, partial(expire_unconfirmed, self._parts))

    async def _apply(self) -> None:
        await self._run(APPLY_RULES, partial(apply_rules_again, self._parts))

    async def _canary(self) -> None:
        await self._run(SEND_CANARY, partial(send_canary, self._parts))

    async def _take_in(self) -> None:
        await self._run(TAKE_IN_MAIL, partial(take_in_mailbox, self._parts))

    async def _look(self) -> None:
        await self._run(CHECK_COMPLETENESS, partial(check_completeness, self._parts))

    async def _run(self, name: str, job: Callable[[], object]) -> None:
        await asyncio.to_thread(run_recorded, self._parts, name, job)
        self._wake()

    def _ring_at_next_due(self) -> None:
        """One bell at the next due instant; the minute's bell makes up for one that is overtaken."""
        due_at = when_next_due(self._parts)
        if due_at is None:
            return
        # Business time may be faked; the bell hangs on the machine's.
        wait = max(due_at - self._parts.clock.now(), AGAIN_AFTER)
        if wait < CHECK_EVERY:
            self._scheduler.add_job(
                self._check,
                DateTrigger(self._parts.wall_clock.now() + wait, timezone="UTC"),
                id=AT_THE_DUE_INSTANT,
                replace_existing=True,
                max_instances=BELLS_AT_ONCE,
            )
