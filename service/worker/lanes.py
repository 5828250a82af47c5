"""Lanes: how many deliveries through one gate are on their way at once, and for how many more there is room."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.commands.pass_gates import Room

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Waiting behind those that are sent, so that a quick host never stands idle between two claims.
WAITING = 40
# A host that takes longer than this is slow, and gets few places.
SLOW_S = 1.0
# Until a host has answered, who waits for it looks again after as long as its first answer has taken so far.
LOOKED_AT_AGAIN_S = 0.25
PER_SLOW_HOST = 2
# So many slots the slow hosts and those never tried may fill together; what is quick has slots of its own beside them.
SLOW_SLOTS = 1_500
# How quick a host was is remembered for so many of them.
REMEMBERED = 2_000


@dataclass(slots=True)
class _Host:
    """One gate's deliveries in this process, of which there have been some `since` this time of the loop; `seconds` is
    what the last answer took, None before the first.
    """

    places: asyncio.Semaphore
    here: int = 0
    since: float = 0.0
    seconds: float | None = None

    @property
    def is_quick(self) -> bool:
        return self.seconds is not None and self.seconds <= SLOW_S


class Lanes:
    """Counts what is on its way by gate: `places` at once, more only wait. Belongs to one event loop, whose time is `now`."""

    def __init__(self, places: int, *, now: Callable[[], float] | None = None) -> None:
        self.now = now or asyncio.get_running_loop().time
        self._places = places
        self._hosts: OrderedDict[str, _Host] = OrderedDict()

    def on_quick_hosts(self) -> int:
        """How many are on their way to hosts that answer within a second."""
        return sum(host.here for host in self._hosts.values() if host.is_quick)

    def rooms(self) -> Mapping[str, Room]:
        """How many more fit, for every gate that is known."""
        left = self._left_for_slow()
        return {key: self._room(host, left) for key, host in self._hosts.items()}

    def elsewhere(self) -> Room:
        """How many fit for a gate that was never tried: one finds out how quick it is."""
        return Room(min(1, self._left_for_slow()), LOOKED_AT_AGAIN_S)

    def take(self, key: str) -> Turn:
        """Count one more; it is counted until its turn is over."""
        host = self._hosts.get(key)
        if host is None:
            host = self._hosts[key] = _Host(asyncio.Semaphore(self._places))
        if not host.here:
            host.since = self.now()
        host.here += 1
        self._hosts.move_to_end(key)
        return Turn(self, key, host)

    def give_back(self, key: str) -> None:
        """Count one less."""
        self._hosts[key].here -= 1
        # One that is in use goes to the end of the line instead, so that it shields no other.
        for _ in range(2):
            if len(self._hosts) > REMEMBERED:
                oldest, host = self._hosts.popitem(last=False)
                if host.here:
                    self._hosts[oldest] = host

    def _room(self, host: _Host, left_for_slow: int) -> Room:
        if host.seconds is None:
            return Room(min(max(0, 1 - host.here), left_for_slow), max(LOOKED_AT_AGAIN_S, self.now() - host.since))
        if host.is_quick:
            return Room(max(0, self._places + WAITING - host.here), step_s=host.seconds / self._places)
        return Room(min(max(0, PER_SLOW_HOST - host.here), left_for_slow), step_s=SLOW_S / PER_SLOW_HOST)

    def _left_for_slow(self) -> int:
        here = sum(host.here for host in self._hosts.values() if not host.is_quick)
        return max(0, SLOW_SLOTS - here)


class Turn:
    """One delivery's turn in its lane, entered once: it waits for a place, and notes how long it was kept."""

    __slots__ = ("_began", "_host", "_key", "_lanes")

    def __init__(self, lanes: Lanes, key: str, host: _Host) -> None:
        self._lanes = lanes
        self._key = key
        self._host = host
        self._began = 0.0

    async def __aenter__(self) -> None:
        """Wait for a place."""
        try:
            await self._host.places.acquire()
        except BaseException:
            self._lanes.give_back(self._key)
            raise
        self._began = self._lanes.now()

    async def __aexit__(self, *_: object) -> None:
        """Leave it to the next."""
        self._host.seconds = self._lanes.now() - self._began
        self._host.places.release()
        self._lanes.give_back(self._key)
