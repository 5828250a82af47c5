"""A Matrix room, by the client-server API of its homeserver."""

from __future__ import annotations

import json
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from alerts.channels.base import (
    EARLY_S,
    HTTP_BUDGET_S,
    RepeatPolicy,
    answered,
    excerpt_of,
    sorted_by_status,
)
from alerts.facts import MatrixRoom
from alerts.messages import Chat, Form
from alerts.network import Response
from alerts.outcomes import Accepted, Refused
from alerts.retries import LONGEST_HINT_S

if TYPE_CHECKING:
    from alerts.facts import Envelope
    from alerts.network import Network
    from alerts.outcomes import Outcome

# An event may be 64 KiB with everything a homeserver adds; half of that is ours.
LONGEST_CONTENT = 32 * 1024
# A homeserver forgets a txnId after 24 hours, and only until then does a repeat show once.
HOLD_AFTER_S = 23 * 3600.0

# The account or its homeserver, not this room, is what refuses.
_OUR_LOGIN = {"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_USER_DEACTIVATED", "M_USER_LOCKED"}
_FOR_GOOD = {
    "M_FORBIDDEN": "Our account may not write to this room.",
    "M_NOT_FOUND": "The homeserver does not know this room.",
    "M_INVALID_ROOM_ID": "The homeserver does not know this room.",
    "M_TOO_LARGE": "The homeserver finds the message too large.",
    "M_BAD_JSON": "The homeserver does not accept what we wrote.",
    "M_NOT_JSON": "The homeserver does not accept what we wrote.",
    "M_INVALID_PARAM": "The homeserver does not accept what we wrote.",
}
# We were turned out of the room, or there is none; the rest of the list is our own mistake.
_GONE = {"M_FORBIDDEN", "M_NOT_FOUND", "M_INVALID_ROOM_ID"}


class Matrix:
    """Puts an event with a fixed transaction id, which the homeserver shows once."""

    name: ClassVar[str] = "matrix"
    form: ClassVar[Form] = Form.CHAT
    address_type: ClassVar[type] = MatrixRoom
    budget_s: ClassVar[float] = HTTP_BUDGET_S
    repeat_policy: ClassVar[RepeatPolicy] = RepeatPolicy(hold_after_s=HOLD_AFTER_S)

    def __init__(self, network: Network) -> None:
        self._network = network

    async def send(self, message: Chat, address: MatrixRoom, envelope: Envelope) -> Outcome:
        """One PUT to the room."""
        room, transaction = quote(address.room_id, safe=""), quote(envelope.key, safe="")
        base = address.homeserver_url.rstrip("/")
        url = f"{base}/_matrix/client/v3/rooms/{room}/send/m.room.message/{transaction}"
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {address.access_token}"}
        # Within the hours in which the transaction id is known, only the first event shows, so a mark would be wrong.
        if envelope.maybe_sent and envelope.key_forgotten:
            message = replace(message, title=f"{message.repeat_label} {message.title}")
        body = json.dumps(content_of(message), ensure_ascii=False).encode()
        deadline_s = self.budget_s - 2 * EARLY_S
        call = self._network.put(url, content=body, headers=headers, deadline_s=deadline_s)
        answer = await answered(call, envelope)
        return _outcome(answer, envelope) if isinstance(answer, Response) else answer

    async def aclose(self) -> None:
        """Nothing is held open; the network is its owner's to close."""


def content_of(chat: Chat) -> dict[str, Any]:
    """The event's content: plain text, and the same in the few tags that the specification allows."""
    paragraphs = list(chat.paragraphs)
    while len(json.dumps(content := _content(chat, paragraphs), ensure_ascii=False).encode()) > LONGEST_CONTENT:
        paragraphs.pop()
    return content


def _content(chat: Chat, paragraphs: list[str]) -> dict[str, Any]:
    body = "\n\n".join([chat.title, *paragraphs, *([chat.url] if chat.url else [])])
    parts = [f"<p><strong>{escape(chat.title)}</strong></p>"]
    parts += ["<p>" + "<br>".join(escape(line) for line in paragraph.split("\n")) + "</p>" for paragraph in paragraphs]
    if chat.url:
        parts.append(f'<p><a href="{escape(chat.url)}">{escape(chat.url_label)}</a></p>')
    return {
        # rooms' push rules are silent about m.notice
        "msgtype": "m.text",
        "body": body,
        "format": "org.matrix.custom.html",
        "formatted_body": "".join(parts),
        # without it a name in the text would ring somebody's telephone
        "m.mentions": {},
    }


def _outcome(response: Response, envelope: Envelope) -> Outcome:
    said = _json_object(response)
    code = str(said.get("errcode", ""))
    if 200 <= response.status < 300:
        event_id = said.get("event_id")
        return Accepted(code=response.status, provider_ref=event_id if isinstance(event_id, str) else None)
    excerpt = excerpt_of(response)
    if code in _OUR_LOGIN or response.status == 401:
        reason = "The homeserver does not accept our account's token."
        return Refused(
            permanent=False,
            code=response.status,
            reason=reason,
            excerpt=excerpt,
            our_side=True,
            failed_ways=envelope.ways,
        )
    if code in _FOR_GOOD and response.status < 500:
        gone = code in _GONE
        return Refused(
            permanent=True,
            code=response.status,
            reason=_FOR_GOOD[code],
            excerpt=excerpt,
            gone=gone,
            our_mistake=not gone,
        )
    outcome = sorted_by_status(response, envelope, for_good={413: _FOR_GOOD["M_TOO_LARGE"]}, our_mistake=(413,))
    if isinstance(outcome, Refused) and not outcome.permanent:
        waits = [outcome.retry_after_s, _retry_after_ms(said)]
        hint = max((wait for wait in waits if wait is not None), default=None)
        return replace(outcome, retry_after_s=hint)
    return outcome


def _json_object(response: Response) -> dict[str, Any]:
    try:
        said = json.loads(response.excerpt)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _retry_after_ms(said: dict[str, Any]) -> float | None:
    wait = said.get("retry_after_ms")
    if isinstance(wait, bool) or not isinstance(wait, int) or wait <= 0:
        return None
    return min(wait, LONGEST_HINT_S * 1000) / 1000
