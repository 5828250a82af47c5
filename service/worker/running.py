"""Runs the worker: the schedule and the dispatcher together, until it is told to stop."""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager, contextmanager
from email.utils import formataddr
from typing import TYPE_CHECKING

import structlog

from alerts.channels import open_channels
from alerts.channels.relay import Relay
from alerts.network import Network
from service.worker.dispatcher import Dispatcher
from service.worker.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from alerts.channels.base import Channel
    from service.settings import Settings
    from service.worker.parts import WorkerParts

log = structlog.get_logger()

# A finishing dispatcher takes 35 s at most; a thread that takes longer is left to the end of the process.
STOPPED_WITHIN_S = 40.0


@asynccontextmanager
async def channels_of(settings: Settings) -> AsyncIterator[dict[str, Channel]]:
    """Every channel, open on the running loop, by its name; closed at the end."""
    network = Network(trusted_origins=settings.trusted_origins)
    channels = open_channels(network=network, relay=relay_of(settings))
    try:
        yield channels
    finally:
        for channel in channels.values():
            await channel.aclose()
        await network.aclose()


def relay_of(settings: Settings) -> Relay:
    """The mail relay of the settings."""
    smtp = settings.smtp
    return Relay(
        host=smtp.host,
        port=smtp.port,
        security=smtp.security,
        sender=formataddr((settings.organisation, settings.sender)),
        message_id_domain=settings.sender.rpartition("@")[2],
        username=smtp.username,
        password=smtp.password.get_secret_value() if smtp.password else None,
        cafile=smtp.ca_file,
        reply_to=settings.reply_to,
    )


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
