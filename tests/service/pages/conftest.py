"""The application on both engines, its clocks, and a browser-like client without scripts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import httpx
import pyotp
import pytest

from service.app import build_parts, create_app
from service.clock import FixedClock
from service.commands.add_member import add_member
from service.vocabulary import Role
from tests.factories import make_case, make_consent, make_demand, make_follow_up, make_source

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from fastapi import FastAPI
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session, sessionmaker

    from service.records import Case
    from service.security.encryption import Vault
    from service.settings import Settings
    from service.web import Parts

ORIGIN = "https://vigil.example.org"
PASSWORD = "correct horse battery staple"
_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


@dataclass
class Browser:
    """What a browser does: keeps cookies, says where a request comes from, sends a form's hidden fields back."""

    http: httpx.AsyncClient
    page: httpx.Response = field(init=False)

    async def open(self, path: str, **headers: str) -> httpx.Response:
        """Load a page."""
        self.page = await self.http.get(path, headers=headers)
        return self.page

    async def send(self, path: str, fields: Mapping[str, str] | None = None, **headers: str) -> httpx.Response:
        """Send the form of the loaded page with these fields, as its own page does; redirects are not followed."""
        hidden = dict(_HIDDEN.findall(self.page.text))
        sent = {"Sec-Fetch-Site": "same-origin", "Origin": ORIGIN, **headers}
        return await self.http.post(path, data={**hidden, **(fields or {})}, headers=sent)

    async def follow(self, response: httpx.Response) -> httpx.Response:
        """Go where a 303 leads."""
        assert response.status_code == 303, (response.status_code, response.text[:500])
        parts = urlsplit(urljoin(ORIGIN, response.headers["location"]))
        return await self.open(f"{parts.path}?{parts.query}" if parts.query else parts.path)


@pytest.fixture
def clock(now: datetime) -> FixedClock:
    """Business time."""
    return FixedClock(now)


@pytest.fixture
def wall_clock() -> FixedClock:
    """The machine's time, at which codes and sessions stand."""
    return FixedClock(datetime(2026, 11, 24, 12, 0, tzinfo=UTC))


@pytest.fixture
def parts(settings: Settings, engine: Engine, clock: FixedClock, wall_clock: FixedClock, vault: Vault) -> Parts:
    """The application's parts on this test's own database."""
    return build_parts(settings, clock=clock, wall_clock=wall_clock, engine=engine, vault=vault)


@pytest.fixture
def app(parts: Parts) -> FastAPI:
    """The application."""
    return create_app(parts)


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[Browser]:
    """A browser on the application."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as client:
        yield Browser(client)


@pytest.fixture
def case(writing: sessionmaker[Session]) -> Case:
    """A public case whose person may be named, with a date ahead, one passed, a demand and a source."""
    with writing.begin() as session:
        made = make_case(session, reference="KAZ-2099-001")
        make_consent(session, made.persons[0])
        make_follow_up(session, made)
        make_follow_up(session, made, kind="court_hearing", title="Second hearing", due_on=date(2014, 12, 1))
        make_demand(session, made, make_source(session))
    return made


@pytest.fixture
def foreign_case(writing: sessionmaker[Session]) -> Case:
    """A case of the same organisation that nobody in the tests was granted."""
    with writing.begin() as session:
        return make_case(session, reference="KAZ-2099-777")


@pytest.fixture
def member(writing: sessionmaker[Session], vault: Vault, case: Case, wall_clock: FixedClock) -> Member:
    """Alice, granted the one case."""
    with writing.begin() as session:
        _, seed = add_member(
            session, name="alice", role=Role.OFFICER, password=PASSWORD, all_cases=False, cases=[case.reference],
            now=wall_clock.now(), vault=vault,
        )  # fmt: skip
    return Member("alice", seed)


@dataclass(frozen=True)
class Member:
    """Somebody who can sign in."""

    name: str
    seed: str

    def code(self, at: datetime) -> str:
        """The six digits of this instant."""
        return pyotp.TOTP(self.seed).at(at)


async def sign_in(browser: Browser, member: Member, at: datetime, **fields: str) -> httpx.Response:
    """Fill in the sign-in form."""
    await browser.open("/staff/sign-in")
    filled = {"name": member.name, "password": PASSWORD, "code": member.code(at), **fields}
    return await browser.send("/staff/sign-in", filled)


@pytest.fixture
async def staff_reader(browser: Browser, member: Member, wall_clock: FixedClock) -> Browser:
    """Alice, signed in to the board."""
    await sign_in(browser, member, wall_clock.now())
    return browser


def later(clock: FixedClock, **spans: int) -> None:
    """Let time pass."""
    clock.at += timedelta(**spans)


def rows(writing: sessionmaker[Session]) -> dict[str, list[Any]]:
    """Everything that the database holds, to be compared."""
    from service.records import Base

    with writing() as session:
        return {
            table.name: sorted(map(repr, session.execute(table.select()).all()))
            for table in Base.metadata.sorted_tables
        }
