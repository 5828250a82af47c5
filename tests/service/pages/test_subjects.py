"""A country or one kind of date is followed like a case; a button stops, pauses and turns on again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts.facts import Level
from service.records import Destination, Subscription
from service.vocabulary import SubscriptionState
from tests.factories import make_subscription
from tests.service.pages.conftest import ORIGIN, Browser, later
from tests.service.pages.test_subscribing import WISH, mails, subscriptions
from tests.service.pages.visiting import a_reader

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from service.clock import FixedClock
    from service.links import Links
    from service.records import Case
    from service.security.encryption import Vault

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("query", "said", "column"),
    [
        ("country=KZ", "all cases in Kazakhstan", ("country", "KZ")),
        ("kind=court_hearing", "all cases: court hearing", ("follow_up_kind", "court_hearing")),
    ],
)
async def test_a_country_and_a_kind_of_date_are_followed_from_a_level_on(
    browser: Browser, case: Case, clock: FixedClock, wall_clock: FixedClock, writing: sessionmaker[Session],
    links: Links, query: str, said: str, column: tuple[str, str],
) -> None:  # fmt: skip
    assert f"/subscribe?{query}" in (await browser.open("/follow")).text
    assert said in (await browser.open(f"/subscribe?{query}")).text
    later(wall_clock, seconds=5)
    sent = await browser.follow(await browser.send("/subscribe", WISH))
    assert said in sent.text
    [wish] = subscriptions(writing)
    assert (getattr(wish, column[0]), wish.case_id, wish.least_level) == (column[1], None, Level.OVERDUE)
    path = links.confirm(wish.id, expires_at=clock.now().replace(month=12)).removeprefix(ORIGIN)
    assert said in (await browser.open(path)).text
    assert said in (await browser.follow(await browser.send(path))).text
    assert len(mails(writing)) == 1


@pytest.mark.parametrize(
    "query", ["", "country=XX", "country=DE", "kind=dentist", "kind=consent_review", "case=nothing"]
)
async def test_what_is_not_there_cannot_be_followed(browser: Browser, case: Case, query: str) -> None:
    assert (await browser.open(f"/subscribe?{query}")).status_code == 404


async def test_a_pause_of_three_months_and_back(
    browser: Browser, case: Case, clock: FixedClock, writing: sessionmaker[Session], vault: Vault, links: Links
) -> None:
    reader = a_reader(writing, vault, case)
    path = links.unsubscribe(reader.id).removeprefix(ORIGIN)
    await browser.open(path)
    page = await browser.follow(await browser.send(f"{path}/pause"))
    assert "Alerts are paused" in page.text
    [paused] = subscriptions(writing)
    assert paused.paused_until is not None
    assert (paused.paused_until - clock.now()).days == 91
    assert "Stop this case" in (await browser.follow(await browser.send(f"{path}/on"))).text
    assert subscriptions(writing)[0].paused_until is None


async def test_stopping_everything_stops_this_reader_alone(
    browser: Browser, case: Case, writing: sessionmaker[Session], vault: Vault, links: Links
) -> None:
    reader = a_reader(writing, vault, case)
    other = a_reader(writing, vault, case, "other@example.org")
    with writing.begin() as session:
        make_subscription(session, vault, country="KZ", destination=session.get_one(Destination, reader.destination_id))
    path = links.unsubscribe(reader.id).removeprefix(ORIGIN)
    await browser.open(path)
    page = await browser.follow(await browser.send(f"{path}/all"))
    assert "Alerts are off" in page.text
    with writing() as session:
        heard = session.scalars(select(Subscription.id).where(Subscription.state == SubscriptionState.ACTIVE)).all()
    assert heard == [other.id]
    assert "Stop this case" in (await browser.follow(await browser.send(f"{path}/on"))).text
