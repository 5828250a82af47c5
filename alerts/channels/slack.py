"""A Slack channel, by an incoming webhook."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from alerts.channels.base import EARLY_S, HTTP_BUDGET_S, RepeatPolicy, answered, sorted_by_status
from alerts.facts import SlackWebhook
from alerts.messages import Chat, Form
from alerts.network import Response
from alerts.outcomes import Refused

if TYPE_CHECKING:
    from alerts.facts import Envelope
    from alerts.network import Network
    from alerts.outcomes import Outcome

HOST = "hooks.slack.com"
# Slack's documented limits, in characters and blocks, and one of ours: near 13,200 in all a message is refused.
LONGEST_HEADER = 150
LONGEST_SECTION = 3_000
LONGEST_BUTTON = 75
LONGEST_BUTTON_URL = 3_000
MOST_BLOCKS = 50
LONGEST_MESSAGE = 9_000

_FOR_GOOD = {
    400: "Slack does not accept what we wrote (status 400).",
    403: "The workspace does not allow this webhook (status 403).",
    404: "The Slack channel or webhook is gone (status 404).",
    410: "The Slack channel is archived (status 410).",
}
_GONE = (404, 410)
_OUR_MISTAKE = (400,)


class Slack:
    """Posts blocks; Slack knows no repeat, so a repeat says that it is one."""

    name: ClassVar[str] = "slack"
    form: ClassVar[Form] = Form.CHAT
    address_type: ClassVar[type] = SlackWebhook
    budget_s: ClassVar[float] = HTTP_BUDGET_S
    repeat_policy: ClassVar[RepeatPolicy] = RepeatPolicy()

    def __init__(self, network: Network) -> None:
        self._network = network

    async def send(self, message: Chat, address: SlackWebhook, envelope: Envelope) -> Outcome:
        """One POST to the webhook."""
        if not self._is_slack(address.url):
            return Refused(permanent=True, reason=f"A Slack webhook is at {HOST}, and this one is not.")
        body = json.dumps(payload_of(message, maybe_sent=envelope.maybe_sent)).encode()
        headers = {"Content-Type": "application/json; charset=utf-8"}
        deadline_s = self.budget_s - 2 * EARLY_S
        call = self._network.post(address.url, content=body, headers=headers, deadline_s=deadline_s)
        answer = await answered(call, envelope)
        if not isinstance(answer, Response):
            return answer
        return sorted_by_status(answer, envelope, for_good=_FOR_GOOD, gone=_GONE, our_mistake=_OUR_MISTAKE)

    async def aclose(self) -> None:
        """Nothing is held open; the network is its owner's to close."""

    def _is_slack(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
            return (parts.scheme == "https" and parts.netloc == HOST) or self._network.is_trusted(url)
        except ValueError:
            return False


def payload_of(chat: Chat, *, maybe_sent: bool) -> dict[str, Any]:
    """The message as Slack wants it, within every limit; `text` is what notifications show."""
    title = f"{chat.repeat_label} {chat.title}" if maybe_sent else chat.title
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": _cut(title, LONGEST_HEADER), "emoji": False}}
    ]
    room = LONGEST_MESSAGE - 2 * len(title)
    for paragraph in chat.paragraphs[: MOST_BLOCKS - 2]:
        text = _cut_escaped(paragraph, min(LONGEST_SECTION, room))
        if not text:
            break
        room -= len(text)
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}})
    if chat.url and len(chat.url) <= LONGEST_BUTTON_URL:
        label = {"type": "plain_text", "text": _cut(chat.url_label, LONGEST_BUTTON), "emoji": False}
        blocks.append({"type": "actions", "elements": [{"type": "button", "text": label, "url": chat.url}]})
    return {
        "text": _cut_escaped(title, LONGEST_SECTION),
        "blocks": blocks,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _escaped(text: str) -> str:
    """Slack asks for these three and no others."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _cut_escaped(text: str, longest: int) -> str:
    """Escaped, and cut so that no escape is cut in two."""
    if longest < 2:
        return ""
    kept = text
    while len(escaped := _escaped(kept)) > longest:
        # every character that goes takes at most five of the escaped ones with it
        excess = len(escaped) - longest
        kept = kept.removesuffix("…")[: -max(1, excess // 5) - 1] + "…"
    return escaped
