"""The one guarded way out: every HTTP request leaves here, and only to an address that was judged.

How a judged number is dialled stands in dialling.py, which numbers are refused in forbidden_addresses.py.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import httpcore
import httpx

from alerts.connections import Connections
from alerts.dialling import Connect, GuardedBackend, Resolve, Resolver
from alerts.forbidden_addresses import is_forbidden, is_plain_host
from alerts.streams import open_stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

CONNECT_S = 5.0
MOST_OF_AN_ANSWER = 64 * 1024
CONNECTIONS_PER_HOST = 10
SWEPT_EVERY_S = 5.0

_PORTS = {"https": 443, "http": 80}


class NetworkError(Exception):
    """Nothing useful came back.

    NetworkError
    ├── ForbiddenTarget   this target is never dialled: for good
    ├── Unreachable       nothing of the body left: try again
    └── LineBroke         the body had begun to leave: it may have arrived
    """


class ForbiddenTarget(NetworkError):
    """The target is not one we dial."""


class Unreachable(NetworkError):
    """The server was not reached; nothing of the body left. The same words for an open and a shut port."""


class LineBroke(NetworkError):
    """The body had begun to leave, and no answer came."""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer: its status, its headers (names in lower case), and at most 64 KiB of its body."""

    status: int
    headers: Mapping[str, str]
    excerpt: bytes


def tls_context(cafile: Path | None = None) -> ssl.SSLContext:
    """Verifies certificate and name, against the system's authorities or only those in `cafile`."""
    return ssl.create_default_context(cafile=cafile)


class Network:
    """Sends requests to https on port 443, and to the exact origins that the operator trusts.

    `trusted_origins` ("http://127.0.0.1:8025") are exempt from every judgement; `own_addresses` are refused
    beside the listed ranges. Belongs to one event loop. `resolve` and `connect` are for tests.
    """

    def __init__(
        self,
        *,
        trusted_origins: Iterable[str] = (),
        own_addresses: Iterable[str] = (),
        nat64: bool = False,
        tls: ssl.SSLContext | None = None,
        resolve: Resolve | None = None,
        connect: Connect | None = None,
    ) -> None:
        self._trusted = frozenset(_origin(httpx.URL(origin)) for origin in trusted_origins)
        self._own = frozenset(str(ip_address(address)) for address in own_addresses)
        self._nat64 = nat64
        self._tls = tls or tls_context()
        self._resolve = resolve or Resolver()
        self._connect = connect or open_stream
        self._hosts: dict[str, Connections] = {}
        self._swept_at = 0.0

    def is_trusted(self, url: str) -> bool:
        """Whether the operator exempted this URL's origin."""
        try:
            return _origin(httpx.URL(url)) in self._trusted
        except httpx.InvalidURL:
            return False

    async def post(self, url: str, *, content: bytes, headers: Mapping[str, str], deadline_s: float) -> Response:
        """POST; no redirect is followed, no cookie kept. Raises ForbiddenTarget, Unreachable, LineBroke."""
        return await self._send("POST", url, content, headers, deadline_s)

    async def put(self, url: str, *, content: bytes, headers: Mapping[str, str], deadline_s: float) -> Response:
        """PUT; no redirect is followed, no cookie kept. Raises ForbiddenTarget, Unreachable, LineBroke."""
        return await self._send("PUT", url, content, headers, deadline_s)

    async def aclose(self) -> None:
        """Closes every connection."""
        hosts, self._hosts = self._hosts, {}
        for host in hosts.values():
            await host.aclose()

    async def _send(
        self, method: str, url: str, content: bytes, headers: Mapping[str, str], deadline_s: float
    ) -> Response:
        target = self._permitted(url)
        call = _Call(method, target, content, headers)
        # read timeouts alone would let a server drip one byte at a time for ever
        try:
            async with asyncio.timeout(deadline_s):
                connections = await self._connections(target)
                async with connections.one() as connection:
                    await call.through(connection)
        except (TimeoutError, OSError, httpcore.NetworkError, httpcore.TimeoutException, httpcore.RemoteProtocolError):
            # whoever has sent a status has answered, even if the rest never came
            pass
        if answer := call.answer():
            return answer
        if call.body_began:
            raise LineBroke("The line broke after the data had been sent.")
        raise Unreachable("The server could not be reached.")

    def _permitted(self, url: str) -> httpx.URL:
        try:
            target = httpx.URL(url)
        except httpx.InvalidURL:
            raise ForbiddenTarget("This is not a web address.") from None
        if _origin(target) in self._trusted:
            return target
        if target.scheme != "https" or target.port not in {None, 443}:
            raise ForbiddenTarget("Only https on port 443 is written to.")
        if target.userinfo:
            raise ForbiddenTarget("A web address with a user name is not written to.")
        if not is_plain_host(target.raw_host.decode("ascii", "replace")):
            raise ForbiddenTarget("This is not a plain host name.")
        return target

    async def _connections(self, target: httpx.URL) -> Connections:
        """The target's own; those that nobody has used for a minute are closed on the way."""
        now = asyncio.get_running_loop().time()
        if now >= self._swept_at + SWEPT_EVERY_S:
            self._swept_at = now
            idle = [origin for origin, connections in self._hosts.items() if connections.is_idle(now)]
            # taken out before the first await, so that no other call can pick one up
            for unused in [self._hosts.pop(origin) for origin in idle]:
                await unused.aclose()
        origin = _origin(target)
        return self._hosts.get(origin) or self._hosts.setdefault(origin, self._new_connections(origin, target))

    def _new_connections(self, origin: str, target: httpx.URL) -> Connections:
        judge = None if origin in self._trusted else self._judge
        port = target.port or _PORTS[target.scheme]
        return Connections(
            httpcore.Origin(target.raw_scheme, target.raw_host, port),
            most=CONNECTIONS_PER_HOST,
            tls=self._tls,
            backend=GuardedBackend(self._resolve, self._connect, judge),
        )

    def _judge(self, address: str) -> None:
        if is_forbidden(address, nat64=self._nat64) or str(ip_address(address)) in self._own:
            raise ForbiddenTarget("This server is not one we write to.")


class _Call:
    """One request and as much of its answer as came."""

    def __init__(self, method: str, target: httpx.URL, content: bytes, headers: Mapping[str, str]) -> None:
        self.body_began = False
        self._status: int | None = None
        self._headers: dict[str, str] = {}
        self._excerpt = bytearray()
        self._method = method
        self._target = target
        self._content = content
        self._sent_headers = {
            **headers,
            "Host": target.netloc.decode("ascii"),
            "Accept-Encoding": "identity",
            "User-Agent": "Vigil",
        }

    async def through(self, connection: httpcore.AsyncHTTPConnection) -> None:
        url = httpcore.URL(
            scheme=self._target.raw_scheme,
            host=self._target.raw_host,
            port=self._target.port,
            target=self._target.raw_path,
        )
        async with connection.stream(
            self._method,
            url,
            headers={name.encode("ascii"): value.encode("ascii") for name, value in self._sent_headers.items()},
            content=self._content,
            extensions={"trace": self._watch, "timeout": {"connect": CONNECT_S}},
        ) as response:
            self._status = response.status
            self._headers = {
                name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers
            }
            async for chunk in response.aiter_stream():
                self._excerpt += chunk
                if len(self._excerpt) >= MOST_OF_AN_ANSWER:
                    return

    def answer(self) -> Response | None:
        if self._status is None:
            return None
        return Response(self._status, self._headers, bytes(self._excerpt[:MOST_OF_AN_ANSWER]))

    async def _watch(self, event: str, _info: Mapping[str, Any]) -> None:
        if event == "http11.send_request_body.started":
            self.body_began = True


def _origin(url: httpx.URL) -> str:
    port = url.port or _PORTS.get(url.scheme, 0)
    return f"{url.scheme}://{url.raw_host.decode('ascii')}:{port}"
