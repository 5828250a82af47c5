"""The demo's synthetic readers: invented people at example.org, a Slack channel, a Matrix room and a signed webhook."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.facts import Level, MatrixRoom, SignedWebhook, SlackWebhook
from service.commands.confirm import confirm, subscription_and_case
from service.commands.destinations import add_destination
from service.commands.subscribe import subscribe
from service.commands.wishes import Wish
from service.links import CONFIRM
from service.records import Case, Subscription
from service.vocabulary import Cadence, ChannelName, SubscriptionState

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.facts import Address
    from service.demo.inbox import Inbox
    from service.demo.receivers import Receivers
    from service.web import Parts


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who follows one case by e-mail."""

    address: str
    case_reference: str
    cadence: Cadence
    language: str
    time_zone: str


READERS = (
    Reader("aigul@example.org", "KAZ-2014-003", Cadence.IMMEDIATE, "ru", "Asia/Almaty"),
    Reader("marek@example.org", "KAZ-2014-003", Cadence.IMMEDIATE, "en", "Europe/Warsaw"),
    Reader("nurse@example.org", "KAZ-2014-002", Cadence.IMMEDIATE, "en", "Europe/Zurich"),
    Reader("timur@example.org", "KAZ-2014-001", Cadence.IMMEDIATE, "ru", "Asia/Almaty"),
    Reader("lucie@example.org", "KAZ-2014-004", Cadence.WEEKLY, "en", "Europe/Brussels"),
    Reader("lawyer@example.org", "KAZ-2014-006", Cadence.DAILY, "ru", "Asia/Almaty"),
    Reader("desk@example.org", "KAZ-2014-015", Cadence.IMMEDIATE, "en", "Europe/Paris"),
)
COUNTRY = "KZ"
# What the organisation's own destinations hear: a whole country, from this level upwards.
ROOM_LEAST_LEVEL = Level.OVERDUE


def ask_to_subscribe(session: Session, parts: Parts, *, now: datetime) -> None:
    """Let every reader fill in the form of a case's public page; each is sent a confirmation."""
    for reader in READERS:
        case = session.scalars(select(Case).where(Case.reference == reader.case_reference)).one()
        subscribe(
            session,
            Wish(case_id=case.id, cadence=reader.cadence),
            address=reader.address,
            language=reader.language,
            time_zone=reader.time_zone,
            now=now,
            wall_now=parts.wall_clock.now(),
            vault=parts.vault,
        )


def press_the_buttons(session: Session, parts: Parts, inbox: Inbox, *, now: datetime) -> int:
    """Follow the link in every confirmation that arrived and press its button; returns how many were pressed."""
    pressed = 0
    marker = f"{parts.settings.public_url}/confirm/"
    for mail in inbox.of_channel("email"):
        token = next((word.removeprefix(marker) for word in mail.text.split() if word.startswith(marker)), None)
        if token is not None:
            subscription, _case = subscription_and_case(session, parts.signer.read(CONFIRM, token, now=now))
            confirm(session, subscription, now=now)
            pressed += 1
    return pressed


def add_rooms(session: Session, parts: Parts, receivers: Receivers, *, now: datetime) -> None:
    """Let a Slack channel, a Matrix room and a signed webhook follow the whole country."""
    rooms: dict[ChannelName, Address] = {
        ChannelName.SLACK: SlackWebhook(f"{receivers.origin}/services/T0DEMO/B0DEMO"),
        ChannelName.MATRIX: MatrixRoom(receivers.origin, "!prisoners:example.org", secrets.token_urlsafe(16)),
        ChannelName.WEBHOOK: SignedWebhook(f"{receivers.origin}/hooks/partner", (receivers.webhook_secret,)),
    }
    for channel, address in rooms.items():
        destination = add_destination(
            session,
            channel=channel,
            address=address,
            label=f"demo {channel}",
            language="en",
            time_zone="Europe/Warsaw",
            now=now,
            vault=parts.vault,
        )
        session.add(
            Subscription(
                subscriber_id=destination.subscriber_id,
                destination_id=destination.id,
                country=COUNTRY,
                least_level=ROOM_LEAST_LEVEL,
                state=SubscriptionState.ACTIVE,
                confirmed_at=now,
                created_at=now,
            )
        )
