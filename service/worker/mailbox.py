"""The mailbox to which mail comes back: read by IMAP over verified TLS, a bounded part of each message."""

from __future__ import annotations

import imaplib
import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from alerts.network import tls_context
from alerts.returned_mail import LONGEST_READ

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from service.mail_settings import IntakeSettings

# For each answer. The server is the operator's own; one that hangs must not hold a thread for ever.
ANSWERS_WITHIN_S = 20.0
# So many in one go: a flood is read over several minutes and holds nothing up meanwhile.
MOST_AT_ONCE = 200
# What the server may send at one time beside the part that was asked for.
_OVERHEAD = 64 * 1024

_UID = re.compile(rb"\d+")


class MailboxTrouble(Exception):
    """The mailbox cannot be used just now; in words without names, addresses or what the server said."""


class Letter(NamedTuple):
    """One unread message: its number in the mailbox (RFC 3501, UID), and the beginning of what it says."""

    uid: str
    raw: bytes


class Mailbox:
    """An open folder. What is read stays unseen until it is put away; nothing is ever deleted."""

    def __init__(self, imap: imaplib.IMAP4, *, done_folder: str | None) -> None:
        self._imap = imap
        self._done_folder = done_folder

    def unread(self) -> Iterator[Letter]:
        """The unread messages, the oldest first, at most 200, each read when it is asked for."""
        found = _said(self._imap.uid("SEARCH", "UNSEEN", "UNDELETED"))
        numbers = found[0] if found and isinstance(found[0], bytes) else b""
        for uid in _UID.findall(numbers)[:MOST_AT_ONCE]:
            name = uid.decode()
            # PEEK, so that it stays unread until its consequence is committed; a part, however long the whole is.
            parts = _said(self._imap.uid("FETCH", name, f"(BODY.PEEK[]<0.{LONGEST_READ}>)"))
            raw = next((part[1] for part in parts if isinstance(part, tuple)), None)
            if raw is not None:
                yield Letter(name, raw)

    def put_away(self, letter: Letter) -> None:
        """It has been dealt with: marked as seen, and moved where a folder is named for that (RFC 6851, or by a copy)."""
        _said(self._imap.uid("STORE", letter.uid, "+FLAGS.SILENT", r"(\Seen)"))
        if self._done_folder is None:
            return
        folder = _quoted(self._done_folder)
        if "MOVE" in self._imap.capabilities:
            _said(self._imap.uid("MOVE", letter.uid, folder))
        else:
            _said(self._imap.uid("COPY", letter.uid, folder))
            _said(self._imap.uid("STORE", letter.uid, "+FLAGS.SILENT", r"(\Deleted)"))

    def put_aside(self, letter: Letter) -> None:
        """It could not be dealt with: marked as seen, and flagged for people to look at."""
        _said(self._imap.uid("STORE", letter.uid, "+FLAGS.SILENT", r"(\Seen \Flagged)"))


@contextmanager
def open_mailbox(settings: IntakeSettings) -> Iterator[Mailbox]:
    """The folder of the settings, open for changes. Raises MailboxTrouble, also for what goes wrong inside the block."""
    if settings.imap_host is None or settings.imap_username is None or settings.imap_password is None:
        raise MailboxTrouble("no mailbox is named in the settings")
    try:
        imap = _Bounded(settings)
        try:
            imap.login(settings.imap_username, settings.imap_password.get_secret_value())
            _said(imap.select(_quoted(settings.imap_folder)))
            yield Mailbox(imap, done_folder=settings.imap_done_folder)
            imap.logout()
        finally:
            # After a failure the library would keep the line; after a goodbye it is shut already.
            with suppress(OSError):
                imap.shutdown()
    except (imaplib.IMAP4.error, OSError) as error:
        # A server's words may repeat the login.
        why = "the server refuses" if isinstance(error, imaplib.IMAP4.error) else type(error).__name__
        raise MailboxTrouble(f"the mailbox cannot be read: {why}") from None


class _Bounded(imaplib.IMAP4_SSL):
    """A session that believes nobody whom its authorities do not vouch for, and takes no more than it asked for."""

    def __init__(self, settings: IntakeSettings) -> None:
        super().__init__(
            settings.imap_host or "", settings.imap_port, ssl_context=tls_context(settings.imap_ca_file),
            timeout=ANSWERS_WITHIN_S,
        )  # fmt: skip

    def read(self, size: int) -> bytes:
        """So many bytes of a literal, unless they are more than anybody asked for."""
        if size > LONGEST_READ + _OVERHEAD:
            raise self.abort("the server sends more than was asked for")
        return super().read(size)


def _said(
    answer: tuple[str, Sequence[bytes | tuple[bytes, bytes] | None]],
) -> Sequence[bytes | tuple[bytes, bytes] | None]:
    status, parts = answer
    if status != "OK":
        raise imaplib.IMAP4.error("the server says no")
    return parts


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
