"""Asking for alerts, confirming and stopping, by forms alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts.facts import EmailAddress
from service.records import Alert, Delivery, Destination, Subscription
from service.security.addresses import index_of
from service.vocabulary import AlertKind, Cadence, ChannelName, DestinationState, SubscriptionState
from tests.factories import make_destination, make_subscription
from tests.service.pages.conftest import ORIGIN, Browser, later, rows

if TYPE_CHECKING:
    import httpx
    from sqlalchemy.orm import Session, sessionmaker

    from service.clock import FixedClock
    from service.links import Links
    from service.records import Case
    from service.security.encryption import Vault

pytestmark = pytest.mark.anyio
WISH = {
    "address": "reader@example.org",
    "cadence": "daily",
    "least_level": "overdue",
    "language": "en",
    "time_zone": "Asia/Almaty",
}
# What carries the wish from page to page, what a form is known by, and the address that the reader typed.
PERSONAL = re.compile(
    r"wish=[\w-]+|value=\"[\w.-]{40,}\"|content-length', '\d+'|(unknown|known|following|refused)@example\.org"
)


async def ask(browser: Browser, case: Case, wall_clock: FixedClock, **changed: str) -> httpx.Response:
    await browser.open(f"/subscribe?case={case.slug}")
    later(wall_clock, seconds=5)
    return await browser.send("/subscribe", {**WISH, **changed})


def subscriptions(writing: sessionmaker[Session]) -> list[Subscription]:
    with writing() as session:
        return list(session.scalars(select(Subscription).order_by(Subscription.id)))


def mails(writing: sessionmaker[Session]) -> list[AlertKind]:
    with writing() as session:
        return list(
            session.scalars(select(Alert.kind).join(Delivery, Delivery.alert_id == Alert.id).order_by(Delivery.id))
        )


async def test_a_wish_is_pending_and_one_question_is_queued(
    browser: Browser, case: Case, wall_clock: FixedClock, writing: sessionmaker[Session], vault: Vault
) -> None:
    page = await browser.follow(await ask(browser, case, wall_clock, language="ru"))
    assert "Check your e-mail" in page.text
    [subscription] = subscriptions(writing)
    assert (subscription.state, subscription.cadence) == (SubscriptionState.PENDING, Cadence.DAILY)
    assert mails(writing) == [AlertKind.CONFIRMATION]
    with writing() as session:
        destination = session.scalars(select(Destination)).one()
        assert destination.state is DestinationState.PENDING
        assert "reader" not in destination.address_sealed
        assert destination.address_hmac == index_of(vault, ChannelName.EMAIL, EmailAddress("reader@example.org"))
        assert session.scalars(select(Delivery)).one().language == "ru"


async def test_the_answer_has_the_same_bytes_for_known_unknown_and_subscribed_addresses(
    browser: Browser, case: Case, wall_clock: FixedClock, writing: sessionmaker[Session], vault: Vault
) -> None:
    with writing.begin() as session:
        make_destination(session, vault, address=EmailAddress("known@example.org"))
        following = make_destination(session, vault, address=EmailAddress("following@example.org"))
        make_destination(session, vault, address=EmailAddress("refused@example.org"), state=DestinationState.DISABLED)
        make_subscription(session, vault, case=case, destination=following)
    answers = set()
    for name in ("unknown", "known", "following", "refused"):
        answer = await ask(browser, case, wall_clock, address=f"{name}@example.org")
        page = await browser.follow(answer)
        answers.add((answer.status_code, without(str(sorted(answer.headers.items()))), without(page.text)))
        assert answer.content == b""
    assert len(answers) == 1
    assert mails(writing) == [AlertKind.CONFIRMATION, AlertKind.CONFIRMATION, AlertKind.ALREADY_FOLLOWING]


def without(text: str) -> str:
    """The text without what is different for the same reader too."""
    return PERSONAL.sub("", text)


async def test_a_mailbox_gets_three_mails_a_day_whatever_its_spelling(
    browser: Browser, case: Case, wall_clock: FixedClock, writing: sessionmaker[Session]
) -> None:
    spellings = ("reader", "Reader", "re.ader", "reader+one", "READER", "r.e.a.d.e.r+two")
    for spelling in spellings:
        assert (await ask(browser, case, wall_clock, address=f"{spelling}@example.org")).status_code == 303
    assert len(mails(writing)) == 3
    later(wall_clock, hours=25)
    await ask(browser, case, wall_clock)
    assert len(mails(writing)) == 4


@pytest.mark.parametrize(
    "address", ["", "reader", "reader@", "a b@example.org", "reader@example.org\r\nBcc: x@example.org"]
)
async def test_a_bad_address_is_explained_and_the_entries_are_kept(
    browser: Browser, case: Case, wall_clock: FixedClock, writing: sessionmaker[Session], address: str
) -> None:
    page = await ask(browser, case, wall_clock, address=address, language="ru")
    assert page.status_code == 422
    assert "<title>Error: " in page.text
    assert '<a href="#address">Write the full address' in page.text
    assert 'value="weekly"' in page.text
    assert 'value="daily" checked' in page.text
    assert 'value="ru" lang="ru" selected' in page.text
    assert subscriptions(writing) == []


async def test_programs_that_fill_every_field_change_nothing_and_learn_nothing(
    browser: Browser, case: Case, wall_clock: FixedClock, writing: sessionmaker[Session]
) -> None:
    honest = await ask(browser, case, wall_clock)
    before = rows(writing)
    trapped = await ask(browser, case, wall_clock, address="other@example.org", website="https://spam.example.org")
    assert trapped.status_code == honest.status_code
    assert without(str(trapped.headers)) == without(str(honest.headers))
    # That a form came is counted; what it held is not.
    assert {**rows(writing), "rate_limit": []} == {**before, "rate_limit": []}


async def test_a_form_sent_within_a_second_is_asked_for_again(
    browser: Browser, case: Case, writing: sessionmaker[Session]
) -> None:
    await browser.open(f"/subscribe?case={case.slug}")
    page = await browser.send("/subscribe", WISH)
    assert page.status_code == 422
    assert "That was very quick" in page.text
    assert subscriptions(writing) == []


async def test_only_the_button_starts_the_alerts(
    browser: Browser,
    case: Case,
    clock: FixedClock,
    wall_clock: FixedClock,
    writing: sessionmaker[Session],
    links: Links,
) -> None:
    await ask(browser, case, wall_clock)
    [subscription] = subscriptions(writing)
    path = links.confirm(subscription.id, expires_at=clock.now().replace(month=12)).removeprefix(ORIGIN)
    page = await browser.open(path)
    assert "One more step" in page.text
    assert "r…@example.org" in page.text
    assert "reader@example.org" not in page.text
    assert subscriptions(writing)[0].state is SubscriptionState.PENDING
    for _ in range(2):
        on = await browser.follow(await browser.send(path))
        assert "Alerts are on" in on.text
        await browser.open(f"/subscribe?case={case.slug}")  # a form with a token to send
    [subscription] = subscriptions(writing)
    assert (subscription.state, subscription.confirmed_at) == (SubscriptionState.ACTIVE, clock.now())
    with writing() as session:
        assert session.scalars(select(Destination.state)).one() is DestinationState.READY


async def test_an_expired_link_offers_a_new_one(
    browser: Browser,
    case: Case,
    clock: FixedClock,
    wall_clock: FixedClock,
    writing: sessionmaker[Session],
    links: Links,
) -> None:
    await ask(browser, case, wall_clock)
    [subscription] = subscriptions(writing)
    path = links.confirm(subscription.id, expires_at=clock.now().replace(day=27)).removeprefix(ORIGIN)
    later(clock, days=8)
    page = await browser.open(path)
    assert page.status_code == 410
    assert "Send a new link" in page.text
    assert (await browser.send(path)).status_code == 303
    assert subscriptions(writing)[0].state is SubscriptionState.PENDING
    sent = await browser.follow(await browser.send(f"{path}/again"))
    assert "one more is on its way" in sent.text
    assert mails(writing) == [AlertKind.CONFIRMATION, AlertKind.CONFIRMATION]


async def test_a_mailbox_that_was_off_speaks_again_once_its_button_was_pressed(
    browser: Browser,
    case: Case,
    clock: FixedClock,
    wall_clock: FixedClock,
    writing: sessionmaker[Session],
    vault: Vault,
    links: Links,
) -> None:
    with writing.begin() as session:
        bounced = make_destination(session, vault, address=EmailAddress(WISH["address"]))
        make_subscription(session, vault, case=case, destination=bounced)
        bounced.state, bounced.failures, bounced.first_failure_at = DestinationState.DISABLED, 1, clock.now()
        bounced.last_failure_at = bounced.disabled_at = clock.now()
    await ask(browser, case, wall_clock)
    assert mails(writing) == [AlertKind.CONFIRMATION]
    [subscription] = subscriptions(writing)
    assert subscription.state is SubscriptionState.PENDING
    with writing() as session:
        waiting = session.get_one(Destination, bounced.id)
        assert (waiting.state, waiting.failures, waiting.verified_at) == (DestinationState.PENDING, 0, None)
    path = links.confirm(subscription.id, expires_at=clock.now().replace(month=12)).removeprefix(ORIGIN)
    await browser.open(path)
    await browser.send(path)
    assert subscriptions(writing)[0].state is SubscriptionState.ACTIVE
    with writing() as session:
        on = session.get_one(Destination, bounced.id)
        assert (on.state, on.verified_at) == (DestinationState.READY, clock.now())


@pytest.mark.parametrize("label", ["", "Team"], ids=["by nobody's failures", "the organisation's"])
async def test_what_somebody_switched_off_is_not_switched_on_by_a_form(
    browser: Browser, case: Case, wall_clock: FixedClock, writing: sessionmaker[Session], vault: Vault, label: str
) -> None:
    with writing.begin() as session:
        off = make_destination(
            session, vault, address=EmailAddress(WISH["address"]), label=label, state=DestinationState.DISABLED
        )
        off.first_failure_at = wall_clock.now() if label else None
    await ask(browser, case, wall_clock)
    assert mails(writing) == []
    with writing() as session:
        assert session.get_one(Destination, off.id).state is DestinationState.DISABLED


async def test_stopping_twice_is_stopping_once_and_can_be_undone(
    browser: Browser, case: Case, writing: sessionmaker[Session], vault: Vault, links: Links
) -> None:
    with writing.begin() as session:
        subscription_id = make_subscription(session, vault, case=case).id
    path = links.unsubscribe(subscription_id).removeprefix(ORIGIN)
    assert "Stop this case" in (await browser.open(path)).text
    for _ in range(2):
        assert "Alerts are off" in (await browser.follow(await browser.send(path))).text
    assert subscriptions(writing)[0].state is SubscriptionState.ENDED
    assert "Stop this case" in (await browser.follow(await browser.send(f"{path}/on"))).text
    assert subscriptions(writing)[0].state is SubscriptionState.ACTIVE


@pytest.mark.parametrize("multipart", [False, True])
async def test_one_click_stops_without_cookie_form_token_or_redirect(
    browser: Browser, case: Case, writing: sessionmaker[Session], vault: Vault, links: Links, multipart: bool
) -> None:
    with writing.begin() as session:
        subscription_id = make_subscription(session, vault, case=case).id
    path = links.unsubscribe(subscription_id).removeprefix(ORIGIN)
    for _ in range(2):
        if multipart:
            answer = await browser.http.post(path, files={"List-Unsubscribe": (None, "One-Click")})
        else:
            answer = await browser.http.post(path, data={"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, answer.content) == (200, b"")
    assert subscriptions(writing)[0].state is SubscriptionState.ENDED


@pytest.mark.parametrize("path", ["/confirm/{}", "/u/{}"])
async def test_a_cut_link_says_to_copy_all_of_it(browser: Browser, path: str) -> None:
    page = await browser.open(path.format("WzEsbnVsbF0.wrong"))
    assert page.status_code == 404
    assert "copy all of it" in page.text


async def test_a_case_that_is_not_public_is_missing_here(browser: Browser, writing: sessionmaker[Session]) -> None:
    from alerts.facts import Tier
    from tests.factories import make_case

    with writing.begin() as session:
        hidden = make_case(session, tier=Tier.RESTRICTED)
    page = await browser.open(f"/c/{hidden.slug}")
    missing = await browser.open("/c/kaz-2099-000")
    assert page.status_code == missing.status_code == 404
    assert page.text.replace(hidden.slug, "") == missing.text.replace("kaz-2099-000", "")
    assert (await browser.open(f"/subscribe?case={hidden.slug}")).status_code == 404
