"""How many deliveries each host is given, and how far ahead they are claimed."""

from __future__ import annotations

import asyncio

import pytest

from service.commands.pass_gates import Room
from service.worker.lanes import LOOKED_AT_AGAIN_S, PER_SLOW_HOST, REMEMBERED, SLOW_S, SLOW_SLOTS, WAITING, Lanes, Turn
from service.worker.windows import AHEAD_S, LEAST, MOST, Window

pytestmark = pytest.mark.anyio

PLACES = 10


class Clocked(Lanes):
    """Lanes whose hosts took as long as a test says."""

    def took(self, key: str, seconds: float) -> None:
        self.take(key)
        self.give_back(key)
        self._hosts[key].seconds = seconds


async def test_a_host_that_was_never_tried_gets_one_place() -> None:
    lanes = Lanes(PLACES)
    assert lanes.elsewhere().free == 1
    lanes.take("new")
    assert lanes.rooms()["new"].free == 0


async def test_those_who_wait_for_a_new_host_look_again_together_and_ever_later() -> None:
    now = 100.0
    lanes = Lanes(PLACES, now=lambda: now)
    assert lanes.elsewhere() == Room(1, wait_s=LOOKED_AT_AGAIN_S)
    lanes.take("new")
    assert lanes.rooms()["new"] == Room(0, wait_s=LOOKED_AT_AGAIN_S)
    now += 4.0
    assert lanes.rooms()["new"] == Room(0, wait_s=4.0)
    lanes.give_back("new")
    now += 3600.0
    lanes.take("new")
    assert lanes.rooms()["new"] == Room(0, wait_s=LOOKED_AT_AGAIN_S)


async def test_a_quick_host_gets_its_connections_and_a_line_behind_them() -> None:
    lanes = Clocked(PLACES)
    lanes.took("quick", 0.02)
    assert lanes.rooms()["quick"].free == PLACES + WAITING
    lanes.take("quick")
    assert lanes.rooms()["quick"].free == PLACES + WAITING - 1
    assert lanes.on_quick_hosts() == 1


async def test_a_slow_host_gets_two_places_and_counts_for_nobody_else() -> None:
    lanes = Clocked(PLACES)
    lanes.took("slow", SLOW_S + 1)
    for _ in range(PER_SLOW_HOST):
        lanes.take("slow")
    assert lanes.rooms()["slow"].free == 0
    assert lanes.on_quick_hosts() == 0


async def test_slow_hosts_together_leave_room_for_the_quick_ones() -> None:
    lanes = Clocked(PLACES)
    lanes.took("quick", 0.02)
    for number in range(SLOW_SLOTS):
        lanes.take(f"slow {number}")
    assert lanes.elsewhere().free == 0
    assert lanes.rooms()["quick"].free == PLACES + WAITING


async def test_only_so_many_are_sent_at_once_and_the_others_wait_in_line() -> None:
    lanes, at_once, most = Lanes(2), 0, 0

    async def send(turn: Turn) -> None:
        nonlocal at_once, most
        async with turn:
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0)
            at_once -= 1

    await asyncio.gather(*[send(turn) for turn in [lanes.take("host") for _ in range(8)]])
    assert most == 2
    assert lanes.rooms()["host"].free == 2 + WAITING


async def test_hosts_that_nobody_writes_to_are_forgotten_in_the_end() -> None:
    lanes = Clocked(PLACES)
    lanes.take("busy all the time")
    for number in range(2 * REMEMBERED):
        lanes.took(f"host {number}", 0.02)
    assert len(lanes.rooms()) <= REMEMBERED + 1
    assert "busy all the time" in lanes.rooms()


def test_a_relay_that_takes_much_is_given_much_and_a_slow_one_little() -> None:
    window = Window(now=0.0)
    assert window.room(0, now=0.0) == LEAST
    for _ in range(200):
        window.finished()
    assert window.room(50, now=1.0) == AHEAD_S * 200 - 50
    for _ in range(100_000):
        window.finished()
    assert window.room(1, now=2.0) == MOST - 1
    window.finished()
    assert window.room(1, now=3.0) == LEAST - 1


def test_a_claim_for_one_free_place_is_not_worth_a_transaction() -> None:
    window = Window(now=0.0)
    assert window.room(LEAST - 1, now=0.0) == 0


def test_a_window_does_not_shrink_because_nothing_was_owed() -> None:
    window = Window(now=0.0)
    for _ in range(300):
        window.finished()
    grown = window.room(1, now=1.0) + 1
    assert window.room(0, now=60.0) == grown
