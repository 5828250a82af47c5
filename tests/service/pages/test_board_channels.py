"""The board says of which cases nobody can be told, and which of the organisation's destinations fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service.records import Destination
from service.vocabulary import DestinationState
from tests.factories import LONG_AGO, make_destination, make_subscription
from tests.service.pages.conftest import sign_in

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from service.clock import FixedClock
    from service.records import Case
    from service.security.encryption import Vault
    from tests.service.pages.conftest import Browser, Member

pytestmark = pytest.mark.anyio


@pytest.fixture
def room(writing: sessionmaker[Session], vault: Vault, case: Case, foreign_case: Case) -> Destination:
    """The one destination by which both cases are followed."""
    with writing.begin() as session:
        made = make_destination(session, vault, label="Team room")
        for one in (case, foreign_case):
            make_subscription(session, vault, case=one, destination=made)
    return made


async def test_a_case_with_its_last_channel_lost_is_shown_to_those_who_may_read_it(
    browser: Browser, member: Member, wall_clock: FixedClock, writing: sessionmaker[Session], room: Destination,
    case: Case, foreign_case: Case,
) -> None:  # fmt: skip
    await sign_in(browser, member, wall_clock.now())
    assert "nobody can be told" not in (await browser.open("/staff")).text
    with writing.begin() as session:
        session.get_one(Destination, room.id).state = DestinationState.DISABLED
    page = await browser.open("/staff")
    assert "1 case is followed, and nobody can be told of it." in page.text
    assert "All its followers&#39; addresses are switched off" in page.text
    assert case.reference in page.text
    assert foreign_case.reference not in page.text
    assert "addresses are switched off" in (await browser.open("/staff/cases")).text
    assert "подписчики есть, но оповестить некого" in (await browser.open("/staff?lang=ru")).text


async def test_a_case_that_nobody_follows_is_called_so(
    browser: Browser, member: Member, wall_clock: FixedClock, case: Case
) -> None:
    await sign_in(browser, member, wall_clock.now())
    page = await browser.open("/staff")
    assert "1 case that is watched has no follower:" in page.text
    assert "nobody can be told" not in page.text
    assert "Nobody follows" in (await browser.open("/staff/cases")).text


async def test_a_destination_that_fails_is_shown_with_its_reason_and_no_address(
    browser: Browser, member: Member, wall_clock: FixedClock, writing: sessionmaker[Session], room: Destination
) -> None:
    with writing.begin() as session:
        failing = session.get_one(Destination, room.id)
        failing.failures, failing.first_failure_at = 2, LONG_AGO
    await sign_in(browser, member, wall_clock.now())
    page = await browser.open("/staff")
    assert "Team room" in page.text
    assert "2 failed tries" in page.text
    with writing.begin() as session:
        off = session.get_one(Destination, room.id)
        off.state, off.disabled_reason = DestinationState.DISABLED, "The Slack channel is archived (status 410)."
    page = await browser.open("/staff")
    assert "The Slack channel is archived (status 410)." in page.text
    assert "@example.org" not in page.text
