"""`/readyz` is red for each sign of life that is bad, by its name; the pages alone are asked for with `part=web`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest
from sqlalchemy import text

from service.app import create_app
from service.database import open_engine
from tests.service.pages.conftest import ORIGIN, Browser
from tests.signs import PLANTED, make_sound

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session, sessionmaker

    from service.clock import FixedClock
    from service.security.encryption import Vault
    from service.web import Parts

pytestmark = pytest.mark.anyio


async def test_it_is_ready_when_every_sign_is_good(
    browser: Browser, writing: sessionmaker[Session], wall_clock: FixedClock
) -> None:
    with writing.begin() as session:
        make_sound(session, now=wall_clock.now())
    page = await browser.open("/readyz")
    names = ("database", "migrations", "overdue_check", "scheduler", "deliveries", "completeness")
    assert page.status_code == 200
    assert page.json() == {"status": "ok", "checks": dict.fromkeys(names, True)}


@pytest.mark.parametrize("planted", PLANTED)
async def test_each_bad_sign_makes_it_red_under_its_own_name(
    browser: Browser, writing: sessionmaker[Session], vault: Vault, wall_clock: FixedClock, planted: str
) -> None:
    plant, name, _ = PLANTED[planted]
    with writing.begin() as session:
        make_sound(session, now=wall_clock.now())
        plant(session, vault, wall_clock.now())
    page = await browser.open("/readyz")
    assert (page.status_code, page.json()["status"]) == (503, "failing")
    assert page.json()["checks"][name] is False
    assert (await browser.open("/readyz?part=web")).status_code == 200


async def test_a_failure_that_a_jumping_clock_left_in_the_future_hides_no_scheduler_that_rings(
    browser: Browser, writing: sessionmaker[Session], vault: Vault, wall_clock: FixedClock
) -> None:
    with writing.begin() as session:
        PLANTED["a clock has jumped"][0](session, vault, wall_clock.now())
        make_sound(session, now=wall_clock.now())
    assert (await browser.open("/readyz")).status_code == 200


async def test_a_worker_that_never_ran_leaves_the_pages_alone(browser: Browser) -> None:
    page = await browser.open("/readyz")
    assert page.status_code == 503
    assert page.json()["checks"] == {
        "database": True, "migrations": True, "overdue_check": False, "scheduler": False, "deliveries": True,
        "completeness": False,
    }  # fmt: skip
    page = await browser.open("/readyz?part=web")
    assert (page.status_code, page.json()["checks"]) == (200, {"database": True, "migrations": True})
    assert (await browser.open("/healthz")).status_code == 200


async def test_a_database_without_its_migrations_is_said(browser: Browser, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    for path in ("/readyz", "/readyz?part=web"):
        page = await browser.open(path)
        assert (page.status_code, page.json()["checks"]) == (503, {"database": True, "migrations": False})


async def test_a_database_that_cannot_be_used_is_said(parts: Parts, tmp_path: Path) -> None:
    (tmp_path / "no.db").write_bytes(b"this is no database, however long one looks at it" * 100)
    broken = open_engine(f"sqlite:///{tmp_path / 'no.db'}")
    try:
        app = create_app(replace(parts, engine=broken))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as client:
            page = await client.get("/readyz")
    finally:
        broken.dispose()
    assert (page.status_code, page.json()["checks"]) == (503, {"database": False})
