"""The fault grid of mail: whatever a relay does, at every step, has its outcome, and none is falsely accepted."""

from __future__ import annotations

import socket
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from select import select
from typing import TYPE_CHECKING

import pytest

from alerts.outcomes import Accepted, Outcome
from tests.faults.failing_relay import (
    AUTH,
    BANNER,
    DATA,
    DOT,
    EHLO,
    MAIL,
    RCPT,
    STARTTLS,
    USUAL,
    FailingRelay,
    failing_relay,
)
from tests.faults.mailing import LOGIN, channel_to, fault_at, only_greetings_were_in_the_clear, send
from tests.faults.outcomes import check
from tests.faults.passing_time import while_time_passes

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator, Mapping

    from tests.alerts.certificates import Authority
    from tests.alerts.http_listener import Answer

pytestmark = pytest.mark.anyio

# The words are those of outcomes.py. What goes wrong at parting takes nothing back. Only a port can be shut or swallow the call, and only TLS has certificates: those cells have tests of their own.
GRID = """
          reset    hang     drip     hang-up  cut-off  garbage  odd-code misplaced 4xx      421      5xx      slam     mute
banner    ours     ours     ours     ours     ours     ours     ours     ours      ours     ours     ours     ours     ours
EHLO      ours     ours     ours     ours     ours     ours     ours     ours      ours     ours     ours     ours     ours
STARTTLS  ours     ours     ours     ours     ours     ours     ours     ours      ours     ours     ours     ours     ours
AUTH      ours     ours     ours     ours     ours     ours     ours     ours      ours     ours     ours     ours     ours
MAIL      now      now      now      now      now      now      now      now       ours     ours     ours     ours     ours
RCPT      now      now      now      now      now      now      now      now       theirs   ours     never    never    never
DATA      now      now      now      now      now      now      now      now       theirs   ours     never    never    never
the-dot   unknown  unknown  unknown  unknown  unknown  unknown  unknown  unknown   theirs   ours     never    never    never
QUIT      accepted accepted accepted accepted accepted accepted accepted accepted  accepted accepted accepted accepted accepted
"""
BEFORE_THE_MESSAGE = (BANNER, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA)


@dataclass(frozen=True)
class Cell:
    """One fault in one phase, and what must come of it."""

    fault: str
    phase: str
    expected: str

    def __str__(self) -> str:
        return f"smtp-{self.fault}-at-{self.phase}"

    def script(self) -> dict[str, Answer]:
        return {self.phase: fault_at(self.fault, self.phase)}


def cells() -> list[Cell]:
    head, *rows = (line.split() for line in GRID.strip().splitlines())
    return [Cell(fault, phase, word) for phase, *words in rows for fault, word in zip(head, words, strict=True)]


IN_THE_CLEAR = [cell for cell in cells() if cell.phase not in {STARTTLS, AUTH}]
both_ways = pytest.mark.parametrize("pipelining", [False, True], ids=["one-by-one", "pipelining"])


async def sent_to(script: Mapping[str, Answer], *, pipelining: bool) -> tuple[Outcome, FailingRelay]:
    async with failing_relay(script, pipelining=pipelining) as relay, channel_to(relay) as channel:
        return await send(channel), relay


def holds(cell: Cell, outcome: Outcome, relay: FailingRelay) -> None:
    check(outcome, cell.expected)
    assert len(relay.taken) == (1 if isinstance(outcome, Accepted) else 0)
    assert relay.sessions
    if cell.phase in BEFORE_THE_MESSAGE:
        # a lone dot takes back a DATA that turned out to have nobody to go to
        assert set(relay.contents) <= {b""}


@both_ways
@pytest.mark.parametrize("cell", IN_THE_CLEAR, ids=str)
async def test_a_relay_fails_in_the_clear(cell: Cell, pipelining: bool) -> None:
    outcome, relay = await sent_to(cell.script(), pipelining=pipelining)
    holds(cell, outcome, relay)


@pytest.mark.parametrize("cell", cells(), ids=str)
async def test_a_relay_fails_behind_tls_and_login(authority: Authority, cell: Cell) -> None:
    async with (
        failing_relay(cell.script(), pipelining=True, starttls=authority.serving("127.0.0.1")) as relay,
        channel_to(relay, security="starttls", cafile=authority.cafile, **LOGIN) as channel,
    ):
        outcome = await send(channel)
    holds(cell, outcome, relay)
    only_greetings_were_in_the_clear(relay)


@pytest.mark.parametrize("cell", IN_THE_CLEAR, ids=str)
async def test_another_relay_takes_over_unless_the_first_may_have_taken_it(cell: Cell) -> None:
    async with (
        failing_relay(cell.script(), pipelining=True) as first,
        failing_relay({}, pipelining=True) as second,
        channel_to(first, second) as channel,
    ):
        outcome = await send(channel)
    expected = "accepted" if cell.expected == "ours" else cell.expected
    if cell.expected == "now" and second.taken:
        expected = "accepted"
    check(outcome, expected)
    assert len(first.taken) + len(second.taken) == (1 if isinstance(outcome, Accepted) else 0)
    if cell.expected in {"unknown", "theirs", "never"}:
        assert second.sessions == 0


async def test_a_port_is_shut() -> None:
    async with failing_relay({}) as relay:
        pass
    async with channel_to(relay) as channel:
        check(await send(channel), "ours")


async def test_a_port_swallows_the_call() -> None:
    with full_queue() as port:
        async with channel_to(FailingRelay({}, port=port)) as channel:
            check(await while_time_passes(send(channel)), "ours")


@both_ways
async def test_a_relay_refuses_the_recipient_and_wants_the_data_all_the_same(pipelining: bool) -> None:
    script = {RCPT: b"550 5.1.1 nobody\r\n", DATA: b"354 go on\r\n", DOT: b"250 2.0.0 queued\r\n"}
    outcome, relay = await sent_to(script, pipelining=pipelining)
    check(outcome, "never")
    assert set(relay.contents) <= {b""}


@both_ways
@pytest.mark.parametrize("fault", ["hang-up", "5xx"])
@pytest.mark.parametrize("phase", [BANNER, EHLO, MAIL, RCPT, DATA])
async def test_a_relay_gives_one_answer_too_many_and_does_not_take_it(phase: str, fault: str, pipelining: bool) -> None:
    early = USUAL.get(phase, b"250 relay.example.org\r\n") + b"250 2.0.0 queued\r\n"
    script = {phase: early, DOT: fault_at(fault, DOT)}
    # each may wait for the other, and then nobody but the channel's budget ends it
    outcome, relay = await while_time_passes(sent_to(script, pipelining=pipelining))
    assert not isinstance(outcome, Accepted)
    assert relay.taken == []


@both_ways
@pytest.mark.parametrize("fault", ["reset", "hang-up", "421"])
async def test_a_connection_goes_stale_between_two_mails(fault: str, pipelining: bool) -> None:
    async with failing_relay({}, pipelining=pipelining) as relay, channel_to(relay) as channel:
        check(await send(channel), "accepted")
        relay.script = {MAIL: only_once(relay, fault_at(fault, MAIL))}
        check(await send(channel), "accepted")
    assert (len(relay.taken), relay.sessions) == (2, 2)


def only_once(relay: FailingRelay, fault: Answer) -> Answer:
    async def failing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert not isinstance(fault, bytes)
        relay.script = {}
        await fault(reader, writer)

    return failing


@contextmanager
def full_queue() -> Iterator[int]:
    """A port that listens and takes nobody in any more: the kernel lets further calls wait."""
    with ExitStack() as held:
        listener = held.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        taken_in = True
        while taken_in:
            caller = held.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(listener.getsockname())
            taken_in = bool(select([], [caller], [], 0.1)[1])
        yield listener.getsockname()[1]
