"""What the tests of a subscriber's own page share: a reader who follows a case, and whose page is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from service.links import MANAGE
from service.records import ManageVisit
from tests.factories import make_destination, make_subscription

if TYPE_CHECKING:
    from datetime import datetime

    import httpx
    from sqlalchemy.orm import Session, sessionmaker

    from service.records import Case, Subscription
    from service.security.encryption import Vault
    from service.web import Parts
    from tests.service.pages.conftest import Browser

ADDRESS = "reader@example.org"


def a_reader(writing: sessionmaker[Session], vault: Vault, case: Case, address: str = ADDRESS) -> Subscription:
    """Somebody who follows the case by mail."""
    from alerts.facts import EmailAddress

    with writing.begin() as session:
        mailbox = make_destination(session, vault, address=EmailAddress(address))
        return make_subscription(session, vault, case=case, destination=mailbox)


def link_to_open(parts: Parts, *, now: datetime) -> str:
    """The path that the newest link in the post leads to."""
    from datetime import timedelta

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
