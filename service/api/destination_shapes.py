"""What the API takes and shows of destinations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from service.api.shapes import Given, Label, Language, Line, Shown, TimeZone, example
from service.vocabulary import ChannelName, DeliveryState, DestinationState

Url = Annotated[str, StringConstraints(max_length=2_000, pattern=r"^https?://[^\s\x00-\x1f\x7f@\\]+$")]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[\x21-\x7e]+$")]
_EXAMPLE = {
    "id": "01932a10-7a3e-7c11-8f4e-5f1d2c3b4a64", "channel": "webhook", "label": "Case system",
    "address": "hooks.example.org/…", "state": "ready", "disabled_reason": None, "disabled_at": None, "failures": 0,
    "first_failure_at": None, "last_failure_at": None, "verified_at": "2030-01-06T12:00:00Z", "created_at": "2030-01-06T12:00:00Z", "version": 1,
}  # fmt: skip


class DestinationShown(Shown):
    """Where messages go; `address` is only as much of it as is needed to know it again.

    `failures` counts those since something was last accepted there, one a minute at most; at six it counts as a channel
    that does not work, and after five days, or at once where nobody is there any more, it is switched off.
    """

    model_config = example(**_EXAMPLE)

    id: UUID
    channel: ChannelName
    label: str
    address: str
    state: DestinationState
    disabled_reason: str | None
    disabled_at: datetime | None
    failures: int
    first_failure_at: datetime | None
    last_failure_at: datetime | None
    verified_at: datetime | None
    created_at: datetime
    version: int


class DestinationMade(DestinationShown):
    """The same, and for a webhook the secret that signs what is sent: shown this once."""

    model_config = example(**_EXAMPLE, secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")  # noqa: S106 - an example

    secret: str | None = None


class _Named(Given):
    label: Label
    language: Language = "en"
    time_zone: TimeZone = "UTC"
    beside: Annotated[
        UUID | None,
        Field(
            description="Another way to the same readers, whose language and time zone hold; each hears if one fails."
        ),
    ] = None


class EmailGiven(_Named):
    """A mailbox of the organisation."""

    channel: Literal["email"]
    address: Line


class SlackGiven(_Named):
    """An incoming webhook of a Slack workspace; the URL is its secret."""

    channel: Literal["slack"]
    url: Url


class MatrixGiven(_Named):
    """A Matrix room, its homeserver, and the access token of the account that speaks there."""

    channel: Literal["matrix"]
    homeserver_url: Url
    room_id: Annotated[str, StringConstraints(max_length=255, pattern=r"^![\x21-\x7e]+$")]
    access_token: Secret


class WebhookGiven(_Named):
    """An https endpoint; what is sent there is signed as Standard Webhooks says."""

    model_config = example(channel="webhook", label="Case system", url="https://hooks.example.org/vigil")

    channel: Literal["webhook"]
    url: Url


DestinationGiven = Annotated[WebhookGiven | SlackGiven | MatrixGiven | EmailGiven, Field(discriminator="channel")]


class DestinationChanges(Given):
    """What is to change."""

    model_config = example(label="Case system, new wing")

    label: Label


class TestQueued(Shown):
    """The delivery by which a test goes out; read it to see what became of it."""

    model_config = example(delivery_id=41, state="queued", url="/api/v1/deliveries/41")

    delivery_id: int
    state: DeliveryState
    url: str
