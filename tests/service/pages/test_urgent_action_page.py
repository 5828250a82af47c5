"""The page of an urgent action: whom it tells what, and that it asks nobody to write who should not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, select, update

from alerts.facts import Tier
from service.commands.close_urgent_action import close, report_letters
from service.commands.issue_urgent_action import expire_ended
from service.commands.later_versions import further_information, stop_action
from service.commands.urgent_actions import take_back
from service.records import Case as CaseRecord
from service.records import Consent, Person, UrgentAction
from service.vocabulary import ConsentScope, Monitoring, Pronoun, UrgentActionOutcome
from tests.factories import make_consent, make_source
from tests.service.pages.conftest import Browser, later
from tests.urgent import Desk, cited, desk_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session, sessionmaker

    from service.clock import FixedClock
    from service.commands.acting import Acting
    from service.links import Links
    from service.records import Case
    from service.security.encryption import Vault

pytestmark = pytest.mark.anyio

PAGE = "/ua/1-2014"
MAILBOX = "minister@ministry.example.org"


@dataclass
class Office:
    """The desk where urgent actions are written, opened for one change at a time."""

    writing: sessionmaker[Session]
    vault: Vault
    links: Links
    now: datetime
    case_id: object
    alice: Acting
    dora: Acting

    def change(self, do: Callable[[Desk, CaseRecord, UrgentAction], object]) -> None:
        """Do something to the urgent action that is out."""
        with self.writing.begin() as session:
            desk = Desk(session, self.vault, self.links, self.now, self.alice, self.dora)
            case = session.get_one(CaseRecord, self.case_id)
            action = session.scalars(select(UrgentAction).where(UrgentAction.edition == 0)).one()
            do(desk, case, action)


@pytest.fixture
def office(writing: sessionmaker[Session], vault: Vault, links: Links, now: datetime, case: Case) -> Office:
    """One urgent action is out, with everything that its document may say."""
    with writing.begin() as session:
        desk = desk_at(session, vault, links, now)
        own = session.get_one(CaseRecord, case.id)
        own.persons[0].pronoun = Pronoun.SHE
        source = make_source(session, title="Report on <colonies>", url="https://reports.example.org/12")
        embassy = desk.official(office="Embassy of Kazakhstan")
        desk.issued(
            own, index_number="CA 7/2014", background="The colony is closed.", copy_ids=(embassy.id,),
            sources=cited(source, as_of=date(2014, 10, 24)), guidance={"en": "Say how you heard of it."},
            letter_subjects={"en": "Observers"}, report_to="letters@example.org",
        )  # fmt: skip
        return Office(writing, vault, links, now + timedelta(minutes=2), case.id, desk.alice, desk.dora)


async def test_it_says_what_to_write_to_whom_and_until_when(
    browser: Browser, office: Office, case: Case, clock: FixedClock
) -> None:
    page = await browser.open(PAGE)
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    for words in (
        "UA 1/14", "CA 7/2014", "Kazakhstan", "Dana Sample is kept from independent observers", "4 December 2014",
        "Let independent observers visit.", "Minister of Internal Affairs", "1 Example Street", MAILBOX, "Dear Minister",
        "Embassy of Kazakhstan", "Write politely and in your own words", "Say how you heard of it.", "Observers",
        "Please let observers in.", "The colony is closed.", "Report on &lt;colonies&gt;", "24 October 2014", "(she)",
        "letters@example.org",
    ):  # fmt: skip
        assert words in page.text, words
    assert f'href="mailto:{MAILBOX}?subject=Observers&amp;body=Dear%20Minister%0D%0A%0D%0A' in page.text
    assert f'href="/c/{case.slug}"' in page.text
    listed = (await browser.open(f"/c/{case.slug}")).text
    assert f'<a href="{PAGE}"><bdi>UA 1/14</bdi></a>: Write by: 4 December 2014' in listed
    assert (await browser.open(f"{PAGE}?lang=ru")).headers["content-language"] == "ru"


def asks_nothing(text: str) -> None:
    for word in ("mailto:", MAILBOX, "1 Example Street", "Please let observers in.", "Write by:", "How to write"):
        assert word not in text, word


async def test_what_is_not_there_and_what_is_not_out_answer_alike(browser: Browser, office: Office) -> None:
    office.change(lambda desk, case, _: desk.draft(case))
    missing = await browser.open("/ua/999-2014")
    for slug in ("2-2014", "1-2013", "1-14", "1-2014-1", "1-2014-0", "01-2014", "\u0661-2014", "x"):
        answer = await browser.open(f"/ua/{slug}")
        assert (answer.status_code, strip(answer.text)) == (404, strip(missing.text)), slug


def strip(text: str) -> str:
    """The page without its own address, which the links to other languages repeat."""
    return re.sub(r'href="/ua/[^"]*"', "", text)


def withdraw(scope: ConsentScope) -> Callable[[Desk, CaseRecord, UrgentAction], object]:
    def do(desk: Desk, _case: CaseRecord, _action: UrgentAction) -> None:
        desk.session.execute(update(Consent).where(Consent.scope == scope).values(withdrawn_at=desk.now))

    return do


def speak_of_health(desk: Desk, case: CaseRecord, action: UrgentAction) -> None:
    make_consent(desk.session, case.persons[0], scope=ConsentScope.PUBLISH_HEALTH)
    action.speaks_of_health = True


def seal_case(_desk: Desk, case: CaseRecord, _action: UrgentAction) -> None:
    case.tier = Tier.SEALED


def restrict_case(_desk: Desk, case: CaseRecord, _action: UrgentAction) -> None:
    case.tier = Tier.RESTRICTED


def seal_person(desk: Desk, case: CaseRecord, _action: UrgentAction) -> None:
    desk.session.get_one(Person, case.persons[0].id).tier = Tier.SEALED


def erase_person(desk: Desk, case: CaseRecord, _action: UrgentAction) -> None:
    person = case.persons.pop()
    desk.session.flush()
    desk.session.execute(delete(Person).where(Person.id == person.id))


@pytest.mark.parametrize(
    "change",
    [withdraw(ConsentScope.NAME_PUBLICLY), seal_case, restrict_case, seal_person, erase_person],
    ids=["consent", "sealed", "restricted", "sealed-person", "erased-person"],
)
async def test_the_gates_of_a_message_close_the_page_too(
    browser: Browser, office: Office, case: Case, change: Callable[[Desk, CaseRecord, UrgentAction], object]
) -> None:
    missing = await browser.open("/ua/999-2014")
    assert (await browser.open(PAGE)).status_code == 200
    office.change(change)
    answer = await browser.open(PAGE)
    assert (answer.status_code, strip(answer.text)) == (404, strip(missing.text))
    assert "UA 1/14" not in (await browser.open(f"/c/{case.slug}")).text


async def test_what_speaks_of_health_closes_with_that_consent(browser: Browser, office: Office) -> None:
    office.change(speak_of_health)
    assert (await browser.open(PAGE)).status_code == 200
    office.change(withdraw(ConsentScope.PUBLISH_HEALTH))
    assert (await browser.open(PAGE)).status_code == 404


async def test_an_expired_one_says_so_first_and_asks_to_ask(
    browser: Browser, office: Office, case: Case, clock: FixedClock
) -> None:
    later(clock, days=20)
    page = (await browser.open(PAGE)).text
    told = page.index("The last day to write, 4 December 2014, has passed.")
    assert told < page.index("Nobody from outside has been let in.")
    assert "Ask first whether to write" in (await browser.open(f"/c/{case.slug}")).text
    office.change(lambda desk, _case, _action: expire_ended(desk.session, now=clock.now(), vault=desk.vault))
    assert "has passed" in (await browser.open(PAGE)).text


async def test_a_closed_one_says_so_first_with_its_outcome(browser: Browser, office: Office) -> None:
    office.change(
        lambda desk, _, action: close(
            desk.session, action, outcome=UrgentActionOutcome.IMPROVED, now=desk.now, by="tests", vault=desk.vault
        )
    )
    page = (await browser.open(PAGE)).text
    assert page.index("This urgent action is closed.") < page.index("Nobody from outside has been let in.")
    assert "Outcome: Improved." in page
    assert "What was asked for:" in page
    asks_nothing(page)


async def test_a_case_that_is_not_watched_any_more_asks_for_no_letters(
    browser: Browser, office: Office, case: Case
) -> None:
    def end(_desk: Desk, own: CaseRecord, _action: UrgentAction) -> None:
        own.monitoring = Monitoring.CLOSED

    office.change(end)
    page = (await browser.open(PAGE)).text
    assert "This urgent action is closed." in page
    asks_nothing(page)
    assert "Write no more letters" in (await browser.open(f"/c/{case.slug}")).text


async def test_further_information_takes_the_place_of_the_first(browser: Browser, office: Office, case: Case) -> None:
    def follow(desk: Desk, own: CaseRecord, action: UrgentAction) -> None:
        words = desk.words(own, what_changed="She was moved.")
        version = further_information(desk.session, action, words, now=desk.now, by=desk.alice, vault=desk.vault)
        out(desk, version)

    office.change(follow)
    first = (await browser.open(PAGE)).text
    assert "There is newer information." in first
    assert 'href="/ua/1-2014-1"' in first
    asks_nothing(first)
    second = (await browser.open("/ua/1-2014-1")).text
    assert second.index("She was moved.") < second.index("What to ask:")
    assert "Follows: <bdi>UA 1/14</bdi>" in second
    listed = (await browser.open(f"/c/{case.slug}")).text
    assert "UA 1/14-1" in listed
    assert f'href="{PAGE}"' not in listed


def out(desk: Desk, version: UrgentAction) -> None:
    desk.submit(version)
    desk.approve(version)
    desk.at(minutes=2).issue(version)


def draft_stop(desk: Desk, _case: CaseRecord, action: UrgentAction) -> UrgentAction:
    return stop_action(
        desk.session, action, outcome=UrgentActionOutcome.RELEASED, why="We have learned of a release.", now=desk.now,
        by=desk.alice, vault=desk.vault,
    )  # fmt: skip


async def test_nobody_is_sent_to_write_while_a_stop_action_is_looked_at(browser: Browser, office: Office) -> None:
    office.change(draft_stop)
    page = (await browser.open(PAGE)).text
    assert "Please do not write at present." in page
    assert "release" not in page
    asks_nothing(page)
    assert (await browser.open("/ua/1-2014-1")).status_code == 404


async def test_a_stop_action_says_stop_and_ends_the_page_before_it(
    browser: Browser, office: Office, case: Case
) -> None:
    office.change(lambda desk, own, action: out(desk, draft_stop(desk, own, action)))
    stop = (await browser.open("/ua/1-2014-1")).text
    assert "<h1>Stop: please write no more letters</h1>" in stop
    assert "We have learned of a release." in stop
    assert "Released" in stop
    asks_nothing(stop)
    first = (await browser.open(PAGE)).text
    assert "Please write no more letters." in first
    assert 'href="/ua/1-2014-1"' in first
    asks_nothing(first)
    # It names nobody, so it stays when the name may not be said any more.
    office.change(withdraw(ConsentScope.NAME_PUBLICLY))
    assert (await browser.open(PAGE)).status_code == 404
    assert (await browser.open("/ua/1-2014-1")).status_code == 200
    assert ">UA 1/14-1</bdi></a>: Write no more letters" in (await browser.open(f"/c/{case.slug}")).text


async def test_letters_are_a_number_and_nothing_else(browser: Browser, office: Office) -> None:
    assert "reported" not in (await browser.open(PAGE)).text

    def count(desk: Desk, _case: CaseRecord, action: UrgentAction) -> None:
        given: dict[str, Any] = {"reported_on": desk.now.date(), "now": desk.now, "by": "tests", "vault": desk.vault}
        report_letters(desk.session, action, language="en", letters=3, **given)
        report_letters(desk.session, action, language="ru", letters=4, **given)

    office.change(count)
    assert "7 letters reported" in (await browser.open(PAGE)).text


async def test_the_page_keeps_the_words_that_were_told(browser: Browser, office: Office) -> None:
    def move(_desk: Desk, _case: CaseRecord, action: UrgentAction) -> None:
        action.targets[0].address = "9 Other Street"

    office.change(move)
    page = (await browser.open(PAGE)).text
    assert "1 Example Street" in page
    assert "9 Other Street" not in page


async def test_a_version_that_was_taken_back_has_no_page(browser: Browser, office: Office) -> None:
    def again(desk: Desk, own: CaseRecord, _action: UrgentAction) -> None:
        take_back(desk.session, desk.approved(own), now=desk.now, by=desk.alice, vault=desk.vault)

    office.change(again)
    assert (await browser.open("/ua/2-2014")).status_code == 404
