"""Calendars and feeds say what the page says, keep their names, and come again only when they changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from sqlalchemy import select, update

from alerts.facts import Level, Tier
from alerts.languages import Languages
from service.commands.announce_overdue import announce_overdue
from service.commands.feed_tokens import make_feed_token
from service.facts import snapshots_of
from service.facts.feeds import FeedAlert, FeedDate
from service.pages.atom import About, entry_of_alert, feed_of
from service.pages.calendars import calendar_of
from service.pages.feed_words import FeedWords
from service.paths import TEMPLATES
from service.records import Case, Consent, FeedToken, FollowUp
from service.vocabulary import ConsentScope, FollowUpState, Monitoring, SubscriptionState
from tests.factories import make_case, make_consent, make_follow_up, make_person, make_subscription
from tests.service.pages.conftest import ORIGIN, Browser, later, rows
from tests.urgent import desk_at, named_case

if TYPE_CHECKING:
    import httpx
    from sqlalchemy.orm import Session, sessionmaker

    from service.clock import FixedClock
    from service.links import Links
    from service.security.encryption import Vault

pytestmark = pytest.mark.anyio
ATOM = "{http://www.w3.org/2005/Atom}"
LANGUAGES = Languages(TEMPLATES / "locale")
ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=60)


def events(answer: httpx.Response | bytes) -> list[Any]:
    raw = answer if isinstance(answer, bytes) else answer.content
    return list(Calendar.from_ical(raw).walk("VEVENT"))


def entries(answer: httpx.Response) -> list[ET.Element]:
    return ET.fromstring(answer.content).findall(f"{ATOM}entry")  # noqa: S314 - our own


def announce(writing: sessionmaker[Session], links: Links, now: datetime) -> None:
    def snapshots(session: Session, reached: object, *, now: datetime) -> object:
        return snapshots_of(session, reached, now=now, links=links)  # type: ignore[arg-type] # passed on

    with writing.begin() as session:
        announce_overdue(session, now=now, snapshots=snapshots)  # type: ignore[arg-type] # passed on


async def test_a_calendar_holds_the_days_of_the_page_as_whole_days(browser: Browser, case: Case) -> None:
    answer = await browser.open(f"/c/{case.slug}/dates.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    found = events(answer)
    assert [event["dtstart"].dt for event in found] == [date(2014, 11, 10), date(2014, 12, 1)]
    assert b"DTSTART;VALUE=DATE:20141110" in answer.content
    assert b"X-PUBLISHED-TTL:PT1H" in answer.content
    assert [str(event["summary"]) for event in found] == [
        "Reply to a complaint, case KAZ-2099-001",
        "Court hearing, case KAZ-2099-001",
    ]
    assert all(event["url"] == f"{ORIGIN}/c/{case.slug}" for event in found)
    assert b"Dana" not in answer.content


async def test_a_day_that_moves_keeps_its_name_and_counts_up(
    browser: Browser, case: Case, writing: sessionmaker[Session]
) -> None:
    before = events(await browser.open(f"/c/{case.slug}/dates.ics"))[0]
    with writing.begin() as session:
        follow_up = session.scalars(select(FollowUp).order_by(FollowUp.due_on)).first()
        assert follow_up is not None
        follow_up.due_on, follow_up.due_revision = date(2014, 11, 20), 2
    after = events(await browser.open(f"/c/{case.slug}/dates.ics"))[0]
    assert after["uid"] == before["uid"]
    assert str(after["uid"]).endswith("@vigil.example.org")
    assert (before["sequence"], after["sequence"], after["dtstart"].dt) == (1, 2, date(2014, 11, 20))


async def test_what_is_done_or_not_public_is_in_neither(
    browser: Browser, case: Case, writing: sessionmaker[Session], links: Links, now: datetime
) -> None:
    announce(writing, links, now)
    assert len(entries(await browser.open(f"/c/{case.slug}/feed.atom"))) == 1
    with writing.begin() as session:
        first, second = session.scalars(select(FollowUp).order_by(FollowUp.due_on))
        first.state, second.tier = FollowUpState.DONE, Tier.RESTRICTED
    assert events(await browser.open(f"/c/{case.slug}/dates.ics")) == []
    assert entries(await browser.open(f"/c/{case.slug}/feed.atom")) == []


async def test_an_illness_is_named_only_while_that_is_agreed(
    browser: Browser, writing: sessionmaker[Session], links: Links, now: datetime
) -> None:
    with writing.begin() as session:
        person = make_person(session)
        make_consent(session, person, ConsentScope.PUBLISH_HEALTH)
        slug = (case := make_case(session, persons=(person,))).slug
        make_follow_up(session, case, kind="surgery", person=person, tier=Tier.PUBLIC)
    announce(writing, links, now)

    async def said() -> str:
        calendar = (await browser.open(f"/c/{slug}/dates.ics")).text
        return calendar + (await browser.open(f"/c/{slug}/feed.atom")).text

    assert (await said()).lower().count("surg") == 2
    with writing.begin() as session:
        session.execute(update(Consent).values(withdrawn_at=now - timedelta(days=1)))
    assert "surg" not in (await said()).lower()


async def test_a_feed_tells_what_was_announced_and_for_which_day(
    browser: Browser, case: Case, writing: sessionmaker[Session], links: Links, now: datetime
) -> None:
    empty = await browser.open(f"/c/{case.slug}/feed.atom")
    assert entries(empty) == []
    announce(writing, links, now)
    answer = await browser.open(f"/c/{case.slug}/feed.atom")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = ET.fromstring(answer.content)  # noqa: S314 - our own
    assert feed.findtext(f"{ATOM}id") == f"urn:uuid:{case.id}"
    assert feed.findtext(f"{ATOM}updated") == "2014-11-20T09:00:00Z"
    [entry] = entries(answer)
    assert entry.findtext(f"{ATOM}title") == "Overdue: reply to a complaint, case KAZ-2099-001"
    due = "Due on 10 November 2014, counted where the person is held (Asia/Almaty)."
    assert entry.findtext(f"{ATOM}summary") == due
    assert b"Dana" not in answer.content


async def test_an_urgent_action_stands_in_the_feed_by_its_number_while_it_may_be_told(
    browser: Browser, writing: sessionmaker[Session], vault: Vault, links: Links, clock: FixedClock
) -> None:
    with writing.begin() as session:
        case = named_case(session, reference="KAZ-2099-004")
        number = desk_at(session, vault, links, clock.now()).issued(case).number
    answer = await browser.open("/c/kaz-2099-004/feed.atom")
    [entry] = entries(answer)
    assert entry.findtext(f"{ATOM}title") == f"Urgent action {number}, case KAZ-2099-004"
    assert entry.findtext(f"{ATOM}summary") == "Write by 4 December 2014 (Asia/Almaty)."
    assert b"Dana" not in answer.content
    later(clock, days=20)
    assert entries(await browser.open("/c/kaz-2099-004/feed.atom")) == []


async def test_both_speak_the_language_of_their_address(browser: Browser, case: Case) -> None:
    answer = await browser.open(f"/c/{case.slug}/dates.ics?lang=ru")
    assert answer.headers["content-language"] == "ru"
    assert "дело KAZ-2099-001" in str(events(answer)[0]["summary"])


@pytest.mark.parametrize("name", ["dates.ics", "feed.atom"])
async def test_what_did_not_change_is_not_sent_again(
    browser: Browser, case: Case, writing: sessionmaker[Session], name: str
) -> None:
    path = f"/c/{case.slug}/{name}"
    first = await browser.open(path)
    etag = first.headers["etag"]
    assert etag.startswith('"')
    assert first.headers["cache-control"] == "public, max-age=900"
    assert (await browser.open(path)).headers["etag"] == etag
    for known in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        again = await browser.open(path, **{"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    head = await browser.http.head(path)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", etag)
    with writing.begin() as session:
        session.execute(update(Case).values(reference="KAZ-2099-002"))
    assert (await browser.open(path, **{"If-None-Match": etag})).status_code == 200 or name == "feed.atom"


async def test_a_case_that_is_not_public_or_is_closed_says_nothing(
    browser: Browser, case: Case, writing: sessionmaker[Session]
) -> None:
    with writing.begin() as session:
        session.execute(update(Case).values(monitoring=Monitoring.CLOSED))
    assert events(await browser.open(f"/c/{case.slug}/dates.ics")) == []
    with writing.begin() as session:
        session.execute(update(Case).values(tier=Tier.RESTRICTED))
    missing = await browser.open("/c/kaz-0000-000/dates.ics")
    for name in ("dates.ics", "feed.atom"):
        answer = await browser.open(f"/c/{case.slug}/{name}")
        assert (answer.status_code, answer.headers["content-type"]) == (404, missing.headers["content-type"])


@pytest.fixture
def reader(writing: sessionmaker[Session], vault: Vault, case: Case) -> UUID:
    """Somebody who follows the one case, and another that is not public."""
    with writing.begin() as session:
        subscription = make_subscription(session, vault, case=session.get_one(Case, case.id))
        hidden = make_case(session, reference="KAZ-2099-003", tier=Tier.RESTRICTED)
        make_follow_up(session, hidden)
        make_subscription(session, vault, case=hidden, destination=subscription.destination, tier=Tier.RESTRICTED)
        elsewhere = make_case(session, reference="UZB-2099-001", country="UZ")
        make_follow_up(session, elsewhere)
        return subscription.subscriber_id


def made(writing: sessionmaker[Session], reader: UUID, links: Links, at: datetime) -> str:
    with writing.begin() as session:
        return f"/feeds/{make_feed_token(session, reader, now=at, links=links)}"


async def test_a_private_calendar_holds_the_public_days_of_all_that_its_reader_follows(
    browser: Browser, writing: sessionmaker[Session], vault: Vault, reader: UUID, links: Links, now: datetime
) -> None:
    path = made(writing, reader, links, now)
    answer = await browser.open(f"{path}/dates.ics")
    assert answer.headers["cache-control"] == "private, max-age=900"
    assert len(events(answer)) == 2
    with writing.begin() as session:
        follows_a_country = make_subscription(session, vault, country="UZ")
        follows_a_country.subscriber_id = reader
        of_a_kind = make_subscription(session, vault, follow_up_kind="surgery")
        of_a_kind.subscriber_id = reader
    found = events(await browser.open(f"{path}/dates.ics"))
    assert {str(event["summary"]).rpartition(" ")[2] for event in found} == {"KAZ-2099-001", "UZB-2099-001"}
    announce(writing, links, now)
    assert len(entries(await browser.open(f"{path}/feed.atom"))) == 2
    with writing.begin() as session:
        for subscription in session.scalars(select(type(of_a_kind))):
            subscription.state = SubscriptionState.ENDED
    assert events(await browser.open(f"{path}/dates.ics")) == []


async def test_a_new_private_address_revokes_the_old_and_none_is_stored(
    browser: Browser, writing: sessionmaker[Session], reader: UUID, links: Links, clock: FixedClock
) -> None:
    page_path = links.feed_links(reader, expires_at=clock.now() + timedelta(days=1)).removeprefix(ORIGIN)
    page = await browser.open(page_path)
    assert "You have no private addresses." in page.text
    old = made(writing, reader, links, clock.now())
    assert (await browser.open(f"{old}/dates.ics")).status_code == 200
    page = await browser.open(page_path)
    assert f"{ORIGIN}{old}/dates.ics" in page.text
    page = await browser.follow(await browser.send(page_path))
    assert f"{ORIGIN}{old}/dates.ics" not in page.text
    assert (await browser.open(f"{old}/dates.ics")).status_code == 404
    with writing() as session:
        token = links.feed_token(reader, made_at=session.scalars(select(FeedToken.made_at)).one())
    assert token not in repr(rows(writing))  # by its hash alone
    assert f"{ORIGIN}/feeds/{token}/feed.atom" in page.text
    assert (await browser.open(f"/feeds/{token}/feed.atom")).status_code == 200
    await browser.open(page_path)
    page = await browser.follow(await browser.send(f"{page_path}/off"))
    assert "You have no private addresses." in page.text
    for name in ("dates.ics", "feed.atom"):
        assert (await browser.open(f"/feeds/{token}/{name}")).status_code == 404
        assert (await browser.open(f"/feeds/cut/{name}")).status_code == 404


async def test_the_page_of_a_case_leads_to_both(browser: Browser, case: Case) -> None:
    page = await browser.open(f"/c/{case.slug}")
    for name in ("dates.ics", "feed.atom"):
        assert f'href="/c/{case.slug}/{name}"' in page.text


def a_date(reference: str, zone: str) -> FeedDate:
    return FeedDate(
        id=UUID(int=1), case_reference=reference, case_url=f"{ORIGIN}/c/x", kind="court_hearing",
        due_on=date(2014, 11, 10), time_zone=zone, revision=3, changed_at=datetime(2014, 11, 1, tzinfo=UTC),
    )  # fmt: skip


@settings(deadline=None)
@given(reference=ANY_TEXT, zone=ANY_TEXT, title=ANY_TEXT, organisation=ANY_TEXT)
def test_no_text_breaks_out_of_a_calendar(reference: str, zone: str, title: str, organisation: str) -> None:
    raw = calendar_of(
        [a_date(reference, zone)] * 2, FeedWords(LANGUAGES, "ru"), title=title, public_url=ORIGIN,
        organisation=organisation,
    )  # fmt: skip
    lines = raw.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert raw.count(b"\r") == raw.count(b"\n") == len(lines) - 1
    assert sum(line.startswith(b"BEGIN:") for line in lines) == 3
    first, second = events(raw)
    assert first == second
    assert set(first) == {
        "UID",
        "SEQUENCE",
        "DTSTAMP",
        "LAST-MODIFIED",
        "DTSTART",
        "SUMMARY",
        "DESCRIPTION",
        "URL",
        "TRANSP",
    }
    assert letters(str(first["summary"])).endswith(letters(reference))


def letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


@settings(deadline=None)
@given(reference=ANY_TEXT, title=ANY_TEXT, organisation=ANY_TEXT, url=ANY_TEXT)
def test_no_text_breaks_out_of_a_feed(reference: str, title: str, organisation: str, url: str) -> None:
    alert = FeedAlert(
        id=UUID(int=2), level=Level.OVERDUE, told_at=datetime(2014, 11, 20, tzinfo=UTC), about=a_date(reference, "UTC")
    )
    about = About(id="urn:x", title=title, self_url=url, page_url=url, organisation=organisation, language="en")
    entry = entry_of_alert(alert, FeedWords(LANGUAGES, "en"))
    feed = ET.fromstring(feed_of([entry, entry], about))  # noqa: S314 - our own
    assert len(feed.findall(f"{ATOM}entry")) == 2
    assert {child.tag for child in feed[-1]} == {
        f"{ATOM}{name}" for name in ("id", "title", "updated", "published", "link", "summary")
    }
    assert len(list(feed.iter())) == 8 + 2 * 7
