"""One run: opens the load in waves, kills what the plan says, waits until nothing is owed any more."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.torture.points import POINTS, Trap

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from service.clock import Clock
    from tests.torture.arguments import Arguments
    from tests.torture.load import Load, Pair
    from tests.torture.outbox import Outbox
    from tests.torture.workers import Life, Workers

RANDOM = "at random"
CRASH = "the database"

# One random kill in four waits for nothing in flight: it may meet a worker that starts, checks or sleeps.
ANYWHERE = 0.25
ANYWHERE_WITHIN_S = 1.0
IN_FLIGHT_WITHIN_S = 1.2
LOOK_EVERY_S = 0.02
# One that is late at once and one that is late soon, which every worker that looks at the first will wait for.
LEAST_WAVE = 2
# So many messages since the last crash say that workers work again.
FLOWING = 20
# The bell of the minute rings in this time, whatever else fails.
PATIENCE_S = 90.0
# A lease ends in 60 s and a bell rings each minute; if nothing at all has moved for longer, nothing will.
STANDSTILL_S = 180.0


@dataclass
class Evidence:
    """What happened to the workers and the database: what was in flight at each end, where workers died."""

    kills: Counter[str] = field(default_factory=Counter)
    in_flight: Counter[Pair] = field(default_factory=Counter)
    crashes: int = 0
    in_flight_at_crashes: Counter[Pair] = field(default_factory=Counter)
    not_reached: list[str] = field(default_factory=list)
    still_owed: int = 0


def plan(arguments: Arguments, chance: random.Random) -> list[str]:
    """What ends when: a named point, RANDOM or CRASH; every fourth kill, or each if asked, takes the next point."""
    points: list[str] = []
    kills: list[str] = []
    for number in range(arguments.kills):
        at_a_point = arguments.points or number % 4 == 3
        if at_a_point and not points:
            points = chance.sample(list(POINTS), len(POINTS))
        kills.append(points.pop() if at_a_point else RANDOM)
    for _ in range(arguments.database_crashes):
        # Before a kill, where there is one: whoever is started next looks at once for what became late meanwhile.
        kills.insert(chance.randrange(len(kills)) if kills else 0, CRASH)
    return kills


class Campaign:
    """Plays a plan. `look` is called again and again with how far it has come; `crash` ends the database and revives it."""

    def __init__(
        self,
        load: Load,
        workers: Workers,
        outbox: Outbox,
        *,
        clock: Clock,
        chance: random.Random,
        look: Callable[[Evidence], None],
        taken: Callable[[], int],
        crash: Callable[[], None],
        impatient: bool,
    ) -> None:
        self.evidence = Evidence()
        self._load = load
        self._workers = workers
        self._outbox = outbox
        self._clock = clock
        self._chance = chance
        self._look = look
        self._taken = taken
        self._crash = crash
        self._impatient = impatient
        self._opened_at = 0.0
        self._taken_before = 0

    def play(self, events: Sequence[str]) -> Evidence:
        """Kill by the plan, then let the workers finish."""
        for done, what in enumerate(events):
            self._open(max(LEAST_WAVE, self._load.remaining // (len(events) - done + 1)))
            if what in POINTS:
                self._die_at(what)
            elif what == CRASH:
                self._workers.fill_up()
                self._crash_the_database()
            else:
                self._workers.fill_up()
                self._kill_one()
        if self._load.remaining:
            self._open(self._load.remaining)
        self._workers.fill_up()
        self._finish()
        self._workers.stop()
        return self.evidence

    def _kill_one(self) -> None:
        if self._chance.random() < ANYWHERE:
            self._wait(self._chance.uniform(0, ANYWHERE_WITHIN_S))
            victims = self._workers.lives
        else:
            victims = self._in_flight()
            self._wait(self._chance.uniform(0, IN_FLIGHT_WITHIN_S))
            victims = [life for life in victims if life.is_alive] or self._workers.lives
        victim = self._chance.choice(victims)
        self._workers.kill(victim)
        self._note_kill(victim, RANDOM)

    def _die_at(self, point: str) -> None:
        victim = self._workers.start_with(Trap(point, self._chance.randint(1, POINTS[point])))
        self._workers.fill_up()
        deadline = time.monotonic() + PATIENCE_S
        while victim.is_alive:
            if time.monotonic() > deadline:
                self.evidence.not_reached.append(point)
                self._workers.kill(victim)
                self._note_kill(victim, RANDOM)
                return
            self._wait(LOOK_EVERY_S)
        self._workers.bury(victim)
        self._note_kill(victim, point)

    def _crash_the_database(self) -> None:
        self._until_messages_flow()
        self._in_flight()
        self._wait(self._chance.uniform(0, IN_FLIGHT_WITHIN_S))
        self._crash()
        self._taken_before = self._taken()
        self.evidence.crashes += 1
        # As the database has it: what workers knew more is what may come twice.
        self.evidence.in_flight_at_crashes += Counter(self._outbox.in_flight())

    def _until_messages_flow(self) -> None:
        """Wait until workers have come back from the last crash and send again."""
        deadline = time.monotonic() + PATIENCE_S
        while self._taken() < self._taken_before + FLOWING and time.monotonic() < deadline:
            self._wait(LOOK_EVERY_S)

    def _note_kill(self, victim: Life, where: str) -> None:
        self.evidence.kills[where] += 1
        if victim.name is None:
            return
        self.evidence.in_flight += Counter(self._outbox.in_flight(victim.name))
        if self._impatient:
            self._outbox.end_leases_of(victim.name)

    def _in_flight(self) -> list[Life]:
        """Wait for a worker that has something in flight; the workers that have."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            names = self._outbox.workers_in_flight()
            found = [life for life in self._workers.lives if life.learn_name() in names]
            if found:
                return found
            self._wait(LOOK_EVERY_S)
        return []

    def _finish(self) -> None:
        """Wait until nothing is owed, or nothing has moved for three minutes."""
        seen, deadline = (-1, -1), 0.0
        while owed := self._outbox.still_owed():
            now = (owed, self._taken())
            if now != seen:
                seen, deadline = now, time.monotonic() + STANDSTILL_S
            if time.monotonic() > deadline:
                break
            self._workers.fill_up()
            self._look(self.evidence)
            time.sleep(10 * LOOK_EVERY_S)
        self.evidence.still_owed = owed

    def _open(self, count: int) -> None:
        self._load.open(count, self._clock.now())
        self._opened_at = time.monotonic()

    def _wait(self, seconds: float) -> None:
        """Let time pass; a follow-up a second keeps every worker's bell ringing."""
        time.sleep(seconds)
        if time.monotonic() - self._opened_at > 1:
            self._load.open_ahead(self._clock.now())
            self._opened_at = time.monotonic()
        self._look(self.evidence)
