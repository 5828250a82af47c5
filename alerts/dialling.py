"""Dials the number that was judged: a name that answers differently the second time gains nothing."""

from __future__ import annotations

import asyncio
import importlib.util
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Any

import httpcore

# httpcore asks for sniffio on every call. Where it is not installed, Python would search the disk each time and,
# up to 3.12, could fail in that search with a KeyError when garbage collection asked for it meanwhile.
if importlib.util.find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment]

# A dead first address must leave time for the next.
ADDRESSES_TRIED = 3
RESOLVER_THREADS = 8

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
Connect = Callable[[str, int, float | None], Awaitable[httpcore.AsyncNetworkStream]]
Judge = Callable[[str], None]


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Resolves once, judges every answer, and dials the numbers it judged; TLS and Host keep the name.

    `judge` raises for an address that must not be dialled; None for an origin that the operator trusts.
    """

    def __init__(self, resolve: Resolve, connect: Connect, judge: Judge | None) -> None:
        self._resolve = resolve
        self._connect = connect
        self._judge = judge

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        *_not_used: Any,
        **_nor_these: Any,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to one of the host's addresses, within `timeout` seconds."""
        async with asyncio.timeout(timeout):
            addresses = await self._resolve(host, port)
        if self._judge:
            # one bad answer among good ones is an attack, not a mistake
            for address in addresses:
                self._judge(address)
        tried = addresses[:ADDRESSES_TRIED]
        for address in tried:
            try:
                return await self._connect(address, port, timeout and timeout / len(tried))
            except (OSError, httpcore.NetworkError, httpcore.TimeoutException):
                continue
        raise httpcore.ConnectError("no address answered")


class Resolver:
    """The system's resolver, on threads of its own, because a slow name server must not hold up anything else."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(RESOLVER_THREADS, thread_name_prefix="resolver")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Every address of the host. Raises OSError if there is none."""
        loop = asyncio.get_running_loop()
        answers = await loop.run_in_executor(self._threads, _look_up, host, port)
        return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def _look_up(host: str, port: int) -> list[Any]:
    # The dot keeps this machine's search domains from being tried; a bare name is meant to find one of them.
    absolute = f"{host}." if "." in host and not _is_number(host) else host
    return socket.getaddrinfo(absolute, port, type=socket.SOCK_STREAM)


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
