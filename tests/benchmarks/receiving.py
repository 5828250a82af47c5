"""A process that takes in mail or webhooks on loopback, notes when each began to arrive, and counts them.

Its first line is `{"ports": [...]}`; with `--note` each message is a line of its own; the last line counts them all.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import signal
import sys
import time
from abc import abstractmethod
from dataclasses import asdict, dataclass
from typing import ClassVar

_LENGTH = re.compile(rb"(?im)^content-length: *(\d+)\r$")
_WEBHOOK_ID = re.compile(rb"(?im)^webhook-id: *(\S+)\r$")
_SIGNATURE = re.compile(rb"(?im)^webhook-signature: *v1,\S+\r$")
_MESSAGE_ID = re.compile(rb"(?im)^message-id: *<([^@>]+)@")

_TAKEN = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok"
_END_OF_DATA = b"\r\n.\r\n"
_GREETING = b"250-receiver.example.org\r\n250-PIPELINING\r\n250 8BITMIME\r\n"


@dataclass
class Count:
    """What was taken in so far; `size` is the bytes of all bodies, `signed` the webhooks with a signature."""

    taken: int = 0
    signed: int = 0
    size: int = 0


class Receiver(asyncio.Protocol):
    """One connection: answers each message `hold_s` seconds after its end."""

    count: ClassVar[Count] = Count()
    notes: ClassVar[bool] = False
    hold_s: ClassVar[float] = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin a session."""
        self._line: asyncio.Transport = transport  # type: ignore[assignment] # a stream's transport
        self._read = b""
        self._began: float | None = None
        self._holds = False

    def data_received(self, data: bytes) -> None:
        """Take in what came, as far as it goes."""
        if self._began is None:
            self._began = time.time()
        self._read += data
        self._go_on()

    def _go_on(self) -> None:
        while not self._holds and self._step():
            pass

    @abstractmethod
    def _step(self) -> bool:
        """Handle one message or command; whether there was a whole one."""

    def _take(self, key: bytes, size: int, answer: bytes) -> None:
        self.count.taken += 1
        self.count.size += size
        if self.notes:
            _say({"key": key.decode(), "began": self._began, "ended": time.time()})
        self._began = time.time() if self._read else None
        if not self.hold_s:
            self._line.write(answer)
            return
        self._holds = True
        asyncio.get_running_loop().call_later(self.hold_s, self._answer, answer)

    def _answer(self, answer: bytes) -> None:
        self._holds = False
        if not self._line.is_closing():
            self._line.write(answer)
            self._go_on()


class Webhooks(Receiver):
    """HTTP/1.1, connections kept."""

    def _step(self) -> bool:
        head, found, rest = self._read.partition(b"\r\n\r\n")
        length = _LENGTH.search(head + b"\r\n") if found else None
        if length is None or len(rest) < int(length[1]):
            return False
        key = _WEBHOOK_ID.search(head + b"\r\n")
        self.count.signed += bool(_SIGNATURE.search(head + b"\r\n"))
        self._read = rest[int(length[1]) :]
        self._take(key[1] if key else b"", int(length[1]), _TAKEN)
        return True


class Mails(Receiver):
    """SMTP, sessions kept, commands in a pipeline or not (RFC 2920)."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        super().connection_made(transport)
        self._is_data = False
        self._line.write(b"220 receiver.example.org\r\n")

    def _step(self) -> bool:
        return self._take_mail() if self._is_data else self._obey()

    def _take_mail(self) -> bool:
        mail, found, rest = self._read.partition(_END_OF_DATA)
        if not found:
            return False
        self._is_data, self._read = False, rest
        key = _MESSAGE_ID.search(mail)
        self._take(key[1] if key else b"", len(mail), b"250 taken\r\n")
        return True

    def _obey(self) -> bool:
        command, found, rest = self._read.partition(b"\r\n")
        if not found:
            return False
        self._read = rest
        match command[:4].upper():
            case b"EHLO":
                self._line.write(_GREETING)
            case b"DATA":
                self._is_data = True
                self._line.write(b"354 go on\r\n")
            case b"QUIT":
                self._line.write(b"221 goodbye\r\n")
                self._line.close()
                return False
            case _:
                self._line.write(b"250 fine\r\n")
        return True


async def receive(kind: type[Receiver], ports: int) -> None:
    """Listen on so many ports until SIGTERM."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    servers = [await loop.create_server(kind, "127.0.0.1", 0, backlog=1024) for _ in range(ports)]
    _say({"ports": [server.sockets[0].getsockname()[1] for server in servers]})
    await stop.wait()
    _say(asdict(Receiver.count))


def _say(line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Receive as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("mails", "webhooks"))
    parser.add_argument("--ports", type=int, default=1)
    parser.add_argument("--hold", type=float, default=0.0, metavar="SECONDS", help="answer this long after the end")
    parser.add_argument("--note", action="store_true", help="say when each message came")
    given = parser.parse_args()
    Receiver.hold_s, Receiver.notes = given.hold, given.note
    asyncio.run(receive(Mails if given.kind == "mails" else Webhooks, given.ports))


if __name__ == "__main__":
    main()
