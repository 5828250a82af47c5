"""Runs the worker: the schedule and the dispatcher together, until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import structlog
import uvloop

from service.errors import WorkerDied
from service.worker.dispatcher import Dispatcher
from service.worker.schedule import Schedule
from service.worker.sending import open_sender, relays_of

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Mapping

    from alerts.channels.base import Channel
    from service.worker.parts import WorkerParts

log = structlog.get_logger()

# A finishing dispatcher takes 35 s at most; a thread that takes longer is left to the end of the process.
STOPPED_WITHIN_S = 40.0
# The loop and the threads of the database take turns; at the default of 5 ms each answer would wait that long for its.
TURN_S = 0.0005
# What was loaded at the start is never looked at again for garbage, and a batch of deliveries is no reason to look: a
# tenth of a sender's time would go there. In objects made, and in rounds of the younger ones.
TIDIED_EVERY = (20_000, 20, 20)


def settle() -> None:
    """Change how the whole process takes turns and tidies up: as a worker does, once everything is loaded."""
    sys.setswitchinterval(TURN_S)
    gc.freeze()
    gc.set_threshold(*TIDIED_EVERY)


def run_on_own_loop(main: Coroutine[Any, Any, None]) -> None:
    """Run to the end on an event loop made for much traffic, in a process that `settle` has changed."""
    settle()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main)


async def run_worker(parts: WorkerParts, *, stop: asyncio.Event, channels: Mapping[str, Channel] | None = None) -> None:
    """Check, close, send, until `stop` is set; then finish what is on its way, within 35 seconds.

    Any number of workers may run against one database. `channels` are for tests; else those of the settings.
    Raises WorkerDied when it cannot go on.
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
    except Exception as error:
        # Whoever started it must see it end: a process that goes on without its worker looks alive and tells nobody.
        names = _names(error)
        log.exception("the worker has died", error=names)
        raise WorkerDied(f"the worker has died ({names}): start it again, what is queued will be sent") from error
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
def worker_beside(parts: WorkerParts, *, when_it_dies: Callable[[], None] | None = None) -> Iterator[None]:
    """A worker in a thread of its own with its own event loop, stopped at the end: for `vigil serve`.

    If it dies, `when_it_dies` is called at once, from its thread, so that whoever runs beside it can end too; and
    WorkerDied is raised when the block ends.
    """
    worker = _WorkerThread(parts, when_it_dies)
    worker.start()
    try:
        yield
    finally:
        worker.stop()
    if worker.died is not None:
        raise worker.died


class _WorkerThread:
    """A worker's thread; `died` says why it ended before it was told to."""

    def __init__(self, parts: WorkerParts, when_it_dies: Callable[[], None] | None) -> None:
        self.died: WorkerDied | None = None
        self._parts = parts
        self._when_it_dies = when_it_dies
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="vigil worker", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._started.wait()

    def stop(self) -> None:
        if self._loop is not None and self._stop is not None:
            with suppress(RuntimeError):  # its loop is closed already
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(STOPPED_WITHIN_S)

    def _run(self) -> None:
        try:
            run_on_own_loop(self._work())
        except BaseException as error:  # noqa: BLE001 - noted, and raised by the thread that waits for this one
            self._note_death(error)

    async def _work(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._started.set()
        try:
            await run_worker(self._parts, stop=self._stop)
        except Exception as error:  # noqa: BLE001 - likewise
            # Not after this coroutine: the loop's own end may have to wait for a thread that hangs.
            self._note_death(error)

    def _note_death(self, error: BaseException) -> None:
        self.died = error if isinstance(error, WorkerDied) else WorkerDied(f"the worker has died ({_names(error)})")
        self._started.set()
        if self._when_it_dies is not None:
            self._when_it_dies()


def _names(error: BaseException) -> str:
    """What went wrong, by its names alone: texts may hold addresses."""
    parts = error.exceptions if isinstance(error, BaseExceptionGroup) else (error,)
    return ", ".join(type(part).__name__ for part in parts)
