"""How much a message says is asked when somebody subscribes, and can be changed on their own page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from service.records import Destination, Subscription
from service.vocabulary import ChannelName, Detail
from tests.service.pages.test_own_destinations import add_webhook
from tests.service.pages.test_subscribing import ask, subscriptions
from tests.service.pages.visiting import a_reader, visit

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from service.clock import FixedClock
    from service.links import Links
    from service.records import Case
    from service.security.encryption import Vault
    from service.web import Parts
    from tests.service.pages.conftest import Browser

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("detail", Detail)
async def test_what_is_chosen_is_kept(
    browser: Browser, case: Case, wall_clock: FixedClock, writing: sessionmaker[Session], detail: Detail
) -> None:
    await browser.follow(await ask(browser, case, wall_clock, detail=detail.value))
    assert [one.detail for one in subscriptions(writing)] == [detail]


async def test_what_is_no_detail_is_refused_at_its_field(
    browser: Browser, case: Case, wall_clock: FixedClock, writing: sessionmaker[Session]
) -> None:
    answer = await ask(browser, case, wall_clock, detail="everything")
    assert answer.status_code == 422
    assert 'href="#detail"' in answer.text
    assert subscriptions(writing) == []


async def test_it_is_changed_on_the_own_page_and_shown_there(
    browser: Browser, parts: Parts, case: Case, writing: sessionmaker[Session], vault: Vault
) -> None:
    reader = a_reader(writing, vault, case)
    await visit(browser, parts)
    path = f"/manage/alerts/{reader.id}/change"
    await browser.open(path)
    wish = {"cadence": "immediate", "least_level": "upcoming"}
    assert (await browser.send(path, {**wish, "detail": "everything"})).status_code == 422
    page = await browser.follow(await browser.send(path, {**wish, "detail": "notice"}))
    assert "only that there is news" in page.text
    assert [one.detail for one in subscriptions(writing)] == [Detail.NOTICE]
    assert 'value="notice" checked' in (await browser.open(path)).text


async def test_a_destination_of_ones_own_is_told_no_more_than_the_mailbox(
    browser: Browser, parts: Parts, case: Case, writing: sessionmaker[Session], vault: Vault
) -> None:
    a_reader(writing, vault, case)
    with writing.begin() as session:
        session.execute(update(Subscription).values(detail=Detail.NOTICE))
    await visit(browser, parts)
    await add_webhook(browser)
    with writing() as session:
        of_webhook = (
            select(Subscription.detail)
            .join(Destination, Destination.id == Subscription.destination_id)
            .where(Destination.channel == ChannelName.WEBHOOK)
        )
        assert session.scalars(of_webhook).all() == [Detail.NOTICE]


async def test_the_stop_link_of_a_notice_opens_a_page_that_names_no_case(
    browser: Browser, case: Case, writing: sessionmaker[Session], vault: Vault, links: Links
) -> None:
    reader = a_reader(writing, vault, case)
    path = links.unsubscribe(reader.id).removeprefix("https://vigil.example.org")
    assert case.reference in (await browser.open(path)).text
    with writing.begin() as session:
        session.execute(update(Subscription).values(detail=Detail.NOTICE))
    page = await browser.open(path)
    stopped = await browser.follow(await browser.send(path))
    for text in (page.text, stopped.text):
        assert case.reference not in text
        assert case.slug not in text
        assert "something that you follow" in text
