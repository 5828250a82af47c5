"""A message as the bytes of a file that a person can open."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from alerts.channels.matrix import content_of
from alerts.channels.mime import PreparedMail, as_file
from alerts.channels.slack import payload_of
from alerts.channels.webhook import body_of
from alerts.facts import Envelope, Recipient
from alerts.messages import Chat, Event, Mail, personalise
from service.errors import InvalidInput, Problem
from service.previews.invented import ORIGIN
from service.vocabulary import ChannelName

if TYPE_CHECKING:
    from alerts.messages import Message

READER = "reader@example.org"
DOMAIN = "vigil.example.org"
_STOP = f"{ORIGIN}/u/preview"
# Nobody's: a preview was never sent, and looks the same each time.
_ENVELOPE = Envelope(
    key="00000000-0000-5000-8000-000000000000",
    recipient=Recipient(list_id="preview", unsubscribe_url=_STOP, one_click_url=_STOP),
    written_at=datetime(2015, 3, 12, 9, tzinfo=UTC),
    now=datetime(2015, 3, 12, 9, tzinfo=UTC),
    resource_url=f"{ORIGIN}/api/v1/alerts/preview",
)


class Part(StrEnum):
    """How much of a message a file holds."""

    WHOLE = "whole"
    TEXT = "text"
    HTML = "html"


def file_of(message: Message, channel: ChannelName, part: Part, *, sender: str) -> bytes:
    """The message as it would leave by this channel: a mail to open in a mail program, JSON for the others.

    `sender` is the From of a mail. Raises InvalidInput for a part that the channel's messages do not have.
    """
    match message:
        case Mail():
            return _mail(message, part, sender)
        case Chat() if part is not Part.HTML:
            return _text_of(message).encode() if part is Part.TEXT else _pretty(_payload(message, channel))
        case Event() if part is Part.WHOLE:
            return _pretty(json.loads(body_of(message, _ENVELOPE)))
        case _:
            raise InvalidInput([Problem("--part", f"a message to {channel} has no part called {part}")])


def whole_mail(mail: Mail, *, sender: str) -> bytes:
    """The mail as its invented reader's mailbox would keep it (RFC 5322)."""
    envelope = _ENVELOPE if mail.has_stop_link else _without_subscription()
    prepared = PreparedMail(mail, sender=sender, reply_to=None)
    return as_file(prepared.fill_in(to=READER, envelope=envelope, domain=DOMAIN))


def _mail(mail: Mail, part: Part, sender: str) -> bytes:
    if part is Part.WHOLE:
        return whole_mail(mail, sender=sender)
    said = personalise(mail, _ENVELOPE.recipient)
    return (said.text if part is Part.TEXT else said.html).encode()


def _without_subscription() -> Envelope:
    return Envelope(
        key=_ENVELOPE.key,
        recipient=Recipient(),
        written_at=_ENVELOPE.written_at,
        now=_ENVELOPE.now,
        resource_url=_ENVELOPE.resource_url,
    )


def _text_of(chat: Chat) -> str:
    return "\n\n".join([chat.title, *chat.paragraphs, *([chat.url] if chat.url else [])]) + "\n"


def _payload(chat: Chat, channel: ChannelName) -> dict[str, Any]:
    return payload_of(chat, maybe_sent=False) if channel is ChannelName.SLACK else content_of(chat)


def _pretty(document: Any) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
