"""A mail server that says no more than it must, and writes each mail down before it takes responsibility."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from tests.torture.receipts import Book

_FOLD = re.compile(rb"\r\n[ \t]+")
_REFERENCE = re.compile(rb"^Subject:.*?\b([A-Z]{3}-\d{4}-\d{4,})", re.MULTILINE)
_KEY = re.compile(rb"^Message-ID: <([^@>]+)@", re.MULTILINE | re.IGNORECASE)
_RECIPIENT = re.compile(rb"<([^@>]+)@")

_GREETING = b"220 receiver.example.org\r\n"
_EXTENSIONS = b"250-receiver.example.org\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
_OK = b"250 2.0.0 OK\r\n"


class MailReceiver(asyncio.Protocol):
    """One SMTP session (RFC 5321, with RFC 2920's pipelining); it takes `pace_s` seconds to answer a mail."""

    def __init__(self, book: Book, pace_s: float) -> None:
        self._book = book
        self._pace_s = pace_s
        self._buffer = bytearray()
        self._recipient = ""
        self._reading_mail = False
        self._thinking = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(_GREETING)

    def data_received(self, data: bytes) -> None:
        """Read on."""
        self._buffer += data
        self._read()

    def _read(self) -> None:
        while not self._thinking:
            part = self._next(b"\r\n.\r\n" if self._reading_mail else b"\r\n")
            if part is None:
                return
            if self._reading_mail:
                self._take(part)
            else:
                self._answer(part)

    def _next(self, end: bytes) -> bytes | None:
        at = self._buffer.find(end)
        if at < 0:
            return None
        part = bytes(self._buffer[:at])
        del self._buffer[: at + len(end)]
        return part

    def _answer(self, line: bytes) -> None:
        verb = line[:4].upper()
        if verb == b"EHLO":
            self._transport.write(_EXTENSIONS)
        elif verb == b"DATA":
            self._reading_mail = True
            self._transport.write(b"354 Go on\r\n")
        elif verb == b"QUIT":
            self._transport.write(b"221 2.0.0 Bye\r\n")
            self._transport.close()
        elif verb in {b"HELO", b"MAIL", b"RCPT", b"RSET", b"NOOP"}:
            if verb == b"RCPT" and (found := _RECIPIENT.search(line)):
                self._recipient = found[1].decode()
            self._transport.write(_OK)
        else:
            self._transport.write(b"500 5.5.1 What?\r\n")

    def _take(self, mail: bytes) -> None:
        self._reading_mail = False
        self._thinking = True
        head = _FOLD.sub(b" ", mail.partition(b"\r\n\r\n")[0])
        reference, key = _REFERENCE.search(head), _KEY.search(head)
        self._book.write(
            self._recipient, reference[1].decode() if reference else "", key[1].decode() if key else "no Message-ID"
        )
        asyncio.get_running_loop().call_later(self._pace_s, self._accept)

    def _accept(self) -> None:
        self._thinking = False
        if not self._transport.is_closing():
            self._transport.write(_OK)
            self._read()
