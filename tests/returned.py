"""Mails that come back, written to the addresses of an installation of the tests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alerts.facts import Tier
from service.records import Alert, Delivery
from service.records.base import new_id
from service.security.return_addresses import ReturnAddresses
from service.vocabulary import AlertKind, DeliveryState

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.records import Destination
    from service.security.encryption import Vault

MAILS = Path(__file__).parent / "alerts" / "mails"
DOMAIN = "returns.example.org"


def make_delivery(session: Session, destination: Destination, *, sent_at: datetime) -> Delivery:
    """A delivery that a server accepted at that instant."""
    alert = Alert(dedupe_key=str(new_id()), kind=AlertKind.FOLLOW_UP, tier=Tier.PUBLIC, facts={}, created_at=sent_at)
    session.add(alert)
    session.flush()
    delivery = Delivery(
        alert_id=alert.id, destination_id=destination.id, channel=destination.channel, language="en", time_zone="UTC",
        tier=Tier.PUBLIC, due_at=sent_at, state=DeliveryState.ACCEPTED, open=False, attempts=1,
        first_attempt_at=sent_at, finished_at=sent_at,
    )  # fmt: skip
    session.add(delivery)
    session.flush()
    return delivery


def returned(
    name: str, vault: Vault, *, delivery: int = 0, subscription: int = 0, of_summaries: bool = False, number: int = 1
) -> bytes:
    """A mail of the corpus about this delivery or subscription, or all summaries beside it; another `number` is another mail."""
    ours = ReturnAddresses.of(vault, DOMAIN)
    verp = ours.bounce(delivery)
    stop = ours.stop_summaries(subscription) if of_summaries else ours.stop(subscription)
    text = (MAILS / f"{name}.eml").read_text(encoding="utf-8")
    token = stop.partition("@")[0].removeprefix("u+")
    for place, value in (("verp", verp), ("stop_token", token), ("stop", stop)):
        text = text.replace(f"{{{place}}}", value)
    for header in ("Message-ID: <", "Message-Id: <"):
        text = text.replace(header, f"{header}{number}.", 1)
    return text.replace("\n", "\r\n").encode()
