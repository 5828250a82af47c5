"""Whether anything was stopped since a message was prepared: asked for all who wait in one read."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

from service.queries.stop_sign import times_raised

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

log = structlog.get_logger()

# One read for all that leave meanwhile: a read before each would take a quarter of a sender's time. What is stopped is
# therefore in the senders' hands for so long at most.
FRESH_FOR_S = 0.02


class StopWatch:
    """Reads the stop sign, at most once in `fresh_for_s` seconds, and then once for all who ask. Belongs to one loop."""

    def __init__(self, reading: Callable[[], Session], *, fresh_for_s: float = FRESH_FOR_S) -> None:
        self._reading = reading
        self._fresh_for_s = fresh_for_s
        self._raised = 0
        self._read_at = float("-inf")
        self._lock = asyncio.Lock()
        self._ahead: asyncio.Task[bool] | None = None

    def note(self, raised: int, *, read_at: float) -> None:
        """Somebody has read it for a look of their own, beginning at this time of the loop."""
        if read_at > self._read_at:
            self._raised, self._read_at = raised, read_at

    async def is_raised_since(self, seen: int) -> bool:
        """Whether it was raised after somebody saw it raised `seen` times; also where the database cannot say."""
        asked_at = _now()
        if self._read_at < asked_at - self._fresh_for_s:
            if not await self._read_anew(asked_at - self._fresh_for_s):
                return True
        elif self._read_at < asked_at - self._fresh_for_s / 2 and not self._lock.locked():
            # Read before it is too old, so that nobody who leaves meanwhile has to wait for it.
            self._ahead = asyncio.create_task(self._read_anew(asked_at - self._fresh_for_s / 2))
        return self._raised > seen

    async def _read_anew(self, if_older_than: float) -> bool:
        try:
            async with self._lock:
                # Whoever held the lock may have begun to read after that, and then their answer is ours too.
                if self._read_at < if_older_than:
                    began_at = _now()
                    self.note(await asyncio.to_thread(self._read), read_at=began_at)
        except SQLAlchemyError as error:
            log.exception("the stop sign cannot be read", error=type(error).__name__)
            return False
        return True

    def _read(self) -> int:
        with self._reading() as session:
            return times_raised(session)


def _now() -> float:
    return asyncio.get_running_loop().time()
