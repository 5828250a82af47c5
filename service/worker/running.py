"""Runs the worker: the schedule and the dispatcher together, until it is told to stop."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog

from service.worker.dispatcher import Dispatcher
from service.worker.schedule import Schedule
from service.worker.sending import channels_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from alerts.channels.base import Channel
    from service.worker.parts import WorkerParts

__all__ = ["channels_of", "run_until_drained", "run_worker", "worker_beside"]

log = structlog.get_logger()

# A finishing dispatcher takes 35 s at most; a thread that takes longer is left to the end of the process.
STOPPED_WITHIN_S = 40.0


async def run_worker(parts: WorkerParts, *, stop: asyncio.Event, channels: Mapping[str, Channel] | None = None) -> None:
    """Check, close, send, until `stop` is set; then finish what is on its way, within 35 seconds.

    Any number of workers may run against one database. `channels` are for tests; else those of the settings.
    """
    if channels is None:
        async with channels_of(parts.settings) as own:
            await run_worker(parts, stop=stop, channels=own)
        return
    dispatcher = Dispatcher(parts, channels)
    schedule = Schedule(parts, wake=dispatcher.wake)
    schedule.start()
    log.info("the worker runs")
    try:
        await dispatcher.run(stop)
    finally:
        schedule.stop()
        log.info("the worker has stopped")


async def run_until_drained(parts: WorkerParts, *, channels: Mapping[str, Channel] | None = None) -> None:
    """Send everything that is due now, and return when it is written down; what must wait longer stays queued."""
    if channels is None:
        async with channels_of(parts.settings) as own:
            await Dispatcher(parts, own).run_until_drained()
        return
    await Dispatcher(parts, channels).run_until_drained()


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

    thread = threading.Thread(target=lambda: asyncio.run(work()), name="vigil worker", daemon=True)
    thread.start()
    started.wait()
    try:
        yield
    finally:
        loop, stop = ready[0]
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)
        thread.join(STOPPED_WITHIN_S)
