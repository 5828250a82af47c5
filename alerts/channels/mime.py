"""A mail as bytes: built once for all its readers, then filled in for each of them."""

from __future__ import annotations

import binascii
import hashlib
import html
import re
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from typing import TYPE_CHECKING

from alerts.channels.mail_policy import MailPolicy
from alerts.messages import STOP_LINK_IN_HTML, STOP_LINK_IN_TEXT, NotPersonal, SealedMail, personal_url

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.facts import Envelope, Recipient
    from alerts.messages import Mail

CRLF = b"\r\n"
# RFC 2045, section 6.7: at most 76 characters a line of quoted-printable, the soft break included
LONGEST_LINE = 76
DATES_KEPT = 64

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_HEADER_VALUE = re.compile(r"[\x21-\x7e]{1,900}")
MAIL_POLICY = MailPolicy(linesep="\r\n", max_line_length=LONGEST_LINE)
_LINE_DOT = re.compile(rb"(?m)^\.")
_DOUBLED_DOT = re.compile(rb"(?m)^\.\.")


class Unwritable(ValueError):
    """A mail that would be malformed: a control character in a header, or a marker that got lost."""


class PreparedMail:
    """One mail's bytes with gaps, ready for SMTP: line ends are CRLF and leading dots are doubled.

    Building takes milliseconds, filling in microseconds.
    """

    def __init__(self, mail: Mail | SealedMail, *, sender: str, reply_to: str | None) -> None:
        whole = _LINE_DOT.sub(b"..", _static_message(mail, sender=sender, reply_to=reply_to).as_bytes())
        self._has_stop_link, self._names_nobody = mail.has_stop_link, mail.names_nobody
        if not mail.has_stop_link:
            self._pieces = (whole, b"", b"")
            return
        before, text_gap, rest = whole.partition(STOP_LINK_IN_TEXT.encode())
        between, html_gap, after = rest.partition(STOP_LINK_IN_HTML.encode())
        if not text_gap or not html_gap or STOP_LINK_IN_TEXT.encode() in rest or STOP_LINK_IN_HTML.encode() in after:
            raise Unwritable("a mail with a stop link needs it exactly once in each part")
        self._pieces = (before, between, after)

    def fill_in(self, *, to: str, envelope: Envelope, domain: str) -> bytes:
        """The bytes for one recipient, without the final dot. Raises NotPersonal and Unwritable."""
        # A thread of messages says that they are about one thing.
        thread = None if self._names_nobody else envelope.thread
        headers = [
            ("To", to),
            ("Message-ID", f"<{envelope.key}@{domain}>"),
            *([("References", f"<{thread}@{domain}>")] if thread else []),
            *_list_headers(envelope.recipient, domain=domain),
        ]
        top = [_date(envelope.written_at), *(_header(name, *values) for name, *values in headers)]
        before, between, after = self._pieces
        if not self._has_stop_link:
            return b"".join((*top, before))
        link = personal_url(envelope.recipient.unsubscribe_url)
        return b"".join((*top, before, _quoted(link), between, _quoted(html.escape(link)), after))


def as_file(content: bytes) -> bytes:
    """The bytes of a filled-in mail as a mail program opens them: the dots that SMTP wants double are single again."""
    return _DOUBLED_DOT.sub(b".", content)


def _static_message(mail: Mail | SealedMail, *, sender: str, reply_to: str | None) -> EmailMessage:
    headers = {
        "From": _without_name(sender) if mail.names_nobody else sender,
        "Reply-To": _without_name(reply_to) if mail.names_nobody and reply_to else reply_to,
        "Subject": mail.subject,
        "Auto-Submitted": "auto-generated",  # RFC 3834
        # no standard, and what programs that answer for people look at all the same
        "Precedence": "bulk",
        "X-Auto-Response-Suppress": "All",
    }
    message = EmailMessage(policy=MAIL_POLICY)
    for name, value in headers.items():
        if value is not None:
            message[name] = without_controls(name, value)
    if isinstance(mail, SealedMail):
        _set_sealed(message, mail)
    else:
        set_parts(message, mail)
    return message


def without_controls(name: str, value: str) -> str:
    """The value, fit for a header. Raises Unwritable."""
    if _CONTROL.search(value):
        raise Unwritable(f"a control character in {name}")
    return value


def set_parts(message: EmailMessage, mail: Mail) -> None:
    """The text first, and both readable on the wire, so that the gaps can be found."""
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    # only now, because the standard library moves what begins with Content- into the first part
    message["Content-Language"] = mail.language  # RFC 3282
    _set_fixed_boundary(message, mail.text + mail.html)


def _set_sealed(message: EmailMessage, mail: SealedMail) -> None:
    """RFC 3156, section 4: a part that says the version, and one that holds the encrypted rest."""
    message["MIME-Version"] = "1.0"
    message["Content-Type"] = 'multipart/encrypted; protocol="application/pgp-encrypted"'
    for kind, content in (("application/pgp-encrypted", "Version: 1\n"), ("application/octet-stream", mail.armoured)):
        part = EmailMessage(policy=MAIL_POLICY)
        part["Content-Type"] = kind
        part["Content-Transfer-Encoding"] = "7bit"
        part.set_payload(content)
        message.attach(part)
    _set_fixed_boundary(message, mail.armoured)


def _set_fixed_boundary(message: EmailMessage, content: str) -> None:
    # a repeat has the same bytes, so the boundary cannot be random
    message.set_boundary("vigil-" + hashlib.sha256(content.encode()).hexdigest()[:40])


def _without_name(mailbox: str) -> str:
    return parseaddr(mailbox)[1] or mailbox


def _list_headers(recipient: Recipient, *, domain: str) -> list[tuple[str, ...]]:
    """RFC 2919, 2369 and 8058; nothing for a message that no subscription caused."""
    if recipient.list_id is None:
        return []
    list_id = recipient.list_id if "." in recipient.list_id else f"{recipient.list_id}.{domain}"
    ways_out = [f"<{personal_url(recipient.one_click_url)}>"]
    if recipient.stop_mailbox:
        # Not every program keeps the address that it is given; those write at least the subject.
        token = recipient.stop_mailbox.partition("@")[0].partition("+")[2]
        ways_out.append(f"<mailto:{recipient.stop_mailbox}?subject=unsubscribe%20{token}>")
    return [
        ("List-Id", f"<{list_id}>"),
        ("List-Unsubscribe", *ways_out),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    ]


def _header(name: str, *values: str) -> bytes:
    """Written as they are, on one line: the standard library would turn a long unbroken value into an encoded word.

    In a List header that is invalid, and mail programs then hide their unsubscribe button.
    """
    if not all(_HEADER_VALUE.fullmatch(value) for value in values):
        raise Unwritable(f"{name} has a character that no header may have")
    return f"{name}: {', '.join(values)}\r\n".encode("ascii")


def _quoted(value: str) -> bytes:
    """The value on quoted-printable lines of its own, which decode to nothing but the value; leading dots are doubled."""
    if _CONTROL.search(value):
        raise NotPersonal("a control character in the recipient's link")
    lines = binascii.b2a_qp(value.encode()).replace(b"=\n", b"=\r\n")
    return b"=\r\n" + _LINE_DOT.sub(b"..", lines) + b"=\r\n"


@lru_cache(maxsize=DATES_KEPT)
def _date(at: datetime) -> bytes:
    # Every reader of one alert gets the same.
    return b"Date: " + format_datetime(at).encode("ascii") + CRLF
