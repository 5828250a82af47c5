"""The workers of a run: started, killed, buried, and started again."""

from __future__ import annotations

import signal
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.torture.worker import Orders, work

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerContext, ForkServerProcess

    from tests.torture.databases import Database
    from tests.torture.points import Trap

# What a worker that is asked to stop may take: what is on its way has 35 s.
STOPPED_WITHIN_S = 60


@dataclass
class Life:
    """One worker process from its start to its end.

    `name` is what it signs its claims with, once it has claimed; the database knows it as `named_by_us`.
    """

    process: ForkServerProcess
    told: Connection
    named_by_us: str
    name: str | None = None

    def learn_name(self) -> str | None:
        """Its name, if it has told one."""
        with suppress(EOFError):
            while self.name is None and self.told.poll():
                self.name = self.told.recv()
        return self.name

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self.process.is_alive()


class Workers:
    """Keeps `wanted` workers running."""

    def __init__(self, context: ForkServerContext, orders: Orders, database: Database, wanted: int) -> None:
        self.lives: list[Life] = []
        self.names: set[str] = set()
        self.fallen: list[int | None] = []
        self._context = context
        self._orders = orders
        self._database = database
        self._started = 0
        self._wanted = wanted

    def fill_up(self) -> None:
        """Start as many as are missing, those included that fell without being killed."""
        for life in [life for life in self.lives if not life.is_alive]:
            self.bury(life)
            self.fallen.append(life.process.exitcode)
        while len(self.lives) < self._wanted:
            self._start(None)

    def start_with(self, trap: Trap) -> Life:
        """Start one that will die at a named point; where none is missing, one is stopped for it as an operator would."""
        if len(self.lives) >= self._wanted:
            self._stop([self.lives[0]])
        return self._start(trap)

    def kill(self, life: Life) -> None:
        """SIGKILL, now."""
        life.process.kill()
        self.bury(life)

    def bury(self, life: Life) -> None:
        """Wait until it is gone and can commit nothing more, and note its name."""
        life.process.join()
        self._database.forget(life.named_by_us)
        self.lives.remove(life)
        if name := life.learn_name():
            self.names.add(name)
        life.told.close()

    def stop(self) -> None:
        """Stop all as an operator would; one that does not end well, or in time, has fallen."""
        self._stop(list(self.lives))

    def kill_all(self) -> None:
        """End whatever is left."""
        for life in list(self.lives):
            self.kill(life)

    def _start(self, trap: Trap | None) -> Life:
        self._started += 1
        named = f"vigil worker {self._started}"
        ours, theirs = self._context.Pipe(duplex=False)
        orders = (self._orders, self._database.url_of(named), trap, theirs)
        process = self._context.Process(target=work, args=orders, daemon=True)
        process.start()
        theirs.close()
        life = Life(process, ours, named)
        self.lives.append(life)
        return life

    def _stop(self, lives: list[Life]) -> None:
        for life in lives:
            life.process.terminate()
        for life in lives:
            life.process.join(STOPPED_WITHIN_S)
            if life.is_alive:
                life.process.kill()
            self.bury(life)
            # One that was only just starting knows no better way to end.
            if life.process.exitcode not in {0, -signal.SIGTERM} or (life.process.exitcode and life.name):
                self.fallen.append(life.process.exitcode)
