"""Mail servers on the loopback: one that follows the book, and one that follows a script."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Mapping

    from aiosmtpd.smtp import Session


@dataclass
class MailServer:
    """Where it listens, and what it took; `replies` are said instead of the usual, by command."""

    port: int = 0
    taken: list[Envelope] = field(default_factory=list)
    sessions: int = 0
    logins: list[bool] = field(default_factory=list)
    replies: dict[str, str] = field(default_factory=dict)

    def login(self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        self.logins.append((data.login, data.password) == (b"vigil", b"secret"))
        return AuthResult(success=self.logins[-1], handled=False)

    async def handle_MAIL(  # noqa: N802, aiosmtpd's name
        self, _server: SMTP, _s: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.replies.get("MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802, aiosmtpd's name
        self, _server: SMTP, _s: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        reply = self.replies.get("RCPT", "250 OK")
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        reply = self.replies.get("DATA", "250 2.0.0 queued as 1A2B")
        if reply.startswith("2"):
            self.taken.append(envelope)
        return reply


@asynccontextmanager
async def mail_server(
    *, implicit: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None, needs_login: bool = False
) -> AsyncIterator[MailServer]:
    """Listens on a free port of 127.0.0.1."""
    server = MailServer()
    options: dict[str, Any] = {"tls_context": starttls, "require_starttls": starttls is not None}
    if needs_login:
        # aiosmtpd knows of TLS only if it began with STARTTLS
        begun = starttls is not None
        options |= {"authenticator": server.login, "auth_required": begun, "auth_require_tls": begun}

    def session() -> SMTP:
        server.sessions += 1
        return SMTP(server, hostname="relay.example.org", **options)

    loop = asyncio.get_running_loop()
    listener = await loop.create_server(session, "127.0.0.1", 0, ssl=implicit)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        await listener.wait_closed()


@dataclass
class ScriptedServer:
    """Where it listens, and the lines it was sent; message lines among them."""

    port: int = 0
    lines: list[bytes] = field(default_factory=list)


@asynccontextmanager
async def scripted_server(script: Mapping[str, bytes | None]) -> AsyncIterator[ScriptedServer]:
    """Answers each command as `script` says: bytes, or None to hang up. `.` is the end of the data.

    What the script leaves out gets a usual answer; an empty answer is silence.
    """
    usual = {
        "CONNECT": b"220 relay.example.org ESMTP\r\n",
        "EHLO": b"250-relay.example.org\r\n250 SIZE 10000000\r\n",
        "MAIL": b"250 OK\r\n",
        "RCPT": b"250 OK\r\n",
        "DATA": b"354 go on\r\n",
        ".": b"250 OK\r\n",
        "RSET": b"250 OK\r\n",
        "QUIT": b"221 bye\r\n",
    }
    answers: dict[str, bytes | None] = {**usual, **script}
    server = ScriptedServer()
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        in_data, command = False, "CONNECT"
        while True:
            answer = answers.get(command, b"500 what\r\n")
            if answer is None:
                break
            writer.write(answer)
            in_data = command == "DATA" and answer.startswith(b"354")
            line = await reader.readline()
            while in_data and line and line != b".\r\n":
                server.lines.append(line)
                line = await reader.readline()
            if not line:
                break
            server.lines.append(line)
            command = "." if in_data else line.split()[0].decode(errors="replace").upper()
        writer.transport.abort()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for writer in writers:
            writer.transport.abort()
        await listener.wait_closed()
        await asyncio.sleep(0)
