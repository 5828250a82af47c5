"""What holds for every page, in every language: no script, nothing from elsewhere, headers, and nothing written."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pysequoia import Tsk
from sqlalchemy import select

from alerts.facts import EmailAddress, SlackWebhook
from alerts.languages import text_direction
from service.app import create_app
from service.commands.feed_tokens import make_feed_token
from service.commands.openpgp_keys import set_key
from service.commands.wishes import Wish
from service.pages.sent import sent_link
from service.records import AddressChange, Demand, Destination, ManageVisit
from service.records import Case as CaseRecord
from service.records.base import new_id
from service.security.headers import ALWAYS
from tests.factories import make_destination
from tests.papers import make_document
from tests.service.pages.conftest import ORIGIN, Browser, Member, rows, sign_in
from tests.service.pages.routes import safe_routes
from tests.service.pages.visiting import ADDRESS, a_reader, visit
from tests.spoken import few_languages
from tests.urgent import desk_at

if TYPE_CHECKING:
    from fastapi import FastAPI
    from sqlalchemy.orm import Session, sessionmaker

    from service.clock import FixedClock
    from service.links import Links
    from service.records import Case
    from service.security.encryption import Vault
    from service.web import Parts

pytestmark = pytest.mark.anyio
KEY = Tsk.generate(user_id="Alice Sample <alice@example.org>").extract_certificate()
KEY_GIVEN_AT = datetime(2026, 11, 26, tzinfo=UTC)
# What programs ask for again and again may be kept for a while; so may the style.
MAY_BE_KEPT = re.compile(r"/static/|\.(ics|atom)$")


class Reading(HTMLParser):
    """What a page is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def of(self, tag: str) -> list[dict[str, Any]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def filled(
    app: FastAPI, case: Case, writing: sessionmaker[Session], vault: Vault, links: Links, clock: FixedClock,
    wall_clock: FixedClock,
) -> list[str]:  # fmt: skip
    """A path for every page there is; those of a subscriber's own page are this reader's."""
    reader = a_reader(writing, vault, case)
    subscription_id = reader.id
    tomorrow = wall_clock.now() + timedelta(days=1)
    with writing.begin() as session:
        mailbox = session.get_one(Destination, reader.destination_id)
        slack = make_destination(session, vault, address=SlackWebhook("https://hooks.slack.com/services/T/B/x"))
        slack.subscriber_id = mailbox.subscriber_id
        new = make_destination(session, vault, address=EmailAddress("new@example.org"))
        change = AddressChange(destination_id=mailbox.id, other_id=new.id, asked_at=wall_clock.now())
        asked = ManageVisit(subscriber_id=mailbox.subscriber_id, asked_at=wall_clock.now())
        session.add_all([change, asked])
        subscriber_id = mailbox.subscriber_id
        feeds = f"/feeds/{make_feed_token(session, subscriber_id, now=clock.now(), links=links)}"
        set_key(session, subscriber_id, str(KEY), now=KEY_GIVEN_AT, vault=vault)
        document_id = make_document(session, case, now=clock.now(), vault=vault).id
        demand_id = session.scalars(select(Demand.id)).first()
        desk_at(session, vault, links, clock.now(), writer="writer").issued(session.get_one(CaseRecord, case.id))
    key = links.key(subscriber_id, expires_at=clock.now().replace(month=12)).removeprefix(ORIGIN)
    feed_links = links.feed_links(subscriber_id, expires_at=clock.now().replace(month=12)).removeprefix(ORIGIN)
    wish = {"address": ADDRESS, "wish": Wish(case_id=case.id).as_plain(), "language": "en", "time_zone": "UTC"}
    values = {
        "/c/{slug}/dates.ics": f"/c/{case.slug}/dates.ics",
        "/c/{slug}/feed.atom": f"/c/{case.slug}/feed.atom",
        "/feeds/{token}/dates.ics": f"{feeds}/dates.ics",
        "/feeds/{token}/feed.atom": f"{feeds}/feed.atom",
        "/feed-links/{token}": feed_links,
        "/key/{token}": key,
        "/key/{token}/remove": f"{key}/remove",
        "/problems/{name}": "/problems/not-found",  # for programmers, in English alone
        "/c/{slug}": f"/c/{case.slug}",
        "/staff/cases/{reference}/documents/{document_id}": f"/staff/cases/{case.reference}/documents/{document_id}",
        "/ua/{slug}": "/ua/1-2014",
        "/subscribe": f"/subscribe?case={case.slug}",
        "/subscribe/sent": f"/subscribe/sent?wish={sent_link(vault, wish, now=wall_clock.now())}",
        "/manage/open/{token}": links.manage(str(asked.id), expires_at=tomorrow).removeprefix(ORIGIN),
        "/address/{token}": links.new_address(str(change.id), expires_at=tomorrow).removeprefix(ORIGIN),
        "/confirm/{token}": links.confirm(subscription_id, expires_at=clock.now().replace(month=12)).removeprefix(
            ORIGIN
        ),
        "/u/summaries/{token}": links.unsubscribe_from_summaries(mailbox.id).removeprefix(ORIGIN),
        "/u/{token}": links.unsubscribe(subscription_id).removeprefix(ORIGIN),
        "/staff/ledger/{demand_id}": f"/staff/ledger/{demand_id}",
        "/canary/{token}": links.canary(new_id(), expires_at=datetime.max.replace(tzinfo=UTC)).removeprefix(ORIGIN),
    }
    found = [
        values.get(
            path,
            path.replace("{reference}", case.reference)
            .replace("{number:int}", str(subscription_id))
            .replace("/address/{destination_id}", f"/address/{mailbox.id}")
            .replace("{destination_id}", str(slack.id))
            .replace("{channel}", "matrix"),
        )
        for method, path in safe_routes(app.routes)
        if method == "GET"
    ]
    assert not [path for path in found if "{" in path]
    return found


async def pages(browser: Browser, filled: list[str], language: str) -> list[httpx.Response]:
    """Every page in this language, and the ones that say what went wrong."""
    found = []
    for path in [*filled, "/nothing/here", "/c/kaz-0000-000", "/confirm/cut"]:
        answer = await browser.open(f"{path}{'&' if '?' in path else '?'}lang={language}")
        if answer.headers.get("content-type", "").startswith("text/html"):
            found.append(answer)
    assert len(found) >= len(filled) - 9
    return found


@few_languages
async def test_no_page_needs_a_script_or_anything_from_elsewhere(
    browser: Browser, member: Member, wall_clock: FixedClock, filled: list[str], language: str, parts: Parts
) -> None:
    await sign_in(browser, member, wall_clock.now())
    await visit(browser, parts)
    for page in await pages(browser, filled, language):
        faults(page, "en" if page.request.url.path.startswith("/problems/") else language)


def faults(page: httpx.Response, language: str) -> None:
    where = page.request.url.path
    html = Reading(page.text)
    assert not html.of("script"), where
    for tag, attributes in html.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], (where, tag)
        for name in ("src", "action", "formaction"):
            assert not re.match(r"(?i)[a-z]+:|//", attributes.get(name) or ""), (where, tag)
        if tag == "link":
            assert (attributes["href"] or "").startswith("/static/"), where
        assert not (attributes.get("href") or "").lower().startswith(("javascript:", "//", "data:")), where
    assert html.of("html")[0]["lang"] == language, where
    assert html.of("html")[0]["dir"] == text_direction(language), where
    # what says that some words have no translation
    assert not [tag for tag, attributes in html.tags if attributes.get("role") == "note"], where
    assert len(html.of("h1")) == 1, where
    assert len(html.of("title")) == 1, where
    labelled = {label.get("for") for label in html.of("label")}
    for tag in ("input", "select", "textarea"):
        for entry in html.of(tag):
            hidden_or_wrapped = entry.get("type") in {"hidden", "radio", "checkbox"}
            assert hidden_or_wrapped or entry.get("id") in labelled, (where, entry)
    identifiers = [attributes["id"] for _, attributes in html.tags if "id" in attributes]
    assert len(identifiers) == len(set(identifiers)), where


def test_the_faults_are_found_when_planted() -> None:
    request = httpx.Request("GET", "https://vigil.example.org/planted")
    good = '<html lang="en" dir="ltr"><title>x</title><h1>x</h1>{}</html>'
    faults(httpx.Response(200, text=good.format(""), request=request), "en")
    for planted in (
        "<script></script>", '<p onclick="x">', '<p style="x">', '<img src="https://elsewhere.example.org/x">', "<h1>y</h1>",
        '<input type="text" id="unlabelled">', '<a href="javascript:x">', '<form action="//elsewhere.example.org">',
    ):  # fmt: skip
        with pytest.raises(AssertionError):
            faults(httpx.Response(200, text=good.format(planted), request=request), "en")


async def test_scanners_change_nothing_however_often_they_look(
    browser: Browser, app: FastAPI, filled: list[str], writing: sessionmaker[Session], parts: Parts
) -> None:
    await visit(browser, parts)
    before = rows(writing)
    for _ in range(2):
        for path in filled:
            for method in ("GET", "HEAD", "OPTIONS"):
                answer = await browser.http.request(method, path, headers={"User-Agent": "scanner"})
                assert answer.status_code < 500 or path == "/readyz", (method, path)
    assert rows(writing) == before


async def test_public_pages_answer_head(browser: Browser, filled: list[str]) -> None:
    for path in filled:
        if not path.startswith(("/staff", "/manage/alerts")) and path != "/readyz":
            assert (await browser.http.head(path)).status_code == 200, path


async def test_every_answer_carries_the_headers(browser: Browser, parts: Parts, filled: list[str]) -> None:
    answers = [await browser.http.get(path) for path in filled]
    answers += [
        await browser.http.get("/nothing"),
        await browser.http.post("/", data={"x": "y"}),
        await browser.http.put("/privacy"),
        await browser.http.get("/readyz?part=web"),
        await browser.http.post("/subscribe", content=b"x" * 70_000),
        await browser.http.get("/docs"),
        await browser.http.get("/openapi.json"),
    ]
    app = create_app(parts)
    app.add_api_route("/broken", broken)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as client:
        answers.append(await client.get("/broken"))
    assert {answer.status_code for answer in answers} >= {200, 303, 403, 404, 413, 500}
    for answer in answers:
        for name, value in ALWAYS.items():
            assert answer.headers[name] == value, (answer.request.url, name)
        assert answer.headers["cache-control"] == "no-store" or MAY_BE_KEPT.search(answer.request.url.path)
        assert answer.headers["x-robots-tag"]


def broken() -> None:
    raise ZeroDivisionError("reader@example.org must not be logged")


async def test_a_fault_shows_a_page_and_logs_no_value(parts: Parts, capsys: pytest.CaptureFixture[str]) -> None:
    app = create_app(parts)
    app.add_api_route("/broken/{token}", broken)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as client:
        page = await client.get("/broken/a-secret-token")
    assert page.status_code == 500
    assert "Something went wrong on our side" in page.text
    logged = "".join(capsys.readouterr())
    assert "ZeroDivisionError" in logged
    assert "/broken/{token}" in logged
    assert "reader@example.org" not in logged
    assert "a-secret-token" not in logged


async def test_a_chosen_language_is_kept_in_links(browser: Browser, case: Case) -> None:
    page = await browser.open("/?lang=ru")
    assert f'href="/c/{case.slug}?lang=ru"' in page.text
    page = await browser.open("/", **{"Accept-Language": "nl, ru-KZ;q=0.8, en;q=0.5"})
    assert page.headers["content-language"] == "ru"
    assert f'href="/c/{case.slug}"' in page.text


async def test_a_search_finds_only_what_its_reader_may_read(
    browser: Browser, case: Case, writing: sessionmaker[Session]
) -> None:
    from tests.factories import make_case, make_footing, make_person

    with writing.begin() as session:
        unnamed = make_case(session, persons=(make_person(session, "Aru Hidden"),), summary="Aru Hidden, a nurse.")
        for one in (case, unnamed):
            make_footing(session, one, one.summary)
    assert unnamed.reference in (await browser.open("/")).text
    for words, found in (
        ("Dana", True),
        ("teacher", True),
        (case.reference, True),
        ("Hidden", False),
        ("nurse", False),
    ):
        page = await browser.open(f"/?q={words}")
        assert ("No case matches" not in page.text) is found, words
        assert "Aru" not in page.text
