"""Web servers for a signed webhook, a Slack channel and a Matrix room, which write each message down before they answer."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
import time
from abc import abstractmethod
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.torture.receipts import Book

_REFERENCE = re.compile(rb"\b[A-Z]{3}-\d{4}-\d{4,}")
_REPEAT = b"(repeat)"
# Standard Webhooks, "Verifying webhooks": an old timestamp is somebody's replay.
_STALE_S = 300


class WebReceiver(asyncio.Protocol):
    """One connection (HTTP/1.1, kept open); it takes `pace_s` seconds to answer a request."""

    def __init__(self, book: Book, pace_s: float) -> None:
        self._book = book
        self._pace_s = pace_s
        self._buffer = bytearray()
        self._thinking = False

    @abstractmethod
    def answer(self, path: str, headers: Mapping[str, str], body: bytes, /) -> tuple[int, bytes]:
        """Write the message down; the status and the body of the answer."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for a request."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Read on."""
        self._buffer += data
        self._read()

    def _read(self) -> None:
        end = self._buffer.find(b"\r\n\r\n")
        if self._thinking or end < 0:
            return
        first, *lines = bytes(self._buffer[:end]).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        whole = end + 4 + int(headers.get("content-length", 0))
        if len(self._buffer) < whole:
            return
        body = bytes(self._buffer[end + 4 : whole])
        del self._buffer[:whole]
        self._thinking = True
        status, said = self.answer(first.split(" ")[1], headers, body)
        asyncio.get_running_loop().call_later(self._pace_s, self._say, status, said)

    def _say(self, status: int, said: bytes) -> None:
        self._thinking = False
        if not self._transport.is_closing():
            self._transport.write(b"HTTP/1.1 %d .\r\nContent-Length: %d\r\n\r\n%b" % (status, len(said), said))
            self._read()


class WebhookReceiver(WebReceiver):
    """Takes what is signed with `secret` (`whsec_…`); the key is `webhook-id`."""

    def __init__(self, book: Book, pace_s: float, secret: str) -> None:
        super().__init__(book, pace_s)
        self._secret = base64.b64decode(secret.removeprefix("whsec_"))

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """401 for a wrong signature, which is noted too."""
        key = headers.get("webhook-id", "")
        genuine = self._is_genuine(key, headers, body)
        alert_id = json.loads(body)["data"]["url"].rpartition("/")[2]
        self._book.write(path.rpartition("/")[2], alert_id, key, genuine=genuine)
        return (204, b"") if genuine else (401, b"the signature does not match")

    def _is_genuine(self, key: str, headers: Mapping[str, str], body: bytes) -> bool:
        timestamp = headers.get("webhook-timestamp", "0")
        signed = f"{key}.{timestamp}.".encode() + body
        expected = "v1," + base64.b64encode(hmac.digest(self._secret, signed, hashlib.sha256)).decode()
        fresh = abs(time.time() - int(timestamp)) < _STALE_S
        given = headers.get("webhook-signature", "").split()
        return fresh and any(hmac.compare_digest(expected, one) for one in given)


class SlackReceiver(WebReceiver):
    """Shows whatever comes, as Slack does; there is no key, so a repeat must say that it is one."""

    def answer(self, path: str, _headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """200 to everything."""
        self._book.write(path.rpartition("/")[2], reference_in(body), "", marked=_REPEAT in body)
        return 200, b"ok"


class MatrixReceiver(WebReceiver):
    """Shows a transaction once: the same token, room and `txnId` get the same event id (Client-Server API, "Transactions")."""

    def __init__(self, book: Book, pace_s: float, events: dict[tuple[str, str], str]) -> None:
        super().__init__(book, pace_s)
        self._events = events

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """200 with the event's id, new or known."""
        transaction = (headers.get("authorization", ""), path)
        known = transaction in self._events
        event_id = self._events.setdefault(transaction, f"${len(self._events)}:example.org")
        *_, room, _send, _type, key = path.split("/")
        label = unquote(room).removeprefix("!").partition(":")[0]
        self._book.write(label, reference_in(body), unquote(key), shown=not known)
        return 200, json.dumps({"event_id": event_id}).encode()


def reference_in(body: bytes) -> str:
    """The case that a message speaks of."""
    found = _REFERENCE.search(body)
    return found[0].decode() if found else ""
