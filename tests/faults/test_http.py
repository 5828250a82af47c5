"""The fault grid of HTTP: every answer, and everything that is none, has its outcome on every channel."""

from __future__ import annotations

import gzip
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

from alerts.network import tls_context
from alerts.outcomes import Refused, Unknown
from tests.alerts.http_listener import OK, answering, listening
from tests.faults.broken_lines import drip, endless, hang, last_words, reset, saying
from tests.faults.outcomes import check
from tests.faults.posting import OVER_HTTP, failing_at_once, send_to

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alerts.outcomes import Outcome
    from tests.alerts.certificates import Authority
    from tests.alerts.http_listener import Answer

pytestmark = pytest.mark.anyio

# The words are those of outcomes.py. A mistake, theirs or ours, may be mended: for now twice, for good at the third try.
STATUSES = """
     webhook   slack     matrix
200  accepted  accepted  accepted
201  accepted  accepted  accepted
202  accepted  accepted  accepted
204  accepted  accepted  accepted
299  accepted  accepted  accepted
300  mistake   mistake   mistake
301  mistake   mistake   mistake
302  mistake   mistake   mistake
307  mistake   mistake   mistake
308  mistake   mistake   mistake
400  mistake   never     mistake
401  mistake   mistake   ours
403  mistake   never     mistake
404  mistake   never     mistake
405  mistake   mistake   mistake
408  theirs    theirs    theirs
410  never     never     never
413  mistake   mistake   never
422  mistake   mistake   mistake
425  theirs    theirs    theirs
429  theirs    theirs    theirs
451  mistake   mistake   mistake
500  theirs    theirs    theirs
502  theirs    theirs    theirs
503  theirs    theirs    theirs
504  theirs    theirs    theirs
599  theirs    theirs    theirs
"""
# A zip bomb of 10 MB; nobody asked for a compressed answer, so nobody unpacks it.
BOMB = gzip.compress(bytes(10_000_000))
STATUS_LINE = b"HTTP/1.1 200 OK\r\n"
HEAD = STATUS_LINE + b"Content-Length: 10000000000\r\n\r\n"
CHUNKED_HEAD = STATUS_LINE + b"Transfer-Encoding: chunked\r\n\r\n"
REFUSING_HEAD = HEAD.replace(b"200 OK", b"503 No")
# Once the head of an answer has come, it is an answer, whatever becomes of its body. Without it the request may have
# been taken in.
FAULTS: Mapping[str, tuple[Answer, str]] = {
    "reset": (reset, "unknown"),
    "stall": (hang, "unknown"),
    "hang-up": (last_words(b""), "unknown"),
    "garbage": (b"220 mail.example.org ESMTP\r\n\r\n", "unknown"),
    "stall-in-the-head": (saying(STATUS_LINE, hang), "unknown"),
    "drip-in-the-head": (saying(STATUS_LINE, drip(b"X-Slow: 1\r\n")), "unknown"),
    "reset-in-the-head": (saying(STATUS_LINE, reset), "unknown"),
    "cut-off-in-the-head": (last_words(STATUS_LINE + b"Content-Le"), "unknown"),
    "endless-head": (saying(STATUS_LINE, endless(b"X-More: " + b"x" * 1_000 + b"\r\n")), "unknown"),
    "endless-line": (saying(STATUS_LINE + b"X-More: ", endless(b"x" * 1_000)), "unknown"),
    "endless-interim-answers": (endless(b"HTTP/1.1 100 Continue\r\n\r\n"), "unknown"),
    "stall-in-the-body": (saying(HEAD, hang), "accepted"),
    "drip-in-the-body": (saying(HEAD, drip(b"drip")), "accepted"),
    "cut-off-in-the-body": (last_words(HEAD + b"half"), "accepted"),
    "endless-body": (saying(HEAD, endless(b"x" * 65_536)), "accepted"),
    "endless-chunks": (saying(CHUNKED_HEAD, endless(b"8\r\n12345678\r\n")), "accepted"),
    "endless-body-of-a-refusal": (saying(REFUSING_HEAD, endless(b"x" * 65_536)), "theirs"),
    "stall-in-the-body-of-a-refusal": (saying(REFUSING_HEAD, hang), "theirs"),
    "gzip-bomb": (answering(200, BOMB, "Content-Encoding: gzip\r\n"), "accepted"),
    "gzip-bomb-of-a-refusal": (answering(503, BOMB, "Content-Encoding: gzip\r\n"), "theirs"),
    "deep-json-of-a-refusal": (answering(503, b"[" * 60_000), "theirs"),
}
# What is taken of an answer is 64 KiB; the rest is what it costs to take it.
MOST_MEMORY = 4 * 1024 * 1024

on_every_channel = pytest.mark.parametrize("channel", OVER_HTTP)


def statuses() -> list[Any]:
    head, *rows = (line.split() for line in STATUSES.strip().splitlines())
    return [
        pytest.param(int(status), channel, word, id=f"{channel}-{status}")
        for status, *words in rows
        for channel, word in zip(head, words, strict=True)
    ]


@pytest.mark.parametrize(("status", "channel", "expected"), statuses())
async def test_a_server_answers(status: int, channel: str, expected: str) -> None:
    async with listening(answering(status)) as listener:
        outcomes = [await send_to(listener.origin, channel, attempt=attempt) for attempt in (1, 2, 3, 30)]
    words = ["now", "now", "never", "never"] if expected == "mistake" else [expected] * 4
    for outcome, word in zip(outcomes, words, strict=True):
        check(outcome, word)
    assert {outcome.code for outcome in outcomes if not isinstance(outcome, Unknown)} == {status}
    assert len(listener.requests) == 4


@on_every_channel
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_server_fails_after_the_request(fault: str, channel: str) -> None:
    answer, expected = FAULTS[fault]
    async with listening(answer) as listener:
        check(await send_to(listener.origin, channel), expected)
    assert len(listener.requests) == 1


@on_every_channel
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.startswith(("endless", "gzip", "deep"))])
async def test_no_answer_costs_much_memory(fault: str, channel: str) -> None:
    async with listening(FAULTS[fault][0]) as listener:
        tracemalloc.start()
        try:
            await send_to(listener.origin, channel)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < MOST_MEMORY


@on_every_channel
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status: int, channel: str) -> None:
    async with (
        listening() as target,
        listening(answering(status, headers=f"Location: {target.origin}/\r\n")) as listener,
    ):
        check(await send_to(listener.origin, channel), "now")
    assert target.connections == 0


@on_every_channel
async def test_a_port_is_shut(channel: str) -> None:
    async with listening() as listener:
        pass
    check(await send_to(listener.origin, channel), "now")


@on_every_channel
@pytest.mark.parametrize("fault", [reset, last_words(b"")], ids=["reset", "hang-up"])
async def test_a_server_breaks_off_before_the_request(fault: Answer, channel: str) -> None:
    async with failing_at_once(fault) as port:
        outcome = await send_to(f"http://127.0.0.1:{port}", channel)
    # whether the request has left by then is a matter of microseconds
    assert isinstance(outcome, Unknown) or (isinstance(outcome, Refused) and not outcome.permanent)


@on_every_channel
@pytest.mark.parametrize(
    "certificate",
    [{"expired": True}, {"host": "other.example.org"}, {"self_signed": True}],
    ids=["expired", "wrong-host", "self-signed"],
)
async def test_a_server_has_a_bad_certificate(authority: Authority, certificate: dict[str, Any], channel: str) -> None:
    tls = authority.serving(**{"host": "hooks.example.org", **certificate})
    async with listening(OK, tls=tls) as listener:
        check(await send_by_tls(authority, listener.port, channel), "now")
    assert listener.requests == []


@on_every_channel
@pytest.mark.parametrize("fault", [reset, hang, last_words(b""), OK], ids=["reset", "hang", "hang-up", "plain"])
async def test_a_server_fails_in_the_handshake(authority: Authority, fault: Answer, channel: str) -> None:
    async with failing_at_once(fault) as port:
        check(await send_by_tls(authority, port, channel), "now")


async def send_by_tls(authority: Authority, port: int, channel: str) -> Outcome:
    origin, tls = f"https://hooks.example.org:{port}", tls_context(authority.cafile)
    return await send_to(origin, channel, tls=tls, resolve=loopback)


async def loopback(_host: str, _port: int) -> Sequence[str]:
    return ["127.0.0.1"]
