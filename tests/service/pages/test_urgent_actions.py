"""The board shows urgent actions, to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service.records import Case as CaseRecord
from service.vocabulary import Pronoun
from tests.factories import make_source
from tests.service.pages.conftest import Browser, Member, sign_in
from tests.urgent import cited, desk_at

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session, sessionmaker

    from service.clock import FixedClock
    from service.links import Links
    from service.records import Case
    from service.security.encryption import Vault

pytestmark = pytest.mark.anyio


@pytest.fixture
def calls(writing: sessionmaker[Session], vault: Vault, links: Links, case: Case, now: datetime) -> None:
    """One that is out, one in its hold-back, one that waits for a second member."""
    with writing.begin() as session:
        desk = desk_at(session, vault, links, now, writer="writer")
        own = session.get_one(CaseRecord, case.id)
        own.persons[0].pronoun = Pronoun.SHE
        source = make_source(session, title="Report on the colony")
        desk.issued(
            own, index_number="CA 7/2014", background="The colony is closed.", sources=cited(source, as_of=now.date()),
            copy_ids=(desk.official(office="Embassy of Kazakhstan").id,), guidance={"en": "Say how you heard of it."},
            letter_subjects={"en": "Observers"}, report_to="letters@example.org",
        )  # fmt: skip
        desk.approved(own)
        desk.submit(desk.draft(own))


@pytest.mark.usefixtures("calls")
async def test_the_case_shows_every_version_and_who_stands_for_it(
    browser: Browser, member: Member, case: Case, wall_clock: FixedClock
) -> None:
    await sign_in(browser, member, wall_clock.now())
    page = (await browser.open(f"/staff/cases/{case.reference}/urgent-actions")).text
    for words in (
        "UA 1/14", "UA 3/14", "Issued", "In review", "Goes out at", "Let independent observers visit.", "Minister of",
        "Written by", "writer", "dora", "0 letters reported", "CA 7/2014", "The colony is closed.", "Report on the colony",
        "Embassy of Kazakhstan", "Say how you heard of it.", "Observers", "letters@example.org", "(she)",
        'href="/ua/1-2014"',
    ):  # fmt: skip
        assert words in page, words
    assert page.count("<form") == 1  # to sign out
    today = (await browser.open("/staff")).text
    assert "Urgent actions that wait for somebody" in today
    assert "UA 3/14" in today
    assert "UA 2/14" not in today


async def test_a_foreign_case_shows_nothing(
    browser: Browser, member: Member, foreign_case: Case, wall_clock: FixedClock
) -> None:
    await sign_in(browser, member, wall_clock.now())
    page = await browser.open(f"/staff/cases/{foreign_case.reference}/urgent-actions")
    assert page.status_code == 404
