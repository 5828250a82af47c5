"""One worker of the harness: the product's own `run_worker`, which dies at a named point if it is told one."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from service.app import build_parts
from service.database import open_engine
from service.logs import configure_logs
from service.settings import load_settings
from service.worker.running import run_on_own_loop, run_worker
from service.worker.sending import open_sender
from tests.torture.points import AFTER_ANSWER, AFTER_LAST_BYTE, BEFORE_FIRST_BYTE, DatabaseWatch, Trap
from tests.torture.receipts import was_taken
from tests.torture.receivers import end_with_parent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from multiprocessing.connection import Connection
    from pathlib import Path

    from alerts.channels.base import Channel
    from alerts.facts import Envelope
    from alerts.outcomes import Outcome
    from service.worker.parts import WorkerParts

# A point beyond sending: channels are wrapped for these alone.
_AROUND_A_REQUEST = (BEFORE_FIRST_BYTE, AFTER_LAST_BYTE, AFTER_ANSWER)
_LOOK_AGAIN_S = 0.001


@dataclass(frozen=True)
class Orders:
    """What every worker of a run gets: its settings, the receivers' files, and where its log lines go."""

    settings: Mapping[str, Any]
    receipts: Mapping[str, Path]
    log: Path


def work(orders: Orders, database_url: str, trap: Trap | None, told: Connection) -> None:
    """Be one worker until SIGTERM, or death; its name is told when it has one."""
    os.dup2(os.open(orders.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)
    end_with_parent()
    configure_logs("warning")
    settings = load_settings(**orders.settings, database_url=database_url)
    engine = open_engine(settings.database)
    DatabaseWatch(engine, trap, tell_name=told.send)
    run_on_own_loop(_run(build_parts(settings, engine=engine), trap, orders.receipts))


async def _run(parts: WorkerParts, trap: Trap | None, receipts: Mapping[str, Path]) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    if trap is None or trap.point not in _AROUND_A_REQUEST:
        await run_worker(parts, stop=stop)
        return
    async with open_sender(parts) as channels:
        trapped = {name: TrappedChannel(channel, trap, receipts[name]) for name, channel in channels.items()}
        await run_worker(parts, stop=stop, channels=cast("Mapping[str, Channel]", trapped))


class TrappedChannel:
    """A channel that tells the trap how far a request has come; in all else it is the channel that it wraps."""

    def __init__(self, channel: Channel, trap: Trap, receipts: Path) -> None:
        self._channel = channel
        self._trap = trap
        self._receipts = receipts

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    async def send(self, message: Any, address: Any, envelope: Envelope) -> Outcome:
        """One try, if the worker lives through it."""
        self._trap.passes(BEFORE_FIRST_BYTE)
        if self._channel.name != "slack" and self._trap.counts(AFTER_LAST_BYTE):
            outcome = await self._until_it_is_taken(message, address, envelope)
        else:
            outcome = await self._channel.send(message, address, envelope)
        self._trap.passes(AFTER_ANSWER)
        return outcome

    async def _until_it_is_taken(self, message: Any, address: Any, envelope: Envelope) -> Outcome:
        """The receiver writes down what it has, and answers later: between the two is the point. Slack has no key."""
        sending = asyncio.create_task(self._channel.send(message, address, envelope))
        try:
            while not sending.done():
                if was_taken(self._receipts, envelope.key):
                    self._trap.spring()
                await asyncio.sleep(_LOOK_AGAIN_S)
            return await sending
        finally:
            sending.cancel()
