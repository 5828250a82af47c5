"""A small IMAP server on the loopback, over TLS: enough of RFC 3501 for one folder, and faults on demand."""

from __future__ import annotations

import re
import socketserver
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

_FETCH = re.compile(rb"FETCH (\d+) \(BODY\.PEEK\[\]<(\d+)\.(\d+)>\)")
_STORE = re.compile(rb"STORE (\d+) \+FLAGS\.SILENT \(([^)]*)\)")
_MOVE = re.compile(rb'(MOVE|COPY) (\d+) "([^"]*)"')


@dataclass
class Message:
    """One message of the folder."""

    raw: bytes
    flags: set[str] = field(default_factory=set)


@dataclass
class ImapServer:
    """What it holds, and how it misbehaves: `hangs_at`, `hangs_up_at` and `refuses` name commands; `inflates` adds to the
    length that it says a message has.
    """

    port: int = 0
    messages: dict[int, Message] = field(default_factory=dict)
    moved: dict[str, list[bytes]] = field(default_factory=dict)
    knows_move: bool = True
    hangs_up_at: str | None = None
    refuses: str | None = None
    inflates: int = 0
    commands: list[str] = field(default_factory=list)
    sent: int = 0

    def add(self, raw: bytes) -> None:
        """One more message has arrived."""
        self.messages[max(self.messages, default=0) + 1] = Message(raw)

    def unseen(self) -> list[int]:
        return [uid for uid, one in sorted(self.messages.items()) if not one.flags & {"\\Seen", "\\Deleted"}]


@contextmanager
def imap_server(tls: ssl.SSLContext) -> Iterator[ImapServer]:
    """Listens on a free port of 127.0.0.1; the login is `intake`, the password `secret`."""
    state = ImapServer()
    with _Listener(("127.0.0.1", 0), _Session) as listener:
        listener.state, listener.tls = state, tls
        state.port = listener.server_address[1]
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield state
        listener.shutdown()
        thread.join()


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads = True, True
    state: ImapServer
    tls: ssl.SSLContext

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that believes nobody hangs up in the middle of the handshake."""


class _Session(socketserver.StreamRequestHandler):
    server: _Listener

    def setup(self) -> None:
        self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def handle(self) -> None:
        state = self.server.state
        self.wfile.write(b"* OK ready\r\n")
        for line in self.rfile:
            tag, _, command = line.strip().partition(b" ")
            word = command.split(b" ")[1 if command.startswith(b"UID ") else 0].decode().upper()
            state.commands.append(word)
            if word == state.hangs_up_at:
                return
            if word == state.refuses or (word == "LOGIN" and command != b'LOGIN intake "secret"'):
                self.wfile.write(tag + b" NO refused intake secret\r\n")
                continue
            self.wfile.write(_answer(state, word, command) + tag + b" OK done\r\n")
            if word == "LOGOUT":
                return


def _answer(state: ImapServer, word: str, command: bytes) -> bytes:
    match word:
        case "CAPABILITY":
            return b"* CAPABILITY IMAP4rev1" + (b" MOVE" if state.knows_move else b"") + b"\r\n"
        case "SELECT":
            return b"* %d EXISTS\r\n" % len(state.messages)
        case "SEARCH":
            return b"* SEARCH " + b" ".join(b"%d" % uid for uid in state.unseen()) + b"\r\n"
        case "FETCH":
            return _fetched(state, command)
        case "STORE":
            found = _STORE.search(command)
            assert found is not None, command
            state.messages[int(found[1])].flags |= set(found[2].decode().split())
        case "MOVE" | "COPY":
            moved = _MOVE.search(command)
            assert moved is not None, command
            uid = int(moved[2])
            state.moved.setdefault(moved[3].decode(), []).append(state.messages[uid].raw)
            if word == "MOVE":
                del state.messages[uid]
        case _:
            pass
    return b""


def _fetched(state: ImapServer, command: bytes) -> bytes:
    found = _FETCH.search(command)
    assert found is not None, command
    uid, start, length = int(found[1]), int(found[2]), int(found[3])
    part = state.messages[uid].raw[start : start + length]
    state.sent += len(part)
    size = len(part) + state.inflates
    return b"* 1 FETCH (UID %d BODY[]<0> {%d}\r\n%b)\r\n" % (uid, size, part)
