"""The dispatcher: one sender for mail and one for HTTP, and one who writes down what became of all of it."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.gates import Pace
from service.commands.pass_gates import Ways
from service.queries.due import first_due
from service.records.base import new_id
from service.vocabulary import ChannelName
from service.worker.outgoing import Outgoing
from service.worker.recording import Recorder
from service.worker.stop_watch import FRESH_FOR_S, StopWatch
from service.worker.waking import listen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alerts.channels.base import Channel
    from alerts.channels.relay import Relay
    from service.worker.parts import WorkerParts

# As many connections as the network keeps to one host.
PER_HOST = 10
WRITERS = 3
# Slack asks for one message a second for each webhook, and lets a few more pass at once.
PACES = {ChannelName.SLACK: Pace(interval_s=1.0, burst=3)}
# Longer than any channel's budget, shorter than the patience of whoever stops us.
FINISH_WITHIN_S = 35.0
# What was put back for want of room is due again before this; what a receiver refused is not.
SOON_S = 2.0


class Dispatcher:
    """One worker's sender. Any number of them may run against one database. Belongs to one event loop.

    `relays` are those of the mail channel, the preferred one first; `paces` those of gates other than relays;
    `fresh_for_s` is for how long what the stop sign says is believed.
    """

    def __init__(
        self,
        parts: WorkerParts,
        channels: Mapping[str, Channel],
        *,
        relays: Sequence[Relay] = (),
        paces: Mapping[ChannelName, Pace] | None = None,
        fresh_for_s: float = FRESH_FOR_S,
    ) -> None:
        self._parts = parts
        # SQLite has one writer, and whoever waits for its turn sleeps ever longer: our own take turns in one thread.
        threads = ThreadPoolExecutor(1 if parts.settings.is_embedded else WRITERS, thread_name_prefix="outbox")
        self._recorder = Recorder(parts.writing, threads, audit_key=parts.vault.audit_key)
        watch = StopWatch(parts.reading, fresh_for_s=fresh_for_s)
        worker = f"{socket.gethostname()[:40]}:{new_id().hex[-8:]}"
        self._mail = Outgoing(
            parts, channels, self._recorder, threads, worker=worker, watch=watch,
            by_mail=True,
            ways=Ways(relays={relay.name: relay.pace for relay in relays}),
            places=sum(relay.connections for relay in relays) or PER_HOST,
        )  # fmt: skip
        self._http = Outgoing(
            parts, channels, self._recorder, threads, worker=worker, watch=watch,
            by_mail=False,
            ways=Ways(paces=PACES if paces is None else paces), places=PER_HOST,
        )  # fmt: skip

    def wake(self) -> None:
        """Look for due deliveries now; call it on the dispatcher's own loop."""
        self._mail.wake()
        self._http.wake()

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop` is set; then finish what is on its way and give back what is not."""
        async with asyncio.TaskGroup() as beside:
            tasks = [
                beside.create_task(self._recorder.run()),
                beside.create_task(listen(self._parts.engine, wake=self.wake)),
                beside.create_task(self._wake_at(stop)),
            ]
            await asyncio.gather(self._mail.send_until(stop), self._http.send_until(stop))
            await asyncio.gather(self._mail.finish(FINISH_WITHIN_S), self._http.finish(FINISH_WITHIN_S))
            await self._recorder.flushed()
            for task in tasks:
                task.cancel()

    async def run_until_drained(self) -> None:
        """Send until nothing is due any more and every outcome is written; what must wait longer stays queued.

        Raises what the database raises.
        """
        recording = asyncio.create_task(self._recorder.run())
        try:
            while True:
                await asyncio.gather(self._mail.drain(), self._http.drain())
                await self._recorder.flushed()
                if not await asyncio.to_thread(self._is_due_soon):
                    return
                await asyncio.sleep(SOON_S / 10)
        finally:
            recording.cancel()

    def _is_due_soon(self) -> bool:
        with self._parts.reading() as session:
            heads = [first_due(session, by_mail=by_mail) for by_mail in (True, False)]
        return any(due_at is not None and due_at <= now + timedelta(seconds=SOON_S) for due_at, now in heads)

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self.wake()
