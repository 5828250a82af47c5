"""Runs the worker: the schedule and the dispatcher together, until it is told to stop."""

from __future__ import annotations

import asyncio
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import structlog
import uvloop

from service.worker.dispatcher import Dispatcher
from service.worker.schedule import Schedule
from service.worker.sending import open_sender, relays_of

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator, Mapping

    from alerts.channels.base import Channel
    from service.worker.parts import WorkerParts

log = structlog.get_logger()

# A finishing dispatcher takes 35 s at most; a thread that takes longer is left to the end of the process.
STOPPED_WITHIN_S = 40.0
# The loop and the threads of the database take turns; at the default of 5 ms each answer would wait that long for its.
TURN_S = 0.0005


def run_on_own_loop(main: Coroutine[Any, Any, None]) -> None:
    """Run to the end on an event loop made for much traffic."""
    sys.setswitchinterval(TURN_S)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main)


async def run_worker(parts: WorkerParts, *, stop: asyncio.Event, channels: Mapping[str, Channel] | None = None) -> None:
    """Check, close, send, until `stop` is set; then finish what is on its way, within 35 seconds.

    Any number of workers may run against one database. `channels` are for tests; else those of the settings.
    """
    if channels is None:
        async with open_sender(parts) as own:
            await run_worker(parts, stop=stop, channels=own)
        return
    dispatcher = Dispatcher(parts, channels, relays=relays_of(parts.settings))
    schedule = Schedule(parts, wake=dispatcher.wake)
    schedule.start()
    log.info("the worker runs")
    try:
        await dispatcher.run(stop)
    finally:
        schedule.stop()
        log.info("the worker has stopped")


async def run_until_drained(parts: WorkerParts, *, channels: Mapping[str, Channel] | None = None) -> None:
    """Send everything that is due now, and return when it is written down; what must wait longer stays queued.

    Only relays have a pace here: whoever drains the queue wants it empty.
    """
    if channels is None:
        async with open_sender(parts) as own:
            await run_until_drained(parts, channels=own)
        return
    await Dispatcher(parts, channels, relays=relays_of(parts.settings), paces={}).run_until_drained()


@contextmanager
def worker_beside(parts: WorkerParts) -> Iterator[None]:
    """A worker in a thread of its own with its own event loop, stopped at the end: for `vigil serve`."""
    ready: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    started = threading.Event()

    async def work() -> None:
        stop = asyncio.Event()
        ready.append((asyncio.get_running_loop(), stop))
        started.set()
        await run_worker(parts, stop=stop)

    thread = threading.Thread(target=lambda: run_on_own_loop(work()), name="vigil worker", daemon=True)
    thread.start()
    started.wait()
    try:
        yield
    finally:
        loop, stop = ready[0]
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)
        thread.join(STOPPED_WITHIN_S)
