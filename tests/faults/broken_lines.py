"""What a failing server does with a line instead of answering: for mail servers and web servers alike."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress
from itertools import cycle
from typing import TYPE_CHECKING

from tests.faults.passing_time import pass_time

if TYPE_CHECKING:
    from tests.alerts.http_listener import Answer

# Little enough that whoever gives up has done so before more has passed than matters.
STEP_S = 0.05
# Ten minutes, longer than any budget: whoever has not left by then never will.
TURNS = 12_000
LINGER_NOT = struct.pack("ii", 1, 0)


async def reset(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Breaks the connection off with a reset."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
    writer.transport.abort()


async def hang(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Says nothing more, while time passes, until the other side has left."""
    leaving = asyncio.ensure_future(reader.read())
    for _ in range(TURNS):
        if leaving.done():
            break
        pass_time(STEP_S)
        await asyncio.sleep(0)
    leaving.cancel()
    with suppress(OSError, asyncio.CancelledError):
        await leaving


def drip(text: bytes) -> Answer:
    """Says this over and over, a byte each 50 ms, until the other side has left."""

    async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        leaving = asyncio.ensure_future(reader.read())
        for _, byte in zip(range(TURNS), cycle(text), strict=False):
            if leaving.done() or writer.transport.is_closing():
                break
            writer.write(bytes([byte]))
            pass_time(STEP_S)
            await asyncio.sleep(0)
        leaving.cancel()
        with suppress(OSError, asyncio.CancelledError):
            await leaving

    return dripping


def last_words(text: bytes) -> Answer:
    """Says this, be it the whole of an answer or its beginning, and hangs up."""

    async def saying(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(text)
        await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    return saying


def saying(text: bytes, fault: Answer) -> Answer:
    """Says this, and then fails in that way."""

    async def failing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(text)
        await writer.drain()
        if isinstance(fault, bytes):
            writer.write(fault)
            await hang(reader, writer)
        else:
            await fault(reader, writer)

    return failing


def endless(piece: bytes) -> Answer:
    """Says this again and again, as fast as the other side will take it, until it has left."""

    async def flooding(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(TURNS):
            writer.write(piece)
            pass_time(STEP_S)
            await writer.drain()
            await asyncio.sleep(0)

    return flooding
