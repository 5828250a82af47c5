"""Scanners that follow every link of every mail change nothing; one click, and only that, unsubscribes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import pytest
from sqlalchemy import func, select

from service.app import create_app
from service.records import Alert, Delivery, Subscription
from service.vocabulary import AlertKind, DeliveryState, Detail, SubscriptionState
from tests.journeys.every_mail import every_mail
from tests.journeys.test_subscribing import text_of
from tests.service.pages.conftest import ORIGIN, rows

if TYPE_CHECKING:
    from email.message import EmailMessage

    from sqlalchemy.orm import Session, sessionmaker

    from tests.journeys.conftest import Installation

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]
URL = re.compile(rf"{re.escape(ORIGIN)}[^\s\"'<>]*")


def urls_of(mail: EmailMessage) -> set[str]:
    """Every URL of ours in a mail: headers, text and HTML."""
    html = mail.get_body(("html",))
    assert html is not None
    said = [text_of(mail), str(html.get_content()).replace("&amp;", "&"), *(str(value) for value in mail.values())]
    return {url.rstrip(">,") for text in said for url in URL.findall(text)}


def assert_every_kind_was_sent(writing: sessionmaker[Session], mails: list[EmailMessage]) -> None:
    """Whoever adds a kind of mail adds it to what scanners are shown."""
    accepted = Delivery.state == DeliveryState.ACCEPTED
    with writing() as session:
        kinds = session.scalars(select(Alert.kind).join(Delivery).where(accepted).distinct()).all()
        details = session.scalars(select(Delivery.detail).where(accepted, Delivery.digest_id.is_not(None))).all()
        assert session.scalar(select(func.count()).where(accepted)) == len(mails)
    assert set(kinds) == set(AlertKind)
    assert set(details) == set(Detail)
    [without_content] = [mail for mail in mails if "it expired on" in text_of(mail)][:1]
    assert any("/key/" in url for url in urls_of(without_content))


async def look(installation: Installation, urls: set[str]) -> dict[int, int]:
    """What two scanners at two addresses do: fetch everything, twice, in every way that is safe; the answers counted."""
    statuses: dict[int, int] = {}
    for host in ("192.0.2.7", "2001:db8::7"):
        transport = httpx.ASGITransport(create_app(installation.parts), client=(host, 1234))
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as scanner:
            for url in sorted(urls) * 2:
                for method in ("GET", "HEAD", "OPTIONS"):
                    answer = await scanner.request(method, url, headers={"User-Agent": "a scanner"})
                    assert answer.status_code < 500, (method, url)
                    statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
    return statuses


async def test_scanners_that_follow_every_link_of_every_mail_change_nothing_and_one_click_unsubscribes(
    installation: Installation, writing: sessionmaker[Session]
) -> None:
    mails = await every_mail(installation)
    assert_every_kind_was_sent(writing, mails)
    urls = set().union(*(urls_of(mail) for mail in mails))
    before = rows(writing)
    statuses = await look(installation, urls)
    assert rows(writing) == before
    assert statuses[200] >= 4 * len(urls), statuses  # GET and HEAD find a page

    for mail in mails:
        if mail["List-Unsubscribe"]:
            header = str(mail["List-Unsubscribe"]).partition(">")[0].removeprefix("<")
            answer = await installation.browser.http.post(header, data={"List-Unsubscribe": "One-Click"})
            assert (answer.status_code, answer.content) == (200, b"")
    with writing() as session:
        assert session.scalars(select(Subscription).where(Subscription.state != SubscriptionState.ENDED)).all() == []
