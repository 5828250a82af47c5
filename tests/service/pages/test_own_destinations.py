"""A webhook, a Slack channel or a Matrix room of one's own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts.facts import SignedWebhook, SlackWebhook
from service.records import Alert, Attempt, Delivery, Destination, Subscription
from service.security.addresses import opened
from service.vocabulary import AlertKind, AttemptOutcome, ChannelName, DestinationState, SubscriptionState
from tests.factories import make_destination
from tests.service.pages.conftest import Browser, later, rows
from tests.service.pages.visiting import a_reader, visit

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from service.clock import FixedClock
    from service.records import Case
    from service.security.encryption import Vault
    from service.web import Parts

pytestmark = pytest.mark.anyio
NEW = "/manage/alerts/destinations/new"
URL = "https://hooks.example.org/alerts"


@pytest.fixture
def reader(writing: sessionmaker[Session], vault: Vault, case: Case) -> Subscription:
    """Follows the case."""
    return a_reader(writing, vault, case)


async def add_webhook(browser: Browser, url: str = URL) -> str:
    """Add it; its secret, as the page shows it."""
    await browser.open(f"{NEW}/webhook")
    page = await browser.send(f"{NEW}/webhook", {"url": url})
    assert page.status_code == 200, page.text
    found = re.search(r"whsec_[\w+/=]+", page.text)
    assert found is not None
    return found.group()


def the_webhook(writing: sessionmaker[Session]) -> Destination:
    with writing() as session:
        return session.scalars(select(Destination).where(Destination.channel == ChannelName.WEBHOOK)).one()


async def test_a_webhook_hears_what_the_mailbox_hears_and_its_secret_is_shown_once(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session], vault: Vault
) -> None:
    await visit(browser, parts)
    secret = await add_webhook(browser)
    webhook = the_webhook(writing)
    assert opened(vault, webhook.channel, webhook.address_sealed, webhook.id) == SignedWebhook(URL, (secret,))
    with writing() as session:
        copy = session.scalars(select(Subscription).where(Subscription.destination_id == webhook.id)).one()
    assert (copy.case_id, copy.state, copy.least_level) == (
        reader.case_id,
        SubscriptionState.ACTIVE,
        reader.least_level,
    )
    page = await browser.open(f"/manage/alerts/destinations/{webhook.id}")
    assert "hooks.example.org/…" in page.text
    assert secret not in page.text
    assert "whsec" not in (await browser.open("/manage/alerts/data.json")).text


async def test_a_new_secret_signs_beside_the_old_one(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session], vault: Vault
) -> None:
    await visit(browser, parts)
    first = await add_webhook(browser)
    path = f"/manage/alerts/destinations/{the_webhook(writing).id}"
    await browser.open(path)
    page = await browser.send(f"{path}/secret")
    webhook = the_webhook(writing)
    address = opened(vault, webhook.channel, webhook.address_sealed, webhook.id)
    assert isinstance(address, SignedWebhook)
    assert address.secrets[1:] == (first,)
    assert address.secrets[0] in page.text


async def test_a_test_is_queued_and_the_receivers_own_answer_is_shown(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session], wall_clock: FixedClock
) -> None:
    await visit(browser, parts)
    await add_webhook(browser)
    path = f"/manage/alerts/destinations/{the_webhook(writing).id}"
    await browser.open(path)
    assert "The test is on its way" in (await browser.follow(await browser.send(f"{path}/test"))).text
    with writing.begin() as session:
        owed = session.scalars(
            select(Delivery).join(Alert, Alert.id == Delivery.alert_id).where(Alert.kind == AlertKind.DESTINATION_TEST)
        ).one()
        session.add(
            Attempt(
                delivery_id=owed.id, n=1, started_at=wall_clock.now(), outcome=AttemptOutcome.REFUSED, code=503,
                reason="The receiver is busy.", excerpt="<b>come back</b> later", worker="w",
            )
        )  # fmt: skip
    page = await browser.open(path)
    assert "Refused (<bdi>503</bdi>)" in page.text
    assert "&lt;b&gt;come back&lt;/b&gt; later" in page.text
    for _ in range(4):
        assert (await browser.send(f"{path}/test")).status_code == 303
    assert (await browser.send(f"{path}/test")).status_code == 429
    later(wall_clock, minutes=11)
    assert (await browser.send(f"{path}/test")).status_code == 303


@pytest.mark.parametrize(
    ("channel", "fields", "where"),
    [
        ("webhook", {"url": "http://hooks.example.org/x"}, "url"),
        ("webhook", {"url": "https://user:pw@hooks.example.org/x"}, "url"),
        ("webhook", {"url": ""}, "url"),
        ("webhook", {"url": "https://hooks.example.org/\x07"}, "url"),
        ("slack", {"url": "https://slack.example.org/services/T/B/x"}, "url"),
        (
            "matrix",
            {"homeserver_url": "http://127.0.0.1:8008", "room_id": "!a:b", "access_token": "t"},
            "homeserver_url",
        ),
        ("matrix", {"homeserver_url": "https://matrix.example.org", "room_id": "", "access_token": "t"}, "room_id"),
    ],
)
async def test_what_the_guarded_network_would_refuse_is_refused_here(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session], channel: str,
    fields: dict[str, str], where: str,
) -> None:  # fmt: skip
    await visit(browser, parts)
    await browser.open(f"{NEW}/{channel}")
    before = rows(writing)
    page = await browser.send(f"{NEW}/{channel}", fields)
    assert page.status_code == 422
    assert f'<a href="#{where}">' in page.text
    assert 'value="t"' not in page.text
    assert rows(writing) == before


async def test_an_address_of_somebody_else_is_refused_without_a_word_of_whom(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session], vault: Vault
) -> None:
    with writing.begin() as session:
        make_destination(session, vault, address=SignedWebhook(URL, ("whsec_x",)), label="The partner's")
    await visit(browser, parts)
    await browser.open(f"{NEW}/webhook")
    page = await browser.send(f"{NEW}/webhook", {"url": URL})
    assert page.status_code == 422
    assert "This address cannot be added" in page.text
    assert "partner" not in page.text


async def test_one_that_failures_switched_off_is_switched_on_by_its_owner(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session], clock: FixedClock
) -> None:
    await visit(browser, parts)
    await add_webhook(browser)
    with writing.begin() as session:
        webhook = session.get_one(Destination, the_webhook(writing).id)
        webhook.state, webhook.failures, webhook.first_failure_at = DestinationState.DISABLED, 9, clock.now()
    path = f"/manage/alerts/destinations/{webhook.id}"
    assert "Switched off" in (await browser.open(path)).text
    assert (await browser.send(f"{path}/test")).status_code == 409
    assert "It is tried again" in (await browser.follow(await browser.send(f"{path}/on"))).text
    on = the_webhook(writing)
    assert (on.state, on.failures, on.enabled_at) == (DestinationState.READY, 0, clock.now())


async def test_no_more_than_five(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session]
) -> None:
    await visit(browser, parts)
    for number in range(5):
        await add_webhook(browser, f"{URL}/{number}")
    await browser.open(f"{NEW}/webhook")
    assert (await browser.send(f"{NEW}/webhook", {"url": f"{URL}/6"})).status_code == 409


async def test_what_is_removed_takes_along_what_was_owed_to_it(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session]
) -> None:
    await visit(browser, parts)
    await add_webhook(browser)
    webhook = the_webhook(writing)
    path = f"/manage/alerts/destinations/{webhook.id}"
    await browser.open(path)
    await browser.send(f"{path}/test")
    page = await browser.open(f"{path}/remove")
    assert "not even what is waiting" in page.text
    assert "Removed." in (await browser.follow(await browser.send(f"{path}/remove"))).text
    with writing() as session:
        assert session.scalars(select(Delivery).where(Delivery.destination_id == webhook.id)).all() == []
        assert [one.id for one in session.scalars(select(Subscription))] == [reader.id]


async def test_another_readers_destination_and_ones_own_mailbox_are_missing_here(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session], vault: Vault
) -> None:
    with writing.begin() as session:
        foreign = make_destination(session, vault, address=SlackWebhook("https://hooks.slack.com/services/T/B/x"))
    await visit(browser, parts)
    before = rows(writing)
    for destination_id in (foreign.id, reader.destination_id):
        path = f"/manage/alerts/destinations/{destination_id}"
        assert (await browser.http.get(path)).status_code == 404
        for verb in ("test", "on", "secret", "remove"):
            assert (await browser.send(f"{path}/{verb}")).status_code == 404
    assert rows(writing) == before
