"""Gathers what became of deliveries and writes it down in batches, at the latest 100 ms after the answer."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import DataError, DBAPIError, SQLAlchemyError, StatementError

from alerts.outcomes import Refused
from service.commands.record_outcomes import record_outcomes
from service.commands.settling import Recorded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from sqlalchemy.orm import Session, sessionmaker

    from alerts.channels.base import Channel
    from alerts.outcomes import Outcome
    from service.commands.claims import Claim
    from service.commands.settling import Cancelled, Held, PutBack

log = structlog.get_logger()

BATCH = 500
# Waited for more, once something is there; the writing itself takes the rest of the 100 ms.
GATHER_S = 0.08
AGAIN_AFTER_S = 0.5
LONGEST_WAIT_S = 15.0


class Recorder:
    """Takes outcomes from the event loop and writes them from a thread. Belongs to one event loop."""

    def __init__(
        self,
        writing: sessionmaker[Session],
        threads: Executor,
        *,
        audit_key: bytes,
        chance: random.Random | None = None,
    ) -> None:
        self._writing = writing
        self._threads = threads
        self._audit_key = audit_key
        self._chance = chance or random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._waiting: asyncio.Queue[Recorded] = asyncio.Queue()
        self._unwritten = 0
        self._written = asyncio.Event()
        self._written.set()

    def note(self, claim: Claim, outcome: Outcome | Cancelled | Held | PutBack, channel: Channel | None) -> None:
        """Have this outcome written down soon."""
        self._unwritten += 1
        self._written.clear()
        hold_after_s = channel.repeat_policy.hold_after_s if channel else None
        self._waiting.put_nowait(Recorded(claim, outcome, jitter=self._chance.random(), hold_after_s=hold_after_s))

    async def flushed(self) -> None:
        """Return when everything added so far is written."""
        await self._written.wait()

    async def run(self) -> None:
        """Write batches until cancelled; what cannot be written now is tried again until it is."""
        while True:
            batch = [await self._waiting.get()]
            if self._waiting.qsize() < BATCH:
                await asyncio.sleep(GATHER_S)
            while len(batch) < BATCH and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            await self._write_until_written(batch)
            self._unwritten -= len(batch)
            if not self._unwritten:
                self._written.set()

    async def _write_until_written(self, batch: Sequence[Recorded]) -> None:
        wait_s = AGAIN_AFTER_S
        while True:
            try:
                await self._in_thread(self._write, batch)
            except SQLAlchemyError as error:
                if _is_about_the_words(error):
                    await self._in_thread(self._write_one_by_one, batch)
                    return
                log.exception("outcomes cannot be written yet", error=type(error).__name__, count=len(batch))
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, LONGEST_WAIT_S)
            except Exception as error:
                log.exception("a batch of outcomes is written one by one", error=type(error).__name__, count=len(batch))
                await self._in_thread(self._write_one_by_one, batch)
                return
            else:
                return

    async def _in_thread(self, write: Callable[[Sequence[Recorded]], None], batch: Sequence[Recorded]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._threads, write, batch)

    def _write(self, batch: Sequence[Recorded]) -> None:
        with self._writing.begin() as session:
            record_outcomes(session, batch, audit_key=self._audit_key)

    def _write_one_by_one(self, batch: Sequence[Recorded]) -> None:
        for one in batch:
            try:
                self._write([one])
            except Exception as error:
                # Parked with the name of the mistake, so that it cannot hold up what others are owed.
                name = type(error).__name__
                log.exception("an outcome cannot be written", delivery_id=one.claim.id, error=name)
                reason = f"What the receiver answered could not be written down: {name}."
                self._write(
                    [Recorded(one.claim, Refused(permanent=True, reason=reason, our_mistake=True, maybe_sent=True))]
                )


def _is_about_the_words(error: SQLAlchemyError) -> bool:
    """Whether the database is well and refuses what it is given, so that asking again would never end."""
    is_no_answer = isinstance(error, StatementError) and not isinstance(error, DBAPIError)
    return isinstance(error, DataError) or is_no_answer
