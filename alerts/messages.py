"""What is sent: a mail, a chat message or an event, and what is personal in it."""

from __future__ import annotations

import html
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from alerts.free_text import MARKER, safe_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.facts import Recipient

# Written by the templates where the reader's own stop link goes: short, ASCII, never split by an encoding.
STOP_LINK_IN_TEXT = f"{MARKER}text"
STOP_LINK_IN_HTML = f"{MARKER}html"

# What stands outside an encrypted mail: readers know it, and it says nothing.
OUTER_SUBJECT = "..."

# A header line may have 998 characters (RFC 5322, section 2.1.1), and the name and brackets need some.
LONGEST_URL = 900


class Form(StrEnum):
    """The shape a channel needs."""

    MAIL = "mail"
    CHAT = "chat"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail with markers where it is personal: the same for every reader of one alert, language, tier and detail.

    `names_nobody`: its sender is an address without a name, as a telephone shows the name before anybody opens the mail.
    """

    subject: str
    text: str
    html: str
    language: str
    names_nobody: bool = False

    @property
    def has_stop_link(self) -> bool:
        """Whether the reader's own stop link belongs in it."""
        return STOP_LINK_IN_TEXT in self.text


@dataclass(frozen=True, slots=True)
class SealedMail:
    """A mail that only its reader can open: an armoured OpenPGP message, and nothing else of it.

    `names_nobody` as in `Mail`: then not even the organisation's name stands outside.
    """

    armoured: str
    names_nobody: bool = False

    @property
    def subject(self) -> str:
        """What may be read on the way."""
        return OUTER_SUBJECT

    @property
    def has_stop_link(self) -> bool:
        """The stop link is inside; what is outside has nothing personal in it."""
        return False


@dataclass(frozen=True, slots=True)
class Chat:
    """A message for a room: plain text, one link; the channel makes its own markup of it."""

    title: str
    paragraphs: tuple[str, ...]
    url: str | None
    url_label: str
    repeat_label: str
    language: str


@dataclass(frozen=True, slots=True)
class Event:
    """A notice for a machine: it says that something happened and where to read it, nothing more."""

    type: str
    data: Mapping[str, str] = field(default_factory=dict)


Message = Mail | Chat | Event
# What a channel takes: what was rendered, or that encrypted for its one reader.
Sendable = Message | SealedMail


class NotPersonal(ValueError):
    """The recipient's own part cannot be put into this message."""


def personalise(mail: Mail, recipient: Recipient) -> Mail:
    """The mail as this recipient reads it. Raises NotPersonal if a link is missing or is not a plain URL."""
    if not mail.has_stop_link:
        return mail
    link = personal_url(recipient.unsubscribe_url)
    return replace(
        mail,
        text=mail.text.replace(STOP_LINK_IN_TEXT, link),
        html=mail.html.replace(STOP_LINK_IN_HTML, html.escape(link)),
    )


# The header and both parts of one mail ask for the same, one after the other.
@lru_cache(maxsize=8)
def personal_url(url: str | None) -> str:
    """The URL, fit for a header and both parts of a mail. Raises NotPersonal if there is none or it is not plain."""
    if url is None:
        raise NotPersonal("the message has a stop link, but its recipient has none")
    if len(url) > LONGEST_URL or safe_url(url) is None:
        raise NotPersonal("the recipient's link is not a plain http or https address")
    return url
