"""Signing in: one sentence for every failure, each code once, sessions that end, cases that were not granted."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from service.commands.sign_in import sign_in as command
from service.records import AuditEntry, StaffSession
from service.records import Member as MemberRow
from service.security.passwords import hash_password, is_password
from tests.service.pages.conftest import PASSWORD, Browser, Member, later, rows, sign_in

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from service.clock import FixedClock
    from service.records import Case
    from service.security.encryption import Vault

pytestmark = pytest.mark.anyio


async def test_name_password_and_code_open_the_board(browser: Browser, member: Member, wall_clock: FixedClock) -> None:
    board = await browser.follow(await sign_in(browser, member, wall_clock.now()))
    assert "Today" in board.text
    assert "Signed in as <bdi>alice</bdi>" in board.text
    cookie = next(header for header in board.request.headers.get_list("cookie"))
    assert cookie.startswith("__Host-vigil=")


@pytest.mark.parametrize(
    "wrong",
    [{"name": "bob"}, {"password": "wrong horse battery staple"}, {"code": "000000"}, {"code": ""}, {"password": ""}],
)
async def test_every_failure_gets_the_same_answer(
    browser: Browser, member: Member, wall_clock: FixedClock, wrong: dict[str, str]
) -> None:
    page = await sign_in(browser, member, wall_clock.now(), **wrong)
    assert page.status_code == 422
    assert "The name, the password or the code is wrong" in page.text
    assert (await browser.open("/staff")).status_code == 303


async def test_a_code_works_once(browser: Browser, member: Member, wall_clock: FixedClock) -> None:
    assert (await sign_in(browser, member, wall_clock.now())).status_code == 303
    assert (await sign_in(browser, member, wall_clock.now())).status_code == 422
    later(wall_clock, seconds=60)
    assert (await sign_in(browser, member, wall_clock.now())).status_code == 303


def test_two_who_use_one_code_at_once_do_not_both_come_in(
    member: Member, writing: sessionmaker[Session], vault: Vault, wall_clock: FixedClock
) -> None:
    now, opened = wall_clock.now(), []
    start = threading.Barrier(4)

    def attempt() -> None:
        with writing() as reading:
            row = reading.scalars(select(MemberRow)).one()
        start.wait()
        with writing.begin() as session:
            token = command(
                session, name="alice", network="", member=row, is_password=True, code=member.code(now), now=now,
                vault=vault,
            )  # fmt: skip
            opened.append(token)

    threads = [threading.Thread(target=attempt) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 4
    assert sum(token is not None for token in opened) == 1


async def test_a_guesser_must_wait(browser: Browser, member: Member, wall_clock: FixedClock) -> None:
    for _ in range(5):
        assert (await sign_in(browser, member, wall_clock.now(), code="000000")).status_code == 422
    blocked = await sign_in(browser, member, wall_clock.now())
    assert blocked.status_code == 429
    assert int(blocked.headers["retry-after"]) > 0
    later(wall_clock, minutes=3)
    assert (await sign_in(browser, member, wall_clock.now())).status_code == 303


@pytest.mark.parametrize(("minutes", "status"), [(29, 200), (30, 303)])
async def test_a_session_ends_after_half_an_hour_of_rest(
    browser: Browser, member: Member, wall_clock: FixedClock, minutes: int, status: int
) -> None:
    await sign_in(browser, member, wall_clock.now())
    later(wall_clock, minutes=minutes)
    assert (await browser.open("/staff")).status_code == status


async def test_a_session_ends_after_twelve_hours_of_work(
    browser: Browser, member: Member, wall_clock: FixedClock
) -> None:
    await sign_in(browser, member, wall_clock.now())
    for _ in range(35):
        later(wall_clock, minutes=20)
        assert (await browser.open("/staff")).status_code == 200
    later(wall_clock, minutes=20)
    assert (await browser.open("/staff")).status_code == 303


async def test_signing_out_and_disabling_end_a_session(
    browser: Browser, member: Member, wall_clock: FixedClock, writing: sessionmaker[Session]
) -> None:
    await browser.follow(await sign_in(browser, member, wall_clock.now()))
    cookie = browser.page.request.headers["cookie"]
    assert (await browser.send("/staff/sign-out")).status_code == 303
    assert (await browser.open("/staff", cookie=cookie)).status_code == 303
    later(wall_clock, minutes=1)
    await sign_in(browser, member, wall_clock.now())
    with writing.begin() as session:
        session.execute(update(MemberRow).values(disabled_at=wall_clock.now()))
    assert (await browser.open("/staff")).status_code == 303


async def test_the_table_of_sessions_is_useless_to_a_thief(
    browser: Browser, member: Member, wall_clock: FixedClock, writing: sessionmaker[Session]
) -> None:
    await sign_in(browser, member, wall_clock.now())
    with writing() as session:
        stolen = session.scalars(select(StaffSession.id_hash)).one()
    assert (await browser.open("/staff", cookie=f"__Host-vigil={stolen}")).status_code == 303


async def test_a_foreign_case_answers_like_a_missing_one(
    browser: Browser, member: Member, wall_clock: FixedClock, foreign_case: Case
) -> None:
    await sign_in(browser, member, wall_clock.now())
    for tail in ("", "/follow-ups", "/health", "/alerts", "/findings"):
        foreign = await browser.open(f"/staff/cases/{foreign_case.reference}{tail}")
        missing = await browser.open(f"/staff/cases/KAZ-2099-778{tail}")
        assert foreign.status_code == missing.status_code == 404
        assert foreign.text.replace("KAZ-2099-777", "") == missing.text.replace("KAZ-2099-778", "")
    for page in ("/staff", "/staff/cases", "/staff/deliveries"):
        assert foreign_case.reference not in (await browser.open(page)).text


async def test_reading_a_case_is_written_into_the_audit(
    browser: Browser, member: Member, wall_clock: FixedClock, case: Case, writing: sessionmaker[Session]
) -> None:
    await sign_in(browser, member, wall_clock.now())
    await browser.open(f"/staff/cases/{case.reference}/health")
    with writing() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert entry is not None
    assert (entry.actor, entry.action, entry.record_id, entry.detail) == (
        "alice",
        "read",
        str(case.id),
        {"page": "health"},
    )


async def test_without_a_session_every_staff_page_leads_to_the_door(
    browser: Browser, case: Case, writing: sessionmaker[Session]
) -> None:
    before = rows(writing)
    for path in ("/staff", "/staff/cases", f"/staff/cases/{case.reference}/health", "/staff/deliveries"):
        answer = await browser.open(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/staff/sign-in")
    assert rows(writing) == before


def test_an_unknown_name_costs_a_hash_too() -> None:
    import time

    def seconds(stored: str | None) -> float:
        began = time.perf_counter()
        assert not is_password("wrong horse battery staple", stored)
        return time.perf_counter() - began

    stored = hash_password(PASSWORD)
    known, unknown = (min(seconds(value) for _ in range(3)) for value in (stored, None))
    assert 0.4 < known / unknown < 2.5
