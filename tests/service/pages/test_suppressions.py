"""The board lists the addresses that are not written to, and says whose they are to those alone who may know."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.facts import EmailAddress
from service.commands.add_member import add_member
from service.commands.suppressions import suppress_address, suppress_for_complaint
from service.pages.word_tables import SUPPRESSIONS
from service.records import Suppression
from service.security.addresses import index_of
from service.vocabulary import ChannelName, Role, SuppressionReason
from tests.factories import make_destination
from tests.service.pages.conftest import PASSWORD, Member, sign_in

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from service.clock import FixedClock
    from service.security.encryption import Vault
    from tests.service.pages.conftest import Browser

pytestmark = pytest.mark.anyio

READER = EmailAddress("zqreader@example.org")


@pytest.fixture
def complaint(writing: sessionmaker[Session], vault: Vault, clock: FixedClock) -> Suppression:
    """That of a reader whose mailbox is a destination still."""
    with writing.begin() as session:
        mailbox = make_destination(session, vault, address=READER)
        return suppress_for_complaint(session, mailbox.address_hmac, now=clock.now(), vault=vault)


@pytest.fixture
async def coordinator(
    browser: Browser, writing: sessionmaker[Session], vault: Vault, wall_clock: FixedClock
) -> Browser:
    """Somebody who may see every delivery, signed in."""
    with writing.begin() as session:
        _, seed = add_member(
            session, name="dora", role=Role.COORDINATOR, password=PASSWORD, all_cases=True, cases=[],
            now=wall_clock.now(), vault=vault,
        )  # fmt: skip
    await sign_in(browser, Member("dora", seed), wall_clock.now())
    return browser


async def test_it_says_why_until_when_and_how_to_lift_it(staff_reader: Browser, complaint: Suppression) -> None:
    page = (await staff_reader.open("/staff/suppressions")).text
    for words in ("Our mail was reported as unwanted", "it is lifted", f"suppression lift {complaint.id}"):
        assert words in page
    assert '<a href="/staff/suppressions" aria-current="page">Suppressed addresses</a>' in page
    spoken = (await staff_reader.open("/staff/suppressions?lang=ru")).text
    assert "Our mail was" not in spoken
    assert "Suppressed addresses" not in spoken


async def test_whose_it_is_is_shown_masked_to_those_who_may_see_all_deliveries(
    coordinator: Browser, complaint: Suppression
) -> None:
    page = (await coordinator.open("/staff/suppressions")).text
    assert "z…@example.org" in page
    assert READER.address not in page


async def test_to_others_and_once_the_reader_is_gone_it_is_a_hash(
    staff_reader: Browser, complaint: Suppression
) -> None:
    page = (await staff_reader.open("/staff/suppressions")).text
    assert "Known by a keyed hash alone" in page
    for secret in ("z…@example.org", complaint.address_hmac, READER.address):
        assert secret not in page


async def test_of_an_erased_address_nothing_but_its_hash_is_known(
    coordinator: Browser, writing: sessionmaker[Session], vault: Vault, clock: FixedClock
) -> None:
    with writing.begin() as session:
        suppress_address(session, READER, until=None, now=clock.now(), by="dora", vault=vault)
    page = (await coordinator.open("/staff/suppressions")).text
    assert "A member decided so" in page
    assert "Known by a keyed hash alone" in page


async def test_one_that_is_over_says_so_and_names_no_command(
    staff_reader: Browser, writing: sessionmaker[Session], vault: Vault, clock: FixedClock
) -> None:
    with writing.begin() as session:
        suppress_address(
            session, READER, until=clock.now() + timedelta(days=1), now=clock.now(), by="dora", vault=vault
        )
    assert "suppression lift" in (await staff_reader.open("/staff/suppressions")).text
    clock.at += timedelta(days=1)
    page = (await staff_reader.open("/staff/suppressions")).text
    assert "It is over" in page
    assert "suppression lift" not in page


async def test_there_are_pages_of_them_newest_first(
    staff_reader: Browser, writing: sessionmaker[Session], vault: Vault, clock: FixedClock
) -> None:
    ids = []
    with writing.begin() as session:
        for n in range(203):
            index = index_of(vault, ChannelName.EMAIL, EmailAddress(f"{n}@example.org"))
            one = Suppression(address_hmac=index, reason=SuppressionReason.COMPLAINT, created_at=clock.now())
            session.add(one)
            session.flush()
            ids.append(one.id)
    first = (await staff_reader.open("/staff/suppressions")).text
    assert [f"lift {one}" in first for one in sorted(ids)] == [False] * 3 + [True] * 200
    assert first.index(f"lift {max(ids)}") < first.index(f"lift {sorted(ids)[3]}")
    older = (await staff_reader.open(f"/staff/suppressions?before={sorted(ids)[3]}")).text
    assert [f"lift {one}" in older for one in sorted(ids)] == [True] * 3 + [False] * 200
    assert f"before={sorted(ids)[3]}" in first
    assert "Older ones" not in older
    assert f"lift {max(ids)}" in (await staff_reader.open("/staff/suppressions?before=nonsense")).text


async def test_where_there_is_none_it_says_so_and_strangers_are_sent_to_the_door(staff_reader: Browser) -> None:
    assert "There is none." in (await staff_reader.open("/staff/suppressions")).text
    answer = await staff_reader.open("/staff/suppressions", cookie="")
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff/sign-in")


async def test_whoever_was_granted_no_case_sees_none(
    browser: Browser, complaint: Suppression, writing: sessionmaker[Session], vault: Vault, wall_clock: FixedClock
) -> None:
    with writing.begin() as session:
        _, seed = add_member(
            session, name="emil", role=Role.OBSERVER, password=PASSWORD, all_cases=False, cases=[],
            now=wall_clock.now(), vault=vault,
        )  # fmt: skip
    await sign_in(browser, Member("emil", seed), wall_clock.now())
    page = (await browser.open("/staff/suppressions")).text
    assert "There is none." in page
    assert str(complaint.id) not in page


def test_every_reason_has_its_words() -> None:
    assert set(SUPPRESSIONS) == set(SuppressionReason)
