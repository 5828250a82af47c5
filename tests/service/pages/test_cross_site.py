"""No request changes anything unless one of our own pages made it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from service.app import create_app
from service.security.csrf import TOKEN_ALONE, FormTokens
from tests.factories import make_subscription
from tests.service.pages.conftest import ORIGIN, Browser, Member, rows, sign_in
from tests.service.pages.routes import unsafe_routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session, sessionmaker

    from service.clock import FixedClock
    from service.links import Links
    from service.records import Case
    from service.security.encryption import Vault
    from service.web import Parts

pytestmark = pytest.mark.anyio
INVENTORY = Path(__file__).with_name("unsafe_routes.txt")
SAME = {"Sec-Fetch-Site": "same-origin"}


def planted() -> APIRouter:
    router = APIRouter(prefix="/planted")
    router.add_api_route("/included", lambda: "changed", methods=["POST"])
    return router


def plant_in(app: FastAPI) -> None:
    app.include_router(planted(), prefix="/x")
    app.mount("/mounted", Starlette(routes=[Route("/deep", _changed, methods=["POST"])]))


def _changed(request: object) -> PlainTextResponse:
    return PlainTextResponse("changed")


def test_the_inventory_of_unsafe_routes_is_complete(parts: Parts) -> None:
    found = sorted(f"{method} {path}" for method, path in unsafe_routes(create_app(parts).routes))
    assert found == sorted(INVENTORY.read_text(encoding="utf-8").split("\n"))[1:]


def test_the_inventory_sees_planted_routes(parts: Parts) -> None:
    app = create_app(parts)
    plant_in(app)
    found = unsafe_routes(app.routes)
    assert ("POST", "/x/planted/included") in found
    assert ("POST", "/mounted/deep") in found


@pytest.fixture
def links_of_a_subscription(
    writing: sessionmaker[Session], vault: Vault, case: Case, links: Links, clock: FixedClock
) -> dict[str, str]:
    with writing.begin() as session:
        subscription = make_subscription(session, vault, case=case)
        subscription_id, subscriber_id = subscription.id, subscription.subscriber_id
        summaries = links.unsubscribe_from_summaries(subscription.destination_id)
    until = clock.now().replace(month=12)
    return {
        "/key/": links.key(subscriber_id, expires_at=until).removeprefix(f"{ORIGIN}/key/"),
        "/feed-links/": links.feed_links(subscriber_id, expires_at=until).removeprefix(f"{ORIGIN}/feed-links/"),
        "/u/summaries/": summaries.removeprefix(f"{ORIGIN}/u/summaries/"),
        "/u/": links.unsubscribe(subscription_id).removeprefix(f"{ORIGIN}/u/"),
        "/confirm/": links.confirm(subscription_id, expires_at=clock.now().replace(month=12)).removeprefix(
            f"{ORIGIN}/confirm/"
        ),
    }


def paths(app: FastAPI, tokens: dict[str, str]) -> Iterator[str]:
    for _, path in unsafe_routes(app.routes):
        if TOKEN_ALONE.fullmatch(path):
            continue  # asks for nothing else: see test_canary.py
        token = next((token for start, token in tokens.items() if path.startswith(start)), "")
        yield path.replace("{token}", token)


async def test_nothing_gets_in_without_both_proofs(
    app: FastAPI, parts: Parts, browser: Browser, member: Member, wall_clock: FixedClock, case: Case,
    writing: sessionmaker[Session], links_of_a_subscription: dict[str, str],
) -> None:  # fmt: skip
    tokens = FormTokens(parts.signer)
    now = wall_clock.now()
    await browser.follow(await sign_in(browser, member, now))
    cookie = browser.page.request.headers["cookie"].partition("=")[2]
    before = rows(writing)
    for path in paths(app, links_of_a_subscription):
        good = tokens.issue(now=now, bound_to=cookie if path.startswith("/staff") else "")
        foreign = tokens.issue(now=now, bound_to="somebody else")
        old = tokens.issue(now=now.replace(year=2025), bound_to=cookie if path.startswith("/staff") else "")
        attempts = [
            (SAME, {}),
            (SAME, {"form_token": "wrong"}),
            (SAME, {"form_token": foreign}),
            (SAME, {"form_token": old}),
            (SAME, {"form_token": good[:-1]}),
            ({}, {"form_token": good}),
            ({"Origin": "https://elsewhere.example.org"}, {"form_token": good}),
            ({"Origin": "null"}, {"form_token": good}),
            ({"Sec-Fetch-Site": "cross-site", "Origin": ORIGIN}, {"form_token": good}),
            ({"Sec-Fetch-Site": "same-site", "Origin": ORIGIN}, {"form_token": good}),
            ({"Sec-Fetch-Site": "none", "Origin": ORIGIN}, {"form_token": good}),
        ]
        for headers, fields in attempts:
            answer = await browser.http.post(path, data={**fields, "x": "y"}, headers=headers)
            assert answer.status_code == 403, (path, headers, fields)
        body = f"form_token={good}".encode()
        for kind in ("text/plain", "application/json", "multipart/form-data; boundary=x", ""):
            answer = await browser.http.post(path, content=body, headers={**SAME, "Content-Type": kind})
            assert answer.status_code == 403, (path, kind)
        if not path.startswith("/u/") or path.endswith("/on"):
            answer = await browser.http.post(path, data={"List-Unsubscribe": "One-Click"})
            assert answer.status_code == 403, path
    assert rows(writing) == before


async def test_the_proofs_do_let_a_form_in(browser: Browser, case: Case, wall_clock: FixedClock) -> None:
    wall_clock.at = wall_clock.at.replace(hour=13)
    for headers in (SAME, {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}):
        await browser.open(f"/subscribe?case={case.slug}")
        assert (await browser.send("/subscribe", {"address": ""}, **headers)).status_code == 422


async def test_an_equal_origin_is_enough_for_an_old_browser(
    browser: Browser, parts: Parts, wall_clock: FixedClock, case: Case
) -> None:
    token = FormTokens(parts.signer).issue(now=wall_clock.now())
    answer = await browser.http.post(
        "/subscribe", data={"form_token": token, "case": case.slug, "address": ""}, headers={"Origin": ORIGIN}
    )
    assert answer.status_code == 422


@pytest.mark.parametrize("path", ["/x/planted/included", "/mounted/deep"])
async def test_the_guard_is_what_stops_them(parts: Parts, path: str) -> None:
    app = create_app(parts)
    plant_in(app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as guarded:
        assert (await guarded.post(path)).status_code == 403
    bare = FastAPI()
    plant_in(bare)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(bare), base_url=ORIGIN) as unguarded:
        assert (await unguarded.post(path)).status_code == 200
