"""The way out of a summary ends what is in summaries, all of it, and what comes at once stays."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from service.records import Subscription
from service.vocabulary import Cadence, EndedReason, SubscriptionState
from tests.factories import make_case, make_destination, make_subscription
from tests.service.pages.conftest import ORIGIN, Browser, later, rows

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from service.clock import FixedClock
    from service.links import Links
    from service.records import Case
    from service.security.encryption import Vault

pytestmark = pytest.mark.anyio
ON, OFF = SubscriptionState.ACTIVE, SubscriptionState.ENDED


@pytest.fixture
def path(writing: sessionmaker[Session], vault: Vault, case: Case, links: Links) -> str:
    """Of a reader with a daily, a weekly and an immediate wish, and of another whom nothing here concerns."""
    with writing.begin() as session:
        mailbox = make_destination(session, vault)
        for cadence in (Cadence.DAILY, Cadence.WEEKLY, Cadence.IMMEDIATE):
            make_subscription(session, vault, case=make_case(session), destination=mailbox, cadence=cadence)
        make_subscription(session, vault, case=case, cadence=Cadence.DAILY)
    return links.unsubscribe_from_summaries(mailbox.id).removeprefix(ORIGIN)


def states(writing: sessionmaker[Session]) -> list[SubscriptionState]:
    with writing() as session:
        return list(session.scalars(select(Subscription.state).order_by(Subscription.id)))


async def test_the_button_stops_all_summaries_and_nothing_else_and_is_undone(
    browser: Browser, path: str, writing: sessionmaker[Session]
) -> None:
    before = rows(writing)
    page = await browser.open(path)
    assert "Stop the summaries?" in page.text
    assert "not even when a date is critically late" in page.text
    assert "KAZ" not in page.text
    assert rows(writing) == before
    page = await browser.follow(await browser.send(path))
    assert "The summaries are off" in page.text
    assert states(writing) == [OFF, OFF, ON, ON]
    page = await browser.follow(await browser.send(f"{path}/on"))
    assert "Stop the summaries?" in page.text
    assert states(writing) == [ON, ON, ON, ON]


async def test_one_click_of_a_mail_program_stops_them_and_twice_does_no_more(
    browser: Browser, path: str, writing: sessionmaker[Session], clock: FixedClock
) -> None:
    for _ in range(2):
        answer = await browser.http.post(path, data={"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, answer.content, "set-cookie" in answer.headers) == (200, b"", False)
        later(clock, minutes=1)
    assert states(writing) == [OFF, OFF, ON, ON]
    with writing() as session:
        stopped = session.scalars(select(Subscription).where(Subscription.state == OFF)).all()
        assert {(one.ended_reason, one.ended_at) for one in stopped} == {
            (EndedReason.UNSUBSCRIBED, clock.now() - timedelta(minutes=2))
        }


async def test_what_was_stopped_before_by_itself_stays_stopped_when_the_rest_is_taken_up(
    browser: Browser, path: str, writing: sessionmaker[Session], links: Links, clock: FixedClock
) -> None:
    with writing() as session:
        first = session.scalars(select(Subscription.id).order_by(Subscription.id)).all()[0]
    await browser.http.post(links.unsubscribe(first).removeprefix(ORIGIN), data={"List-Unsubscribe": "One-Click"})
    later(clock, hours=1)
    await browser.open(path)
    await browser.follow(await browser.send(path))
    await browser.follow(await browser.send(f"{path}/on"))
    assert states(writing) == [OFF, ON, ON, ON]


async def test_they_are_paused_for_three_months_and_resumed(
    browser: Browser, path: str, writing: sessionmaker[Session], clock: FixedClock
) -> None:
    await browser.open(path)
    page = await browser.follow(await browser.send(f"{path}/pause"))
    assert "You get no summaries until 19 February 2015" in page.text
    with writing() as session:
        paused = session.scalars(select(Subscription.paused_until).order_by(Subscription.id)).all()
        assert [one is not None for one in paused] == [True, True, False, False]
    page = await browser.follow(await browser.send(f"{path}/on"))
    assert "Stop the summaries?" in page.text
    with writing() as session:
        resumed = session.scalars(select(Subscription).order_by(Subscription.id)).all()
        assert [(one.paused_until, one.changed_at) for one in resumed[:2]] == [(None, clock.now())] * 2


async def test_everything_stops_by_its_own_button(browser: Browser, path: str, writing: sessionmaker[Session]) -> None:
    await browser.open(path)
    await browser.follow(await browser.send(f"{path}/all"))
    assert states(writing) == [OFF, OFF, OFF, ON]


async def test_what_a_complaint_ended_is_not_taken_up(
    browser: Browser, path: str, writing: sessionmaker[Session], clock: FixedClock
) -> None:
    with writing.begin() as session:
        for one in session.scalars(select(Subscription).order_by(Subscription.id)).all()[:2]:
            one.state, one.ended_reason, one.ended_at = OFF, EndedReason.COMPLAINT, clock.now()
    await browser.open(path)
    assert (await browser.send(f"{path}/on")).status_code == 410
    assert states(writing)[:2] == [OFF, OFF]


async def test_a_link_of_another_purpose_or_of_nobody_leads_nowhere(
    browser: Browser, path: str, links: Links, case: Case
) -> None:
    other = links.unsubscribe(1).removeprefix(f"{ORIGIN}/u/")
    assert (await browser.open(f"/u/summaries/{other}")).status_code == 404
    nobody = links.unsubscribe_from_summaries(case.id).removeprefix(ORIGIN)
    assert (await browser.open(nobody)).status_code == 404
