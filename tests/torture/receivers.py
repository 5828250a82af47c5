"""The receivers: one process for each channel, which outlives every kill."""

from __future__ import annotations

import asyncio
import os
import threading
from dataclasses import dataclass
from functools import partial
from multiprocessing import connection, parent_process
from typing import TYPE_CHECKING

from tests.torture.mail_receiver import MailReceiver
from tests.torture.receipts import Book, Receipt, read
from tests.torture.web_receivers import MatrixReceiver, SlackReceiver, WebhookReceiver

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerContext, ForkServerProcess
    from pathlib import Path

CHANNELS = ("email", "webhook", "slack", "matrix")
READY_WITHIN_S = 30


@dataclass(frozen=True)
class Receivers:
    """Where each channel's receiver listens (on 127.0.0.1), and the file in which it counts."""

    ports: dict[str, int]
    files: dict[str, Path]
    processes: list[ForkServerProcess]

    def origin(self, channel: str) -> str:
        """Where a web receiver is reached."""
        return f"http://127.0.0.1:{self.ports[channel]}"

    def receipts(self) -> list[Receipt]:
        """Everything that was taken so far."""
        return [receipt for file in self.files.values() for receipt in read(file)]

    def count(self) -> int:
        """How many messages were taken so far."""
        return sum(file.read_bytes().count(b"\n") for file in self.files.values() if file.exists())

    def stop(self) -> None:
        """End the receivers."""
        for process in self.processes:
            process.kill()
            process.join()


def start_receivers(context: ForkServerContext, folder: Path, *, pace_s: float, secret: str) -> Receivers:
    """Start one for each channel; `secret` is what webhooks are signed with."""
    receivers = Receivers({}, {channel: folder / f"{channel}.receipts" for channel in CHANNELS}, [])
    for channel, file in receivers.files.items():
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=receive, args=(channel, file, pace_s, secret, theirs), daemon=True)
        process.start()
        theirs.close()
        receivers.processes.append(process)
        if not ours.poll(READY_WITHIN_S):
            receivers.stop()
            raise RuntimeError(f"the receiver for {channel} did not start")
        receivers.ports[channel] = ours.recv()
    return receivers


def receive(channel: str, file: Path, pace_s: float, secret: str, told: Connection) -> None:
    """Be one receiver until the end of the harness; the port is told first."""
    end_with_parent()
    asyncio.run(_listen(_session(channel, Book(file, channel), pace_s, secret), told))


def end_with_parent() -> None:
    """End this process when the harness ends, however it ends."""
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _session(channel: str, book: Book, pace_s: float, secret: str) -> Callable[[], asyncio.Protocol]:
    match channel:
        case "email":
            return partial(MailReceiver, book, pace_s)
        case "webhook":
            return partial(WebhookReceiver, book, pace_s, secret)
        case "slack":
            return partial(SlackReceiver, book, pace_s)
        case _:
            return partial(MatrixReceiver, book, pace_s, {})


async def _listen(session: Callable[[], asyncio.Protocol], told: Connection) -> None:
    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0, backlog=512)
    told.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()
