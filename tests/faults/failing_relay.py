"""A mail relay on the loopback that follows the book, with or without PIPELINING, until it comes to its fault."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Mapping

    from tests.alerts.http_listener import Answer

BANNER, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA, DOT, QUIT = (
    "banner", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "the-dot", "QUIT"
)  # fmt: skip

USUAL: Mapping[str, bytes] = {
    BANNER: b"220 relay.example.org ESMTP\r\n",
    STARTTLS: b"220 go\r\n",
    AUTH: b"235 welcome\r\n",
    MAIL: b"250 OK\r\n",
    RCPT: b"250 OK\r\n",
    DATA: b"354 go on\r\n",
    DOT: b"250 2.0.0 queued as 1A2B\r\n",
    "RSET": b"250 OK\r\n",
    "NOOP": b"250 OK\r\n",
    QUIT: b"221 bye\r\n",
}
NO_RECIPIENT = b"503 5.5.1 nobody to send it to\r\n"
NOT_KNOWN = b"500 5.5.2 what\r\n"


@dataclass
class FailingRelay:
    """How it behaves, and what came: `commands` in their order, `contents` up to a dot, `taken` what it answered 250 for,
    `open` how many sessions nobody has ended yet.

    `script` says what it answers instead of the usual, by phase: bytes, or a coroutine with which the session ends.
    """

    script: Mapping[str, Answer]
    pipelining: bool = False
    starttls: ssl.SSLContext | None = None
    strips_starttls: bool = False
    port: int = 0
    sessions: int = 0
    open: int = 0
    commands: list[str] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)
    in_the_clear: list[str] = field(default_factory=list)


@asynccontextmanager
async def failing_relay(
    script: Mapping[str, Answer],
    *,
    pipelining: bool = False,
    starttls: ssl.SSLContext | None = None,
    implicit: ssl.SSLContext | None = None,
    strips_starttls: bool = False,
) -> AsyncIterator[FailingRelay]:
    """Listens on a free port of 127.0.0.1."""
    relay = FailingRelay(script, pipelining, starttls, strips_starttls)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relay.sessions += 1
        relay.open += 1
        try:
            await _Session(relay, reader, writer, is_secure=implicit is not None).serve()
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            relay.open -= 1
            writer.transport.abort()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=implicit)
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
        await asyncio.sleep(0.001)


class _Session:
    """One connection. Commands are read one by one, however many came in one packet."""

    def __init__(
        self, relay: FailingRelay, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_secure: bool
    ) -> None:
        self._relay, self._reader, self._writer = relay, reader, writer
        self._is_secure = is_secure
        self._recipients = 0
        self._is_in_data = False

    async def serve(self) -> None:
        phase = BANNER
        while await self._answer(phase) and phase != QUIT:
            phase = await self._content() if self._is_in_data else await self._command()

    async def _command(self) -> str:
        line = (await self._reader.readuntil(b"\r\n")).decode("latin-1").rstrip()
        command = line.split(" ")[0].upper()
        self._relay.commands.append(command)
        if not self._is_secure:
            self._relay.in_the_clear.append(command)
        if line.upper() in {"AUTH PLAIN", "AUTH LOGIN"}:
            self._writer.write(b"334 \r\n")
            await self._reader.readuntil(b"\r\n")
        return EHLO if command == "HELO" else command

    async def _content(self) -> str:
        lines: list[bytes] = []
        while (line := await self._reader.readuntil(b"\r\n")) != b".\r\n":
            lines.append(line)
        self._relay.contents.append(b"".join(lines))
        return DOT

    async def _answer(self, phase: str) -> bool:
        """Whether the session goes on."""
        answer = self._relay.script.get(phase, self._usual(phase))
        self._is_in_data = phase == DATA and isinstance(answer, bytes) and answer.startswith(b"354")
        if not isinstance(answer, bytes):
            await answer(self._reader, self._writer)
            return False
        self._writer.write(answer)
        await self._after(phase, answer)
        return True

    def _usual(self, phase: str) -> bytes:
        if phase == EHLO:
            return self._greeting()
        if phase in {DATA, DOT} and not self._recipients:
            return NO_RECIPIENT
        return USUAL.get(phase, NOT_KNOWN)

    def _greeting(self) -> bytes:
        relay = self._relay
        offers = ["relay.example.org", "SIZE 10000000"]
        offers += ["PIPELINING"] if relay.pipelining else []
        offers += ["STARTTLS"] if relay.starttls and not relay.strips_starttls and not self._is_secure else []
        # offered in the clear as a bait, where STARTTLS was taken out
        offers += ["AUTH PLAIN LOGIN"] if self._is_secure or relay.strips_starttls else []
        return "".join(f"250-{offer}\r\n" for offer in offers).encode() + b"250 8BITMIME\r\n"

    async def _after(self, phase: str, answer: bytes) -> None:
        """What an answer entails."""
        took_it = answer.startswith(b"250")
        if phase == STARTTLS and answer.startswith(b"220") and self._relay.starttls:
            await self._writer.start_tls(self._relay.starttls)
            self._is_secure = True
        elif phase == RCPT and took_it:
            self._recipients += 1
        elif phase == DOT and took_it:
            self._relay.taken.append(self._relay.contents[-1])
        if phase in {MAIL, DOT, "RSET"}:
            self._recipients = 0
