"""What a reader sets on their own page beside their subscriptions: hours, key, private addresses; and what went wrong."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from service.records import BounceScore, Digest, FeedToken, OpenpgpKey, Subscriber, Timetable
from service.vocabulary import Cadence
from tests.service.pages.conftest import ORIGIN, Browser, rows
from tests.service.pages.visiting import ADDRESS, FINGERPRINT, KEY, a_reader, visit, with_everything

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from service.clock import FixedClock
    from service.links import Links
    from service.records import Case, Subscription
    from service.security.encryption import Vault
    from service.web import Parts

pytestmark = pytest.mark.anyio
HOURS = "/manage/alerts/hours"
CHOSEN = {"digest_hour": "18", "digest_weekday": "6", "quiet_from": "22:00", "quiet_until": "06:30"}


@pytest.fixture
def reader(writing: sessionmaker[Session], vault: Vault, case: Case) -> Subscription:
    """Follows the case."""
    return a_reader(writing, vault, case)


def timetables(writing: sessionmaker[Session]) -> list[tuple[object, ...]]:
    with writing() as session:
        return [
            (one.digest_hour, one.digest_weekday, one.quiet_from, one.quiet_until, one.critical_may_wake)
            for one in session.scalars(select(Timetable))
        ]


def gathered(writing: sessionmaker[Session], reader: Subscription, *, start: datetime, end: datetime) -> None:
    """A digest of the reader that is being gathered."""
    with writing.begin() as session:
        digest = Digest(
            subscriber_id=reader.subscriber_id, destination_id=reader.destination_id, cadence=Cadence.DAILY,
            period_start=start, period_end=end,
        )  # fmt: skip
        session.add(digest)


def period_end(writing: sessionmaker[Session]) -> datetime:
    with writing() as session:
        return session.scalars(select(Digest.period_end)).one()


async def test_whoever_chose_no_hours_sees_the_usual_ones(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session]
) -> None:
    page = await visit(browser, parts)
    assert "08:00" in page.text
    assert "Monday" in page.text
    assert timetables(writing) == []


async def test_the_hours_are_chosen_and_what_is_gathered_follows(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session], clock: FixedClock
) -> None:
    gathered(writing, reader, start=clock.now() - timedelta(hours=2), end=clock.now() + timedelta(hours=22))
    await visit(browser, parts)
    form = await browser.open(HOURS)
    assert "Europe/Berlin" in form.text
    done = await browser.follow(await browser.send(HOURS, CHOSEN))
    for said in ("What is waiting follows", "18:00", "Saturday", "from 22:00 to 06:30", "we wait for their end"):
        assert said in done.text
    assert timetables(writing) == [(18, 6, time(22), time(6, 30), False)]
    # 18:00 in Berlin
    assert period_end(writing) == clock.now().replace(hour=17, minute=0)

    await browser.open(HOURS)
    again = await browser.send(HOURS, {**CHOSEN, "quiet_from": "", "quiet_until": "", "critical_may_wake": "yes"})
    await browser.follow(again)
    assert timetables(writing) == [(18, 6, None, None, True)]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"digest_hour": "24"}, "digest_hour"),
        ({"digest_hour": "eight"}, "digest_hour"),
        ({"digest_weekday": "0"}, "digest_weekday"),
        ({"digest_weekday": ""}, "digest_weekday"),
        ({"quiet_until": ""}, "quiet_until"),
        ({"quiet_from": ""}, "quiet_from"),
        ({"quiet_from": "06:30"}, "quiet_until"),
        ({"quiet_from": "25:00"}, "quiet_from"),
        ({"quiet_until": "6:30+01"}, "quiet_until"),
    ],
)
async def test_hours_that_make_no_sense_are_named_and_nothing_is_kept(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session], wrong: dict[str, str],
    field: str,
) -> None:  # fmt: skip
    await visit(browser, parts)
    await browser.open(HOURS)
    refused = await browser.send(HOURS, {**CHOSEN, **wrong})
    assert refused.status_code == 422
    assert f'<a href="#{field}">' in refused.text
    assert '<option value="6" selected>' in refused.text or "digest_weekday" in wrong
    assert timetables(writing) == []


async def test_another_time_zone_moves_what_is_gathered(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session], clock: FixedClock
) -> None:
    # 9:00 UTC; the next 8 o'clock in Berlin is tomorrow's at 7:00 UTC
    gathered(writing, reader, start=clock.now() - timedelta(hours=2), end=clock.now() + timedelta(hours=22))
    await visit(browser, parts)
    await browser.open("/manage/alerts/reader")
    await browser.follow(
        await browser.send("/manage/alerts/reader", {"language": "en", "time_zone": "America/New_York"})
    )
    assert period_end(writing) == datetime(2014, 11, 20, 13, tzinfo=UTC)
    with writing() as session:
        assert session.get_one(Subscriber, reader.subscriber_id).time_zone == "America/New_York"


async def test_a_key_is_given_shown_and_taken_back_on_the_own_page(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session]
) -> None:
    page = await visit(browser, parts)
    assert "from then on all mail to you is encrypted" in page.text
    await browser.open("/manage/alerts/key")
    refused = await browser.send("/manage/alerts/key", {"key": "no key"})
    assert refused.status_code == 422
    assert '<a href="#key">Paste the whole public key' in refused.text
    page = await browser.follow(await browser.send("/manage/alerts/key", {"key": KEY}))
    for said in ("From now on all mail to you is encrypted.", FINGERPRINT, "24 November 2028"):
        assert said in page.text
    page = await browser.open("/manage/alerts/key/remove")
    assert "Whoever can read your mailbox can read which cases you follow" in page.text
    page = await browser.follow(await browser.send("/manage/alerts/key/remove"))
    assert "The key is removed." in page.text
    with writing() as session:
        assert session.scalars(select(OpenpgpKey)).all() == []
    assert (await browser.http.get("/manage/alerts/key/remove")).headers["location"] == "/manage/alerts/key"


async def test_private_addresses_are_made_made_anew_and_switched_off_on_the_own_page(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session], wall_clock: FixedClock
) -> None:
    await visit(browser, parts)
    known = []
    for _ in range(2):
        page = await browser.follow(await browser.send("/manage/alerts/feeds"))
        found = re.search(rf"{ORIGIN}(/feeds/[^<]+dates\.ics)", page.text)
        assert found is not None
        known.append(found.group(1))
        wall_clock.at += timedelta(minutes=1)
    old, new = known
    assert (await browser.http.get(old)).status_code == 404
    assert (await browser.http.get(new)).status_code == 200
    # A shoulder away from the screen, the addresses are not on the page itself.
    assert new not in (await browser.open("/manage/alerts")).text
    page = await browser.follow(await browser.send("/manage/alerts/feeds/off"))
    assert "They open nothing any more." in page.text
    assert (await browser.http.get(new)).status_code == 404
    with writing() as session:
        assert session.scalars(select(FeedToken)).all() == []


async def test_an_address_that_stopped_working_is_told_at_the_top(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session], wall_clock: FixedClock
) -> None:
    page = await visit(browser, parts)
    assert "Your address stopped working" not in page.text
    with writing.begin() as session:
        score = BounceScore(destination_id=reader.destination_id, points=1, last_at=wall_clock.now())
        session.add(score)
    page = await browser.open("/manage/alerts")
    assert page.text.index("Your address stopped working") < page.text.index("How often")
    assert "r…@example.org" in page.text
    assert ADDRESS not in page.text
    assert "most recently on 24 November 2026" in page.text


async def test_looking_at_the_sections_writes_nothing(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session], vault: Vault, links: Links,
    wall_clock: FixedClock,
) -> None:  # fmt: skip
    await visit(browser, parts)
    for with_all in (False, True):
        if with_all:
            with writing.begin() as session:
                with_everything(session, vault, links, reader, now=wall_clock.now())
        before = rows(writing)
        for path in ("", "/hours", "/key", "/key/remove", "/feeds"):
            for method in ("GET", "HEAD"):
                answer = await browser.http.request(method, f"/manage/alerts{path}")
                assert answer.status_code in {200, 303}, path
        assert rows(writing) == before


async def test_nobody_else_reaches_the_sections(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session]
) -> None:
    for path in ("/hours", "/key", "/key/remove", "/feeds"):
        answer = await browser.http.get(f"/manage/alerts{path}")
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/manage")
    await visit(browser, parts)
    await browser.open("/manage")  # a form token that belongs to no hour
    before = rows(writing)
    for path in ("/hours", "/key", "/key/remove", "/feeds", "/feeds/off"):
        assert (await browser.send(f"/manage/alerts{path}", {**CHOSEN, "key": KEY})).status_code == 403
    assert rows(writing) == before
