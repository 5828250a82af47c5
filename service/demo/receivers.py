"""Real receivers on loopback: an SMTP server with STARTTLS, and HTTP endpoints in Slack's, Matrix's and webhook format."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import uvicorn
from aiosmtpd.smtp import SMTP
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from aiosmtpd.smtp import Envelope, Session
    from starlette.requests import Request

    from service.demo.inbox import Inbox

_START_TIMEOUT_S = 10


@dataclass
class Receivers:
    """The listeners of the demo, in a thread of their own; use as a context.

    `webhook_secret` (`whsec_…`) is what the signed webhook is checked with; a wrong signature is answered 401.
    """

    inbox: Inbox
    tls: ssl.SSLContext
    webhook_secret: str
    smtp_port: int = 0
    http_port: int = 0

    @property
    def origin(self) -> str:
        """Where the HTTP endpoints answer."""
        return f"http://127.0.0.1:{self.http_port}"

    def __enter__(self) -> Receivers:
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="receivers", daemon=True)
        self._thread.start()
        if not self._ready.wait(_START_TIMEOUT_S):
            raise RuntimeError("the demo's receivers did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_START_TIMEOUT_S)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        smtp_socket, http_socket = _listening_socket(), _listening_socket()
        self.smtp_port, self.http_port = smtp_socket.getsockname()[1], http_socket.getsockname()[1]
        smtp = await self._loop.create_server(self._smtp_session, sock=smtp_socket)
        http = _Server(uvicorn.Config(self._http_app(), log_config=None, access_log=False, lifespan="off"))
        serving = asyncio.create_task(http.serve(sockets=[http_socket]))
        self._ready.set()
        await self._stop.wait()
        http.should_exit = True
        smtp.close()
        await serving

    def _smtp_session(self) -> SMTP:
        return SMTP(
            self, hostname="relay.example.org", tls_context=self.tls, require_starttls=True, enable_SMTPUTF8=True
        )

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep the mail, then take responsibility for it."""
        content = envelope.content
        self.inbox.take_mail(content if isinstance(content, bytes) else str(content).encode(), envelope.rcpt_tos[0])
        return "250 OK"

    def _http_app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/services/{team}/{hook}", self._slack, methods=["POST"]),
                Route("/_matrix/client/v3/rooms/{room}/send/m.room.message/{txn}", self._matrix, methods=["PUT"]),
                Route("/hooks/{name}", self._webhook, methods=["POST"]),
            ]
        )

    async def _slack(self, request: Request) -> Response:
        self.inbox.take_chat("slack", "#prisoners at Slack", "", await request.json())
        return PlainTextResponse("ok")

    async def _matrix(self, request: Request) -> Response:
        txn, room = request.path_params["txn"], request.path_params["room"]
        if all(message.key != txn for message in self.inbox.messages):
            self.inbox.take_chat("matrix", room, txn, await request.json())
        return JSONResponse({"event_id": "$" + hashlib.sha256(txn.encode()).hexdigest()[:43]})

    async def _webhook(self, request: Request) -> Response:
        body = await request.body()
        key = request.headers.get("webhook-id", "")
        if not is_signed(body, dict(request.headers), self.webhook_secret):
            return PlainTextResponse("the signature does not match", status_code=401)
        payload: dict[str, Any] = json.loads(body)
        self.inbox.take_chat("webhook", str(request.url), key, payload)
        return Response(status_code=204)


def is_signed(body: bytes, headers: dict[str, str], secret: str) -> bool:
    """Whether a request carries a valid Standard Webhooks signature: HMAC-SHA-256 over "id.timestamp.body"."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers.get('webhook-id', '')}.{headers.get('webhook-timestamp', '')}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(expected, given) for given in headers.get("webhook-signature", "").split())


class _Server(uvicorn.Server):
    """A server in a thread, which signals do not reach."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the process's signal handlers alone."""
        yield


def _listening_socket() -> socket.socket:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(128)
    return listening
