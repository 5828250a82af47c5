"""One way out, mail or HTTP: claims what is due there, sends it, and hands on what became of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

from alerts.delivery import deliver
from alerts.outcomes import Refused, Unknown
from service.commands.claim_deliveries import claim_deliveries
from service.commands.settling import PutBack
from service.queries.due import first_due
from service.queries.stop_sign import times_raised
from service.vocabulary import ChannelName
from service.worker.keeping import kept_first, must_keep
from service.worker.lanes import Lanes
from service.worker.preparing import Preparer
from service.worker.ready import NotReady, Ready
from service.worker.windows import Window

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Executor

    from alerts.channels.base import Channel
    from alerts.outcomes import Outcome
    from service.commands.claim_deliveries import Claimed
    from service.commands.claims import Claim
    from service.commands.pass_gates import Ways
    from service.worker.lanes import Turn
    from service.worker.parts import WorkerParts
    from service.worker.recording import Recorder
    from service.worker.stop_watch import StopWatch

log = structlog.get_logger()

# Few enough to be written in a moment, many enough to be worth a transaction.
BATCH = 500
POLL_S = 1.0
# When all that was looked at must wait, something else may stand behind it.
LOOK_FURTHER_AFTER_S = 0.05
# Added to the longest budget: time to wait for a place, and to write down what came of it. What a killed worker held is
# sent again when its lease ends, which must take less than a minute.
LEASE_BEYOND_BUDGET_S = 20.0
AGAIN_AFTER_S = 1.0
LONGEST_WAIT_S = 15.0


class Outgoing:
    """The sender of one way out: `places` deliveries at once through one gate.

    Over HTTP each host is given the room that its own speed earns. Belongs to one event loop.
    """

    def __init__(
        self,
        parts: WorkerParts,
        channels: Mapping[str, Channel],
        recorder: Recorder,
        threads: Executor,
        *,
        by_mail: bool,
        ways: Ways,
        places: int,
        worker: str,
        watch: StopWatch,
    ) -> None:
        self._parts = parts
        self._channels = channels
        self._recorder = recorder
        self._threads = threads
        self._ways = ways
        self._by_mail = by_mail
        self._watch = watch
        self._worker = worker
        budgets_s = [channel.budget_s for name, channel in channels.items() if (name == ChannelName.EMAIL) is by_mail]
        self._lease_s = LEASE_BEYOND_BUDGET_S + max(budgets_s, default=0.0)
        self._preparer = Preparer(parts)
        self._lanes = Lanes(places)
        self._window = Window(now=_now())
        self._sending: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()
        self._stopping = False

    @property
    def in_flight(self) -> int:
        """How many deliveries are on their way."""
        return len(self._sending)

    def wake(self) -> None:
        """Look for due deliveries now."""
        self._woken.set()

    async def send_until(self, stop: asyncio.Event) -> None:
        """Send until `stop` is set. While the database fails it is asked again, at the latest each 15 seconds."""
        wait_s = AGAIN_AFTER_S
        while not stop.is_set():
            self._woken.clear()
            try:
                found = await self.send_batch()
            except SQLAlchemyError as error:
                log.exception("nothing can be claimed", error=type(error).__name__)
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, LONGEST_WAIT_S)
                continue
            wait_s = AGAIN_AFTER_S
            if not found:
                await self.pause()

    async def send_batch(self) -> bool:
        """Claim what there is room for and set it on its way; whether anything was found."""
        limit = min(BATCH, self._window.room(self._busy(), now=_now()))
        if limit <= 0:
            return False
        lease_ends = _now() + self._lease_s
        # A look first: most of the time nothing is due, and a claim would hold up whoever writes.
        if not await asyncio.to_thread(self._is_due):
            return False
        loop = asyncio.get_running_loop()
        claimed = await loop.run_in_executor(self._threads, self._claim, limit, self._ways_now())
        if claimed.leaving:
            looked_at = _now()
            raised, ready = await asyncio.to_thread(self._prepared, claimed.leaving)
            if must_keep(ready):
                ready = await loop.run_in_executor(self._threads, self._kept, ready)
            self._watch.note(raised, read_at=looked_at)
            for one in ready:
                self._begin(one, lease_ends, raised)
        elif claimed.some_wait:
            await asyncio.sleep(LOOK_FURTHER_AFTER_S)
        return bool(claimed.leaving) or claimed.some_wait

    async def drain(self) -> None:
        """Send until nothing is due and nothing is on its way. Raises what the database raises."""
        while True:
            self._woken.clear()
            if await self.send_batch():
                continue
            if not self._sending:
                return
            await self.pause()

    async def pause(self) -> None:
        """Wait until something was queued or finished, a second at most."""
        try:
            async with asyncio.timeout(POLL_S):
                await self._woken.wait()
        except TimeoutError:
            return

    async def finish(self, within_s: float) -> None:
        """Begin nothing more; let what is on its way end, and cut off what takes longer."""
        self._stopping = True
        if not self._sending:
            return
        _, late = await asyncio.wait(self._sending, timeout=within_s)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)

    def _busy(self) -> int:
        # Those that are slow have slots of their own, so that they keep nobody waiting.
        return len(self._sending) if self._by_mail else self._lanes.on_quick_hosts()

    def _ways_now(self) -> Ways:
        if self._by_mail:
            return self._ways
        return replace(self._ways, rooms=self._lanes.rooms(), elsewhere=self._lanes.elsewhere())

    def _is_due(self) -> bool:
        with self._parts.reading() as session:
            due_at, now = first_due(session, by_mail=self._by_mail)
        return due_at is not None and due_at <= now

    def _claim(self, limit: int, ways: Ways) -> Claimed:
        with self._parts.writing.begin() as session:
            return claim_deliveries(
                session, limit=limit, lease_s=self._lease_s, worker=self._worker, by_mail=self._by_mail, ways=ways
            )

    def _prepared(self, claims: Sequence[Claim]) -> tuple[int, list[Ready | NotReady]]:
        """The claims after their last look, and how often the stop sign was raised before it."""
        with self._parts.reading() as session:
            raised = times_raised(session)
            return raised, self._preparer.prepare(session, claims)

    def _kept(self, ready: Sequence[Ready | NotReady]) -> list[Ready | NotReady]:
        with self._parts.writing.begin() as session:
            return kept_first(session, ready)

    def _begin(self, one: Ready | NotReady, lease_ends: float, raised: int) -> None:
        if isinstance(one, NotReady):
            self._recorder.note(one.claim, one.outcome, self._channels.get(one.claim.channel))
            return
        turn = self._lanes.take(_lane_of(one))
        task = asyncio.create_task(self._send(one, turn, lease_ends, raised))
        self._sending.add(task)
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._window.finished()
        # One free place is not worth a look; for HTTP it may be the one that its host was waiting for.
        if not self._by_mail or self._window.has_room(len(self._sending)):
            self._woken.set()

    async def _send(self, one: Ready, turn: Turn, lease_ends: float, raised: int) -> None:
        channel = self._channels.get(one.claim.channel)
        budget_s = channel.budget_s if channel else 0.0
        begun = False
        outcome: Outcome | PutBack = PutBack()
        try:
            async with turn:
                # Begun later, the outcome might come when somebody else holds the lease.
                in_time = not self._stopping and lease_ends - _now() >= budget_s
                # It may have waited for its place for seconds, and stop beats start: then it is looked at again.
                if in_time and not await self._watch.is_raised_since(raised):
                    begun = True
                    outcome = await deliver(one.message, one.address, one.envelope, channels=self._channels)
        except asyncio.CancelledError:
            outcome = Unknown("The worker was stopped while it was sending.") if begun else PutBack()
        except Exception as error:
            # Parked with its name, so that a mistake of ours costs one delivery and not the worker.
            name = type(error).__name__
            log.exception("a delivery failed by our mistake", delivery_id=one.claim.id, error=name)
            outcome = Refused(permanent=True, reason=f"An internal error: {name}.", our_mistake=True, maybe_sent=begun)
        self._recorder.note(one.claim, outcome, channel)


def _lane_of(one: Ready) -> str:
    # One lane for all mail: a relay is chosen anew where one fails.
    return "" if one.claim.channel is ChannelName.EMAIL else next(iter(one.claim.ways), "")


def _now() -> float:
    return asyncio.get_running_loop().time()
