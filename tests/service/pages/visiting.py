"""What the tests of a subscriber's own page share: a reader who follows a case, and whose page is open."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.facts import EmailAddress
from service.commands.feed_tokens import make_feed_token
from service.commands.openpgp_keys import set_key
from service.commands.timetables import change_timetable
from service.links import MANAGE
from service.records import (
    AddressChange,
    Attempt,
    BounceScore,
    Ciphertext,
    Destination,
    Digest,
    DigestItem,
    ManageVisit,
    Suppression,
)
from service.records.base import new_id
from service.vocabulary import Cadence, SuppressionReason
from tests.factories import make_destination, make_subscription
from tests.returned import make_delivery

if TYPE_CHECKING:
    from datetime import datetime

    import httpx
    from sqlalchemy.orm import Session, sessionmaker

    from service.links import Links
    from service.records import Case, Subscription
    from service.security.encryption import Vault
    from service.web import Parts
    from tests.service.pages.conftest import Browser

ADDRESS = "reader@example.org"
_KEYS = Path(__file__).parents[2] / "alerts" / "channels" / "keys"
KEY = (_KEYS / "good.asc").read_text(encoding="ascii")
FINGERPRINT = "6038 56D0 87CB EDDF 5F85 AF89 8C81 3080 54B2 00A3"


def a_reader(writing: sessionmaker[Session], vault: Vault, case: Case, address: str = ADDRESS) -> Subscription:
    """Somebody who follows the case by mail."""
    with writing.begin() as session:
        mailbox = make_destination(session, vault, address=EmailAddress(address))
        return make_subscription(session, vault, case=case, destination=mailbox)


def with_everything(session: Session, vault: Vault, links: Links, reader: Subscription, *, now: datetime) -> None:
    """Give the reader a row in every table that can have one about them."""
    destination = session.get_one(Destination, reader.destination_id)
    subscriber_id = reader.subscriber_id
    hours = {
        "digest_hour": 7, "digest_weekday": 5, "quiet_from": time(22), "quiet_until": time(6, 30), "critical_may_wake": False,
    }  # fmt: skip
    change_timetable(session, destination.subscriber, hours, now=now)
    set_key(session, subscriber_id, KEY, now=now, vault=vault)
    make_feed_token(session, subscriber_id, now=now, links=links)
    suppression_of = {"address_hmac": destination.address_hmac, "reason": SuppressionReason.COMPLAINT}
    session.add(Suppression(id=new_id(), created_at=now, **suppression_of))
    delivery = make_delivery(session, destination, sent_at=now)
    digest = Digest(
        subscriber_id=subscriber_id, destination_id=destination.id, cadence=Cadence.DAILY,
        period_start=now - timedelta(days=1), period_end=now,
    )  # fmt: skip
    new = make_destination(session, vault, address=EmailAddress("another@example.org"))
    session.add(digest)
    session.flush()
    session.add_all(
        [
            BounceScore(destination_id=destination.id, points=2, last_at=now),
            Attempt(delivery_id=delivery.id, n=1, started_at=now, worker="w"),
            Ciphertext(delivery_id=delivery.id, made_from_hmac="0" * 64, armoured="-----BEGIN PGP MESSAGE-----"),
            DigestItem(
                digest_id=digest.id, alert_id=delivery.alert_id, destination_id=destination.id,
                subscription_id=reader.id,
            ),
            AddressChange(destination_id=destination.id, other_id=new.id, asked_at=now),
        ]
    )  # fmt: skip


def link_to_open(parts: Parts, *, now: datetime) -> str:
    """The path that the newest link in the post leads to."""
    with parts.reading() as session:
        visit = session.scalars(select(ManageVisit).order_by(ManageVisit.id.desc()).limit(1)).one()
    return f"/manage/open/{parts.signer.sign(MANAGE, str(visit.id), expires_at=now + timedelta(hours=24))}"


async def visit(browser: Browser, parts: Parts, address: str = ADDRESS) -> httpx.Response:
    """Ask for the link, follow it, press its button: the own page."""
    await browser.open("/manage")
    await browser.send("/manage", {"address": address})
    path = link_to_open(parts, now=parts.wall_clock.now())
    await browser.open(path)
    return await browser.follow(await browser.send(path))
