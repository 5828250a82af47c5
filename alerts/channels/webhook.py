"""A signed webhook, by the Standard Webhooks specification."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, ClassVar

from alerts.channels.base import EARLY_S, HTTP_BUDGET_S, RepeatPolicy, answered, sorted_by_status
from alerts.facts import SignedWebhook
from alerts.messages import Event, Form
from alerts.network import Response
from alerts.outcomes import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.facts import Envelope
    from alerts.network import Network
    from alerts.outcomes import Outcome

SECRET_PREFIX = "whsec_"  # noqa: S105, what every secret begins with
# Standard Webhooks, "Signature scheme": 24 to 64 bytes
SECRET_BYTES = range(24, 65)


class BadSecret(ValueError):
    """Not a `whsec_` secret of 24 to 64 bytes in base64."""


class Webhook:
    """Posts a thin event; the receiver knows a repeat by its `webhook-id`."""

    name: ClassVar[str] = "webhook"
    form: ClassVar[Form] = Form.EVENT
    address_type: ClassVar[type] = SignedWebhook
    budget_s: ClassVar[float] = HTTP_BUDGET_S
    repeat_policy: ClassVar[RepeatPolicy] = RepeatPolicy()

    def __init__(self, network: Network) -> None:
        self._network = network

    async def send(self, message: Event, address: SignedWebhook, envelope: Envelope) -> Outcome:
        """One POST of the event, signed with every live secret."""
        body = body_of(message, envelope)
        timestamp = str(int(envelope.now.timestamp()))
        try:
            signature = signatures(address.secrets, key=envelope.key, timestamp=timestamp, body=body)
        except BadSecret as error:
            return Refused(permanent=True, reason=str(error))
        headers = {
            "Content-Type": "application/json",
            "webhook-id": envelope.key,
            "webhook-timestamp": timestamp,
            "webhook-signature": signature,
        }
        deadline_s = self.budget_s - 2 * EARLY_S
        call = self._network.post(address.url, content=body, headers=headers, deadline_s=deadline_s)
        answer = await answered(call, envelope)
        return sorted_by_status(answer, envelope) if isinstance(answer, Response) else answer

    async def aclose(self) -> None:
        """Nothing is held open; the network is its owner's to close."""


def body_of(event: Event, envelope: Envelope) -> bytes:
    """The bytes that are signed and sent: the same on every repeat."""
    document = {
        "type": event.type,
        "timestamp": envelope.written_at.isoformat(),
        "data": {**event.data, "id": envelope.key, "url": envelope.resource_url},
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def signatures(secrets: Sequence[str], *, key: str, timestamp: str, body: bytes) -> str:
    """One `v1` signature for each secret, separated by spaces, so that a rotation breaks nobody. Raises BadSecret."""
    if not secrets:
        raise BadSecret("This webhook has no secret.")
    signed = b".".join((key.encode(), timestamp.encode(), body))
    return " ".join(
        "v1," + base64.b64encode(hmac.digest(_key_bytes(secret), signed, hashlib.sha256)).decode() for secret in secrets
    )


def _key_bytes(secret: str) -> bytes:
    try:
        raw = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise BadSecret("This webhook's secret is not base64.") from None
    if len(raw) not in SECRET_BYTES:
        raise BadSecret("This webhook's secret is not 24 to 64 bytes long.")
    return raw
