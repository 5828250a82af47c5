"""Kept connections to one origin: the one that was used last is used first."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpcore

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator

KEEP_ALIVE_S = 15.0
IDLE_S = 60.0


class Connections:
    """At most `most` at a time. httpcore's own pool looks at every connection on every request; this one at one."""

    def __init__(
        self, origin: httpcore.Origin, *, most: int, tls: ssl.SSLContext, backend: httpcore.AsyncNetworkBackend
    ) -> None:
        self._origin = origin
        self._tls = tls
        self._backend = backend
        self._places = asyncio.Semaphore(most)
        self._calls = 0
        self._used_at = 0.0
        self._kept: deque[httpcore.AsyncHTTPConnection] = deque()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[httpcore.AsyncHTTPConnection]:
        """A connection for one request; it is kept if the answer was read to its end."""
        self._calls += 1
        try:
            async with self._places:
                connection = await self._usable()
                try:
                    yield connection
                finally:
                    if connection.is_idle():
                        self._kept.append(connection)
                    else:
                        await connection.aclose()
        finally:
            self._calls -= 1
            self._used_at = asyncio.get_running_loop().time()

    def is_idle(self, now: float) -> bool:
        """Whether nobody has used them for a minute; `now` is the loop's time in seconds."""
        return not self._calls and now - self._used_at > IDLE_S

    async def aclose(self) -> None:
        """Close what is kept."""
        while self._kept:
            await self._kept.pop().aclose()

    async def _usable(self) -> httpcore.AsyncHTTPConnection:
        while self._kept:
            connection = self._kept.pop()
            if connection.is_idle() and not connection.has_expired():
                return connection
            await connection.aclose()
        return httpcore.AsyncHTTPConnection(
            self._origin, ssl_context=self._tls, keepalive_expiry=KEEP_ALIVE_S, network_backend=self._backend
        )
