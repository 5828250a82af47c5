"""The dispatcher: claims what is due, sends it, and hands on what became of it."""

from __future__ import annotations

import asyncio
import random
import socket
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

from alerts.delivery import deliver
from alerts.facts import Refused, Unknown
from service.commands.claim_deliveries import claim_deliveries
from service.commands.settling import PUT_BACK_S, Cancelled, Held, PutBack, Recorded
from service.records.base import new_id
from service.vocabulary import ChannelName
from service.worker.lanes import Lanes
from service.worker.preparing import NotReady, Preparer, Ready
from service.worker.recording import Recorder
from service.worker.waking import listen

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping
    from uuid import UUID

    from alerts.channels.base import Channel
    from alerts.facts import Outcome
    from service.commands.claim_deliveries import Claim
    from service.worker.parts import WorkerParts

log = structlog.get_logger()

MAIL = (ChannelName.EMAIL,)
OVER_HTTP = (ChannelName.SLACK, ChannelName.MATRIX, ChannelName.WEBHOOK)
# Slots, waiting included: one relay is quick or slow for all its mail; of hosts there are many, some of them slow.
SLOTS = {MAIL: 100, OVER_HTTP: 1_200}
# Few enough to be written in a moment, many enough to be worth a transaction.
BATCH = 100

POLL_S = 1.0
LEASE_BEYOND_BUDGET_S = 30.0
AGAIN_AFTER_S = 1.0
LONGEST_WAIT_S = 15.0
# Longer than any channel's budget, shorter than the patience of whoever stops us.
FINISH_WITHIN_S = 35.0


class Dispatcher:
    """One worker's sender. Any number of them may run against one database. Belongs to one event loop."""

    def __init__(
        self, parts: WorkerParts, channels: Mapping[str, Channel], *, chance: random.Random | None = None
    ) -> None:
        self._parts = parts
        self._channels = channels
        self._chance = chance or random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._name = f"{socket.gethostname()[:40]}:{new_id().hex[-8:]}"
        self._lease_s = LEASE_BEYOND_BUDGET_S + max((channel.budget_s for channel in channels.values()), default=0.0)
        self._preparer = Preparer(parts)
        self._recorder = Recorder(parts.writing)
        self._lanes = Lanes()
        self._sending: dict[tuple[ChannelName, ...], set[asyncio.Task[None]]] = {group: set() for group in SLOTS}
        self._woken = asyncio.Event()
        self._stopping = False
        self._put_back = False

    def wake(self) -> None:
        """Look for due deliveries now; call it on the dispatcher's own loop."""
        self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop` is set; then finish what is on its way and give back what is not."""
        async with asyncio.TaskGroup() as helpers:
            tasks = [
                helpers.create_task(self._recorder.run()),
                helpers.create_task(listen(self._parts.engine, wake=self.wake)),
                helpers.create_task(self._wake_at(stop)),
            ]
            await self._send_until(stop)
            await self._finish()
            for task in tasks:
                task.cancel()

    async def run_until_drained(self) -> None:
        """Send until nothing is due any more and every outcome is written; what must wait longer stays queued.

        Raises what the database raises.
        """
        recording = asyncio.create_task(self._recorder.run())
        try:
            while True:
                self._woken.clear()
                self._put_back = False
                if await self._send_batch():
                    continue
                if self._in_flight():
                    await self._wait(POLL_S)
                    continue
                await self._recorder.flushed()
                if not self._put_back:
                    return
                await asyncio.sleep(PUT_BACK_S)
        finally:
            recording.cancel()

    async def _send_until(self, stop: asyncio.Event) -> None:
        wait_s = AGAIN_AFTER_S
        while not stop.is_set():
            self._woken.clear()
            try:
                taken = await self._send_batch()
            except SQLAlchemyError as error:
                log.exception("nothing can be claimed", error=type(error).__name__)
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, LONGEST_WAIT_S)
                continue
            wait_s = AGAIN_AFTER_S
            if not taken:
                await self._wait(POLL_S)

    async def _send_batch(self) -> int:
        """Claim what there are slots for and set it on its way; how many were claimed."""
        taken = 0
        for group, slots in SLOTS.items():
            limit = min(BATCH, slots - len(self._sending[group]))
            if limit <= 0:
                continue
            lease_ends = asyncio.get_running_loop().time() + self._lease_s
            prepared = await asyncio.to_thread(self._claim, group, limit, self._lanes.busy())
            taken += len(prepared)
            for one in prepared:
                self._begin(one, group, lease_ends)
        return taken

    def _claim(self, group: tuple[ChannelName, ...], limit: int, busy: list[UUID]) -> list[Ready | NotReady]:
        with self._parts.writing.begin() as session:
            claims = claim_deliveries(
                session, limit=limit, lease_s=self._lease_s, worker=self._name, channels=group, busy=busy
            )
        if not claims:
            return []
        with self._parts.reading() as session:
            return self._preparer.prepare(session, claims)

    def _begin(self, one: Ready | NotReady, group: tuple[ChannelName, ...], lease_ends: float) -> None:
        if isinstance(one, NotReady):
            self._record(one.claim, one.outcome)
        elif not self._lanes.has_room(one.address):
            self._record(one.claim, PutBack())
        else:
            self._start(self._send(one, lease_ends), group)

    def _start(self, sending: Coroutine[None, None, None], group: tuple[ChannelName, ...]) -> None:
        task = asyncio.create_task(sending)
        self._sending[group].add(task)

        def end(done: asyncio.Task[None]) -> None:
            self._sending[group].discard(done)
            self._woken.set()

        task.add_done_callback(end)

    async def _send(self, one: Ready, lease_ends: float) -> None:
        budget_s = self._channels[one.claim.channel].budget_s if one.claim.channel in self._channels else 0.0
        begun = False
        outcome: Outcome | PutBack = PutBack()
        try:
            async with self._lanes.lane(one.address, one.claim.destination_id):
                # Begun later, the outcome might come when somebody else holds the lease.
                if not self._stopping and lease_ends - asyncio.get_running_loop().time() >= budget_s:
                    begun = True
                    outcome = await deliver(one.message, one.address, one.envelope, channels=self._channels)
        except asyncio.CancelledError:
            outcome = Unknown("The worker was stopped while it was sending.") if begun else PutBack()
        except Exception as error:
            # Parked with its name, so that a mistake of ours costs one delivery and not the worker.
            name = type(error).__name__
            log.exception("a delivery failed by our mistake", delivery_id=one.claim.id, error=name)
            outcome = Refused(permanent=True, reason=f"An internal error: {name}.")
        self._record(one.claim, outcome)

    def _record(self, claim: Claim, outcome: Outcome | Cancelled | Held | PutBack) -> None:
        self._put_back = self._put_back or isinstance(outcome, PutBack)
        channel = self._channels.get(claim.channel)
        self._recorder.add(
            Recorded(
                claim,
                outcome,
                jitter=self._chance.random(),
                hold_after_s=channel.repeat_policy.hold_after_s if channel else None,
            )
        )

    async def _finish(self) -> None:
        self._stopping = True
        tasks = [task for sending in self._sending.values() for task in sending]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=FINISH_WITHIN_S)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
        await self._recorder.flushed()

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), seconds)
        except TimeoutError:
            return

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._woken.set()

    def _in_flight(self) -> int:
        return sum(len(sending) for sending in self._sending.values())
