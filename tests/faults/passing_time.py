"""An event loop on whose clock time passes when a test says so, so that nobody waits out a real budget."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine

T = TypeVar("T")

# Little enough that a conversation of a hundred turns takes no time to speak of.
STEP_S = 0.01


class PassingTime(asyncio.SelectorEventLoop):
    """A loop whose clock is the machine's, and what was passed beside it; every timeout on it runs on this clock."""

    def __init__(self) -> None:
        self._passed_s = 0.0
        super().__init__()

    def time(self) -> float:
        """The machine's clock and what was passed, in seconds."""
        return super().time() + self._passed_s

    def pass_time(self, seconds: float) -> None:
        """Let so much time have passed at the loop's next turn."""
        self._passed_s += seconds


def pass_time(seconds: float) -> None:
    """Let so much time have passed on the running loop."""
    loop = asyncio.get_running_loop()
    if not isinstance(loop, PassingTime):
        raise TypeError("time passes on a loop that was made for it")
    loop.pass_time(seconds)


async def while_time_passes(awaited: Awaitable[T]) -> T:
    """Let time pass, a little at each turn of the loop, until this is done: for what nobody else would ever end."""
    task = asyncio.ensure_future(awaited)
    while not task.done():
        pass_time(STEP_S)
        await asyncio.sleep(0)
    return await task


def run(main: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run`, on such a loop."""
    with asyncio.Runner(loop_factory=PassingTime) as runner:
        return runner.run(main)
