"""A subscriber's own page: the door, each subscription, language and zone, the address, the data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts.facts import EmailAddress, Level
from service.commands.address_changes import forget_old_addresses
from service.links import ADDRESS as ADDRESS_LINK
from service.records import (
    AddressChange,
    Alert,
    Delivery,
    Destination,
    ManageVisit,
    Member,
    Subscriber,
    Subscription,
)
from service.security.addresses import index_of, opened
from service.vocabulary import AlertKind, Cadence, ChannelName, SubscriptionState
from tests.factories import make_destination, make_subscription
from tests.service.pages.conftest import Browser, later, rows
from tests.service.pages.conftest import Member as Staff
from tests.service.pages.visiting import ADDRESS, a_reader, link_to_open, visit

if TYPE_CHECKING:
    from fastapi import FastAPI
    from sqlalchemy.orm import Session, sessionmaker

    from service.clock import FixedClock
    from service.records import Case
    from service.security.encryption import Vault
    from service.web import Parts

pytestmark = pytest.mark.anyio


@pytest.fixture
def reader(writing: sessionmaker[Session], vault: Vault, case: Case) -> Subscription:
    """Follows the case."""
    return a_reader(writing, vault, case)


def kinds(writing: sessionmaker[Session]) -> list[AlertKind]:
    with writing() as session:
        query = select(Alert.kind).join(Delivery, Delivery.alert_id == Alert.id).order_by(Delivery.id)
        return list(session.scalars(query))


def now_of(writing: sessionmaker[Session], reader: Subscription) -> Subscription:
    with writing() as session:
        return session.get_one(Subscription, reader.id)


async def test_the_door_says_the_same_to_known_and_unknown_addresses_and_writes_only_to_the_known(
    browser: Browser, reader: Subscription, writing: sessionmaker[Session]
) -> None:
    answers = set()
    for address in (ADDRESS, "nobody@example.org"):
        await browser.open("/manage")
        answer = await browser.send("/manage", {"address": address})
        page = await browser.follow(answer)
        answers.add((answer.status_code, str(sorted(answer.headers.items())), answer.content, page.content))
    assert len(answers) == 1
    assert kinds(writing) == [AlertKind.MANAGE_LINK]


async def test_a_form_of_a_program_and_a_bad_address_write_to_nobody(
    browser: Browser, reader: Subscription, writing: sessionmaker[Session]
) -> None:
    await browser.open("/manage")
    assert (await browser.send("/manage", {"address": ADDRESS, "website": "x"})).status_code == 303
    bad = await browser.send("/manage", {"address": "reader@"})
    assert bad.status_code == 422
    assert '<a href="#address">Write the full address' in bad.text
    assert kinds(writing) == []


async def test_the_organisations_own_mailboxes_have_no_such_page(
    browser: Browser, writing: sessionmaker[Session], vault: Vault
) -> None:
    with writing.begin() as session:
        make_destination(session, vault, address=EmailAddress("team@example.org"), label="Team")
    await browser.open("/manage")
    await browser.send("/manage", {"address": "team@example.org"})
    assert kinds(writing) == []


async def test_a_link_opens_one_hour_once(
    browser: Browser, parts: Parts, reader: Subscription, wall_clock: FixedClock
) -> None:
    await browser.open("/manage")
    await browser.send("/manage", {"address": ADDRESS})
    path = link_to_open(parts, now=wall_clock.now())
    for _ in range(2):
        assert "Open my page" in (await browser.open(path)).text
    pressed = await browser.send(path)
    cookie = pressed.headers["set-cookie"]
    assert cookie.startswith("__Secure-vigil-visit=")
    assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/manage/alerts"} <= set(cookie.split("; "))
    assert "Path=/;" not in cookie
    assert "What you get" in (await browser.follow(pressed)).text
    again = await browser.open(path)
    assert again.status_code == 410
    assert "This link has been used" in again.text
    later(wall_clock, minutes=61)
    assert "Your hour is over" in (await browser.follow(await browser.http.get("/manage/alerts"))).text


async def test_two_who_press_at_once_do_not_both_get_in(
    browser: Browser, parts: Parts, reader: Subscription, wall_clock: FixedClock
) -> None:
    await browser.open("/manage")
    await browser.send("/manage", {"address": ADDRESS})
    path = link_to_open(parts, now=wall_clock.now())
    await browser.open(path)
    first, second = await browser.send(path), await browser.send(path)
    assert "set-cookie" in first.headers
    assert "set-cookie" not in second.headers


async def test_a_link_is_too_old_after_a_day(
    browser: Browser, parts: Parts, reader: Subscription, wall_clock: FixedClock
) -> None:
    await browser.open("/manage")
    await browser.send("/manage", {"address": ADDRESS})
    path = link_to_open(parts, now=wall_clock.now())
    later(wall_clock, hours=25)
    assert (await browser.open(path)).status_code == 410


async def test_leaving_ends_the_hour_for_a_stolen_cookie_too(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session]
) -> None:
    await visit(browser, parts)
    stolen = dict(browser.http.cookies)
    await browser.follow(await browser.send("/manage/alerts/end"))
    browser.http.cookies.update(stolen)
    assert (await browser.http.get("/manage/alerts")).status_code == 303
    with writing() as session:
        assert session.scalars(select(ManageVisit)).all() == []


async def test_the_page_shows_each_subscription_and_the_last_messages(
    browser: Browser, parts: Parts, reader: Subscription, case: Case
) -> None:
    page = await visit(browser, parts)
    assert f"case {case.reference}" in page.text
    assert "already before the date" in page.text
    assert "r…@example.org" in page.text
    assert ADDRESS not in page.text
    assert "Link to your page" in page.text
    assert "Waiting" in page.text


async def test_each_subscription_is_changed_paused_resumed_and_stopped(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session], clock: FixedClock
) -> None:
    await visit(browser, parts)
    base = f"/manage/alerts/{reader.id}"
    await browser.open(f"{base}/change")
    wrong = await browser.send(f"{base}/change", {"cadence": "hourly", "least_level": "overdue"})
    assert wrong.status_code == 422
    done = await browser.follow(await browser.send(f"{base}/change", {"cadence": "weekly", "least_level": "overdue"}))
    assert "Changed. It holds" in done.text
    changed = now_of(writing, reader)
    assert (changed.cadence, changed.least_level, changed.changed_at) == (Cadence.WEEKLY, Level.OVERDUE, clock.now())

    await browser.open(f"{base}/pause")
    for day in (
        {"day": "31", "month": "2"},
        {"day": "1", "month": "1", "year": "2014"},
        {"day": "x"},
        {"year": "2099"},
    ):
        refused = await browser.send(f"{base}/pause", {"day": "1", "month": "2", "year": "2015", **day})
        assert refused.status_code == 422, day
    paused = await browser.follow(await browser.send(f"{base}/pause", {"day": "1", "month": "2", "year": "2015"}))
    assert "Paused until" in paused.text
    # midnight in Berlin
    assert now_of(writing, reader).paused_until == datetime(2015, 1, 31, 23, tzinfo=UTC)
    await browser.follow(await browser.send(f"{base}/resume"))
    assert now_of(writing, reader).paused_until is None

    stopped = await browser.follow(await browser.send(f"{base}/stop"))
    assert "You get no alerts." in stopped.text
    assert now_of(writing, reader).state is SubscriptionState.ENDED


async def test_another_readers_subscription_is_missing_byte_for_byte(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session], vault: Vault, case: Case
) -> None:
    other = a_reader(writing, vault, case, "other@example.org")
    await visit(browser, parts)
    before = rows(writing)
    for verb in ("change", "pause"):
        theirs = await browser.http.get(f"/manage/alerts/{other.id}/{verb}")
        none = await browser.http.get(f"/manage/alerts/{other.id + 99}/{verb}")
        assert theirs.status_code == none.status_code == 404
        assert theirs.text.replace(f"/{other.id}/", "") == none.text.replace(f"/{other.id + 99}/", "")
    for verb in ("change", "pause", "resume", "stop"):
        assert (await browser.send(f"/manage/alerts/{other.id}/{verb}")).status_code == 404
    assert rows(writing) == before


async def test_language_and_zone_are_the_readers_own(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session]
) -> None:
    await visit(browser, parts)
    await browser.open("/manage/alerts/reader")
    assert (await browser.send("/manage/alerts/reader", {"language": "xx", "time_zone": "Moon"})).status_code == 422
    await browser.follow(await browser.send("/manage/alerts/reader", {"language": "ru", "time_zone": "Asia/Almaty"}))
    with writing() as session:
        changed = session.get_one(Subscriber, reader.subscriber_id)
        assert (changed.language, changed.time_zone) == ("ru", "Asia/Almaty")


async def ask_for(browser: Browser, reader: Subscription, address: str) -> None:
    path = f"/manage/alerts/address/{reader.destination_id}"
    await browser.open(path)
    page = await browser.follow(await browser.send(path, {"address": address}))
    assert "We wrote to the new address" in page.text


def change_link(parts: Parts) -> str:
    with parts.reading() as session:
        change = session.scalars(select(AddressChange)).one()
    expires_at = parts.wall_clock.now() + timedelta(days=7)
    return f"/address/{parts.signer.sign(ADDRESS_LINK, str(change.id), expires_at=expires_at)}"


def address_of(writing: sessionmaker[Session], vault: Vault, destination_id: object) -> str:
    with writing() as session:
        one = session.get_one(Destination, destination_id)
        assert one.address_hmac == index_of(
            vault, ChannelName.EMAIL, opened(vault, one.channel, one.address_sealed, one.id)
        )
        address = opened(vault, one.channel, one.address_sealed, one.id)
    assert isinstance(address, EmailAddress)
    return address.address


async def test_a_new_address_takes_over_when_it_is_confirmed_and_the_old_one_is_told(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session], vault: Vault,
    wall_clock: FixedClock,
) -> None:  # fmt: skip
    await visit(browser, parts)
    await ask_for(browser, reader, "new@example.org")
    assert address_of(writing, vault, reader.destination_id) == ADDRESS
    assert kinds(writing) == [AlertKind.MANAGE_LINK, AlertKind.NEW_ADDRESS]
    path = change_link(parts)
    for _ in range(2):
        assert "n…@example.org" in (await browser.open(path)).text
    assert address_of(writing, vault, reader.destination_id) == ADDRESS
    for _ in range(2):
        done = await browser.follow(await browser.send(path))
        assert "The old address was told" in done.text
        await browser.open("/manage")
    assert address_of(writing, vault, reader.destination_id) == "new@example.org"
    assert kinds(writing)[2:] == [AlertKind.ADDRESS_CHANGED]
    with writing() as session:
        told = session.scalars(select(Delivery).order_by(Delivery.id.desc())).first()
    assert told is not None
    assert address_of(writing, vault, told.destination_id) == ADDRESS
    with writing.begin() as session:
        forget_old_addresses(session, wall_now=wall_clock.now() + timedelta(days=8))
    with writing() as session:
        assert session.scalars(select(Destination.id)).all() == [reader.destination_id]
        assert len(session.scalars(select(Subscriber)).all()) == 1


async def test_an_address_with_alerts_of_its_own_is_told_so_and_nothing_moves(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session], vault: Vault, case: Case
) -> None:
    a_reader(writing, vault, case, "other@example.org")
    await visit(browser, parts)
    await ask_for(browser, reader, "other@example.org")
    assert kinds(writing)[1:] == [AlertKind.NEW_ADDRESS]
    with writing() as session:
        assert session.scalars(select(AddressChange)).all() == []


async def test_whoever_names_an_address_sees_nothing_of_what_it_follows(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session], vault: Vault, case: Case
) -> None:
    await visit(browser, parts)
    await ask_for(browser, reader, "victim@example.org")
    with writing.begin() as session:
        index = index_of(vault, ChannelName.EMAIL, EmailAddress("victim@example.org"))
        victim = session.scalars(select(Destination).where(Destination.address_hmac == index)).one()
        make_subscription(session, vault, country="KZ", destination=victim)
    page = await browser.open("/manage/alerts")
    assert "Kazakhstan" not in page.text
    assert "v…@" not in page.text
    path = change_link(parts)
    await browser.open(path)
    assert (await browser.send(path)).status_code == 409
    assert address_of(writing, vault, reader.destination_id) == ADDRESS


async def test_a_members_mailbox_is_neither_moved_nor_erased_from_here(
    browser: Browser, parts: Parts, reader: Subscription, member: Staff, writing: sessionmaker[Session]
) -> None:
    with writing.begin() as session:
        session.scalars(select(Member)).one().destination_id = reader.destination_id
    await visit(browser, parts)
    assert (await browser.http.get(f"/manage/alerts/address/{reader.destination_id}")).status_code == 409
    await browser.open("/manage/alerts")
    assert (await browser.send("/manage/alerts/erase")).status_code == 409


async def test_looking_at_the_own_page_writes_nothing(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session], app: FastAPI
) -> None:
    await visit(browser, parts)
    before = rows(writing)
    for path in (
        "", "/reader", "/erase", "/data.json", f"/{reader.id}/change", f"/{reader.id}/pause",
        f"/address/{reader.destination_id}", "/destinations/new/matrix",
    ):  # fmt: skip
        for method in ("GET", "HEAD"):
            assert (await browser.http.request(method, f"/manage/alerts{path}")).status_code == 200, path
    assert rows(writing) == before
