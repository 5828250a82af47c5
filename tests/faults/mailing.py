"""One mail to a failing relay: the faults by their names, and the channel that meets them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from alerts.channels.email import Email
from alerts.channels.relay import Relay
from alerts.facts import EmailAddress
from alerts.messages import Mail
from tests.alerts.samples import envelope
from tests.faults.broken_lines import drip, hang, last_words, reset, saying
from tests.faults.failing_relay import AUTH, BANNER, DATA, QUIT, STARTTLS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from alerts.outcomes import Outcome
    from tests.alerts.http_listener import Answer
    from tests.faults.failing_relay import FailingRelay

LETTER = Mail(subject="Overdue by 3 days", text="It is late.\n", html="", language="en")
ALICE = EmailAddress("alice@example.org")
LOGIN = {"username": "vigil", "password": "secret"}

GOOD = {BANNER: 220, STARTTLS: 220, AUTH: 235, DATA: 354, QUIT: 221}
LATER = {BANNER: 450, STARTTLS: 454, AUTH: 454}
NEVER = {STARTTLS: 501, AUTH: 535}


def fault_at(fault: str, phase: str) -> Answer:
    """What a relay does instead of answering well in this phase."""
    good = GOOD.get(phase, 250)
    never = f"{NEVER.get(phase, 554)} 5.7.1 no\r\n".encode()
    faults: dict[str, Answer] = {
        "reset": reset,
        "hang": hang,
        # an answer that never comes to its last line, so that its code alone must content nobody
        "drip": drip(f"{good}-fine\r\n".encode()),
        "hang-up": last_words(b""),
        "cut-off": last_words(f"{good} fi".encode()),
        "garbage": b"\x00\xff\xfe 250 OK\r\n",
        "odd-code": b"700 what\r\n",
        "misplaced": b"250 OK\r\n" if phase == DATA else b"354 go on\r\n",
        "4xx": f"{LATER.get(phase, 451)} 4.3.0 not now\r\n".encode(),
        "421": last_words(b"421 4.3.2 shutting down\r\n"),
        "5xx": never,
        "slam": last_words(never),
        "mute": saying(never, hang),
    }
    return faults[fault]


@asynccontextmanager
async def channel_to(*relays: FailingRelay, **changes: Any) -> AsyncIterator[Email]:
    """The real channel, closed at the end; whatever it says at parting, it does not wait for ever for the answer."""
    plain = {
        "host": "127.0.0.1",
        "security": "none",
        "sender": "alerts@example.org",
        "message_id_domain": "example.org",
    }
    channel = Email([Relay(port=relay.port, **{**plain, **changes}) for relay in relays])
    try:
        yield channel
    finally:
        async with asyncio.timeout(channel.budget_s):
            await channel.aclose()
        for _ in range(1_000):
            await asyncio.sleep(0.001)
            if not any(relay.open for relay in relays):
                break
        assert not any(relay.open for relay in relays)


async def send(channel: Email) -> Outcome:
    """One mail to Alice, within the channel's budget."""
    began_at = asyncio.get_running_loop().time()
    outcome = await channel.send(LETTER, ALICE, envelope())
    assert asyncio.get_running_loop().time() - began_at < channel.budget_s
    return outcome


def only_greetings_were_in_the_clear(relay: FailingRelay) -> None:
    """Neither a login nor anything of a mail was said before TLS."""
    assert set(relay.in_the_clear) <= {"EHLO", "HELO", "STARTTLS", "QUIT"}
