"""A TCP or TLS stream on asyncio alone, as httpcore wants it: every call to a host goes through one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpcore

if TYPE_CHECKING:
    import ssl


async def open_stream(address: str, port: int, timeout_s: float | None) -> httpcore.AsyncNetworkStream:
    """A plain TCP connection to a numeric address. Raises OSError, TimeoutError among them."""
    loop = asyncio.get_running_loop()
    reader = _Reader(loop=loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    async with asyncio.timeout(timeout_s):
        transport, _ = await loop.create_connection(lambda: protocol, address, port)
    return Stream(reader, asyncio.StreamWriter(transport, protocol, reader, loop))


class _Reader(asyncio.StreamReader):
    """Knows whether something lies unread: a server that speaks unasked is not spoken to again."""

    unread = 0

    def feed_data(self, data: Any) -> None:
        self.unread += len(data)
        super().feed_data(data)

    async def read(self, n: int = -1) -> bytes:
        data = await super().read(n)
        self.unread -= len(data)
        return data


class Stream(httpcore.AsyncNetworkStream):
    """httpcore's own stream costs a quarter of a whole call; this one leaves the time limits to the call's deadline."""

    def __init__(self, reader: _Reader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - the library's signature
        """What has come, at most so many bytes; empty at the end."""
        try:
            return await self._reader.read(max_bytes)
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - the library's signature
        """Hand all of it to the network."""
        try:
            self._writer.write(buffer)
            await self._writer.drain()
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    async def aclose(self) -> None:
        """Hang up at once. A goodbye in TLS waits for the other side, and outlives the loop if it says none."""
        self._writer.transport.abort()
        # the loop shuts the socket on its next turn
        await asyncio.sleep(0)

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - the library's signature
    ) -> httpcore.AsyncNetworkStream:
        """The same stream, encrypted and verified."""
        try:
            await self._writer.start_tls(ssl_context, server_hostname=server_hostname)
        except OSError as error:
            self._writer.close()
            raise httpcore.ConnectError(str(error)) from error
        return self

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks for: whether TLS was spoken, and whether the line may be used again."""
        if info == "is_readable":
            return self._reader.unread > 0 or self._reader.at_eof() or self._reader.exception() is not None
        return self._writer.get_extra_info(info)
