"""What the demo's receivers took in, as their readers would find it."""

from __future__ import annotations

import email
import email.policy
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from email.message import EmailMessage

PREVIEW = 5  # lines


@dataclass(frozen=True, slots=True)
class Captured:
    """One message that a receiver acknowledged; `key` is the one its repeats would carry, where the channel has one."""

    number: int
    channel: str
    receiver: str
    key: str
    title: str
    text: str
    html: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    payload: dict[str, Any] | None = None

    @property
    def preview(self) -> str:
        """The first lines of the text, without empty ones and without the title again."""
        lines = [line.strip() for line in self.text.splitlines() if line.strip() not in {"", self.title}]
        return "\n".join(lines[:PREVIEW])


@dataclass
class Inbox:
    """A list that several receivers fill at once."""

    messages: list[Captured] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take_mail(self, raw: bytes, recipient: str) -> None:
        """Keep a mail as Python's own parser reads it."""
        parsed: EmailMessage = email.message_from_bytes(raw, policy=email.policy.default)
        text, html = parsed.get_body(("plain",)), parsed.get_body(("html",))
        self._add(
            channel="email",
            receiver=recipient,
            key=str(parsed["Message-ID"]),
            title=str(parsed["Subject"]),
            text=text.get_content() if text else "",
            html=html.get_content() if html else None,
            headers=tuple((name, str(value)) for name, value in parsed.items()),
        )

    def take_chat(self, channel: str, receiver: str, key: str, payload: dict[str, Any]) -> None:
        """Keep a JSON message: `channel` is slack, matrix or webhook."""
        text = payload.get("text") or payload.get("body") or ""
        self._add(
            channel=channel,
            receiver=receiver,
            key=key,
            title=str(text).strip().partition("\n")[0] or str(payload.get("type", "")),
            text=str(text),
            html=payload.get("formatted_body"),
            payload=payload,
        )

    def find(self, number: int) -> Captured | None:
        """The message with this number."""
        return next((message for message in self.messages if message.number == number), None)

    def of_channel(self, channel: str) -> list[Captured]:
        """The messages of one channel, in the order in which they came."""
        return [message for message in self.messages if message.channel == channel]

    def _add(self, **fields: Any) -> None:
        with self._lock:
            self.messages.append(Captured(number=len(self.messages) + 1, **fields))
