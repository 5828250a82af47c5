"""What a mail that came in to us is: a failure report, a complaint, an automatic answer, or a letter; whoever wrote it."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser, HeaderParser
from enum import StrEnum
from typing import TYPE_CHECKING

from flufl.bounce import all_failures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# What decides stands at the beginning: a report's own words and its status come before the mail that it returns.
LONGEST_READ = 256 * 1024  # bytes
MOST_LINES = 4_000
# RFC 5322, section 2.1.1; the patterns that search a line take time that grows with its square.
LONGEST_LINE = 998
# A report has five or so; each level of nesting costs a look at every line.
MOST_PARTS = 50

# Local parts of ours: `b+` takes mail that comes back, `u+` ends a subscription, and the token says whose.
_OURS = re.compile(r"\b([bu]\+[a-z2-7]{29})@", re.IGNORECASE)
_TOKEN_ALONE = re.compile(r"(?<![A-Za-z0-9])([a-z2-7]{29})(?![A-Za-z0-9])", re.IGNORECASE)
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_WRITTEN_TO = (
    "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To", "X-RCPT-TO", "To", "Cc",
)  # fmt: skip
_RETURNED_HEADERS = ("Return-Path", "List-Unsubscribe", "X-Envelope-From")
# Not a word among the fields of RFC 5965, and a report that a complaint was a mistake.
_NO_COMPLAINT = "not-spam"
_AUTOMATIC = ("X-Autoreply", "X-Autorespond", "X-Autoresponder")
_AWAY = re.compile(
    r"^\s*(?:auto(?:matic)?[ -]?(?:reply|response)|out of (?:the )?office|automatische antwort|abwesenheit|"
    r"réponse automatique|автоответ|автоматический ответ)",
    re.IGNORECASE,
)
_DAEMON = re.compile(r"mailer-daemon|postmaster|mail delivery", re.IGNORECASE)

# It logs every detector it tries, and at a failure a traceback whose last line may quote the mail.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL + 1)


class Sort(StrEnum):
    """What sort of mail came in."""

    FAILED = "failed"
    DELAYED = "delayed"
    COMPLAINT = "complaint"
    AUTO_REPLY = "auto_reply"
    LETTER = "letter"


@dataclass(frozen=True, slots=True)
class ReturnedMail:
    """What was read of a mail.

    `ours` are local parts of our own in lower case (`b+…`, `u+…`) to which it was sent, or which a complaint quotes;
    anybody may have written them. `status` is RFC 3463's, of a failure alone. `message_id` is None where it has none.
    """

    sort: Sort
    ours: tuple[str, ...]
    status: str | None = None
    message_id: str | None = None


def read_returned(raw: bytes, *, recipients: Sequence[str] = ()) -> ReturnedMail:
    """Sort a mail. `recipients` are those of its envelope, where the one who hands it over knows them.

    At most its first 256 KiB and 4,000 lines are looked at; what cannot be read is a letter. Never raises.
    Standards: RFC 3464 (delivery status), RFC 5965 (complaints), RFC 3834 (automatic answers).
    """
    bounded = _bounded(raw)
    message = _parsed(bounded)
    ours = _found(_OURS, [*recipients, *_values(message, _WRITTEN_TO)])
    message_id = next(_values(message, ("Message-ID", "Message-Id")), "").strip() or None
    try:
        sort, status, quoted = _sorted(message)
    except Exception:  # noqa: BLE001 - whatever a stranger's mail makes a parser do, it is a mail that says nothing
        sort, status, quoted = Sort.LETTER, None, ()
    if sort is Sort.LETTER:
        quoted = tuple(f"u+{token}" for token in _found(_TOKEN_ALONE, _values(message, ("Subject",))))
    return ReturnedMail(sort, (*ours, *quoted), status, message_id)


def _bounded(raw: bytes) -> bytes:
    lines = raw[:LONGEST_READ].split(b"\n", MOST_LINES)[:MOST_LINES]
    return b"\n".join(line[:LONGEST_LINE] for line in lines)


def _parsed(raw: bytes) -> Message:
    if len(re.findall(rb"content-type", raw, re.IGNORECASE)) <= MOST_PARTS:
        try:
            return message_from_bytes(raw)
        except Exception:  # noqa: BLE001, S110 - the headers alone are read then
            pass
    return BytesHeaderParser().parsebytes(raw)


def _sorted(message: Message) -> tuple[Sort, str | None, tuple[str, ...]]:
    report = next(_parts(message, "message/feedback-report"), None)
    if report is not None:
        return _complaint(message, report)
    if any(_parts(message, "message/delivery-status")):
        return *_by_status(message), ()
    if _is_automatic(message):
        return Sort.AUTO_REPLY, None, ()
    temporary, permanent = all_failures(message)
    if permanent:
        return Sort.FAILED, _status_in(message), ()
    return (Sort.DELAYED if temporary else Sort.LETTER), None, ()


def _complaint(message: Message, report: Message) -> tuple[Sort, str | None, tuple[str, ...]]:
    fields = _inner(report)
    kind = next(_values(fields, ("Feedback-Type",)), "").strip().lower()
    if kind == _NO_COMPLAINT:
        return Sort.LETTER, None, ()
    quoted = [*_values(fields, ("Original-Mail-From",))]
    for part in (*_parts(message, "message/rfc822"), *_parts(message, "text/rfc822-headers")):
        quoted += _values(_inner(part), _RETURNED_HEADERS)
    return Sort.COMPLAINT, None, _found(_OURS, quoted)


def _by_status(message: Message) -> tuple[Sort, str | None]:
    """What the fields for each recipient say; one mail of ours has one recipient, so any failure is the failure."""
    for part in _parts(message, "message/delivery-status"):
        for fields in _within(part):
            action = next(_values(fields, ("Action",)), "").strip().lower()
            status = next(iter(_found(_STATUS, _values(fields, ("Status",)))), None)
            diagnosis = next(iter(_found(_STATUS, _values(fields, ("Diagnostic-Code",)))), None)
            if action == "failed" or (not action and (status or "").startswith("5")):
                # Some write 5.0.0 and say what is wrong beside it.
                vague = status is None or status.endswith(".0.0")
                return Sort.FAILED, (diagnosis or status) if vague else status
    return Sort.DELAYED, None


def _is_automatic(message: Message) -> bool:
    """RFC 3834, and what is in use beside it; but not what a mail server says of a recipient that failed."""
    if message["X-Failed-Recipients"] or _DAEMON.search(next(_values(message, ("From",)), "")):
        return False
    answered = next(_values(message, ("Auto-Submitted",)), "no").strip().lower()
    precedence = next(_values(message, ("Precedence",)), "").strip().lower()
    return (
        answered.startswith("auto-replied")
        or precedence == "auto_reply"
        or any(message[name] for name in _AUTOMATIC)
        or _AWAY.match(_decoded(next(_values(message, ("Subject",)), ""))) is not None
    )


def _decoded(value: str) -> str:
    try:
        return str(make_header(decode_header(value)))
    except (ValueError, LookupError):  # an encoded word that is none, or in a charset that nobody knows
        return value


def _status_in(message: Message) -> str | None:
    for part in message.walk():
        if part.get_content_maintype() != "text":
            continue
        payload = part.get_payload(decode=True)
        text = payload.decode("latin-1") if isinstance(payload, bytes) else ""
        codes = [code for code in _found(_STATUS, [text]) if code.startswith("5")]
        if codes:
            return codes[0]
    return None


def _parts(message: Message, content_type: str) -> Iterator[Message]:
    return (part for part in message.walk() if part.get_content_type() == content_type)


def _inner(part: Message) -> Message:
    """The headers that a part holds, whether they were read as a mail of their own or as text."""
    held = next(iter(_within(part)), None)
    if held is not None:
        return held
    text = part.get_payload(decode=True)
    return HeaderParser().parsestr(text.decode("latin-1") if isinstance(text, bytes) else "")


def _within(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []


def _values(message: Message, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        for value in message.get_all(name, ()):
            yield str(value)


def _found(pattern: re.Pattern[str], texts: Sequence[str] | Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found.lower() for text in texts for found in pattern.findall(text)))
