"""Every journey of a reader, with a real browser in which no script runs, in each language."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from pysequoia import Tsk
from standardwebhooks.webhooks import Webhook

from service.records import Case as CaseRecord
from tests.real.browsing import A_PERSONS_PAUSE_MS, Reader, a_browser
from tests.real.ground import Ground, ground_at
from tests.real.installation import link_in, text_of
from tests.urgent import desk_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from service.records import Case
    from tests.alerts.certificates import Authority

pytestmark = pytest.mark.timeout(300)

LANGUAGES = ("en", "ru", "ar")


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for all; each test has a window of its own, with its own cookies."""
    with a_browser(chromium) as browser:
        yield browser


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Ground]:
    """One installation for all; each test has readers and cases of its own."""
    with ground_at(tmp_path_factory.mktemp("journeys"), authority) as ready:
        yield ready


@pytest.fixture(params=LANGUAGES)
def reader(request: pytest.FixtureRequest, browser: Browser, ground: Ground) -> Iterator[Reader]:
    """A reader whose browser runs no script and asks for their language."""
    languages = ground.parts.languages
    assert request.param in languages.available
    context = browser.new_context(
        java_script_enabled=False, locale=request.param, viewport={"width": 390, "height": 844}
    )
    context.set_default_timeout(20_000)
    yield Reader(context.new_page(), ground.url, languages, request.param)
    context.close()


def address_of(reader: Reader, name: str) -> str:
    """A mailbox that nobody else in this run has."""
    return f"{name}-{reader.language}@example.org"


def ask_for_alerts(reader: Reader, address: str) -> None:
    """Fill in the rest of the form and send it as slowly as a person."""
    reader.write("Your e-mail address", address)
    reader.page.wait_for_timeout(A_PERSONS_PAUSE_MS)
    reader.press("Ask for alerts")
    reader.page.wait_for_url("**/subscribe/sent**")
    assert reader.heading() == reader.say("Check your e-mail")


def own_page(reader: Reader, ground: Ground, address: str, *, after: int = 0) -> None:
    """Ask for the link, open it, press its button."""
    reader.open("/manage")
    reader.write("Your e-mail address", address)
    reader.press("Mail me the link")
    assert reader.heading() == reader.say("Check your e-mail")
    reader.open(link_in(ground.mailbox.next_for(address, after=after), "/manage/open/"))
    reader.press("Open my page")
    assert reader.heading() == reader.say("What you get")


def followed(reader: Reader, case: Case) -> str:
    return reader.words.followed(reference=case.reference, country=None, kind=None)


def test_a_case_is_found_and_followed_and_confirmed_by_the_link(reader: Reader, ground: Ground) -> None:
    case, address = ground.a_case(), address_of(reader, "link")
    reader.open("/")
    reader.write("Name, reference or word", case.reference)
    reader.press("Search")
    reader.page.get_by_role("main").get_by_role("listitem").filter(has_text=case.reference).get_by_role("link").click()
    assert reader.shows(case.reference)
    reader.follow("Get alerts about this case")
    reader.choose("Once a day")
    reader.choose("The case and how urgent it is")
    reader.pick("From when on?", "overdue")
    ask_for_alerts(reader, address)

    question = ground.mailbox.next_for(address, after=0)
    assert question["Content-Language"] == reader.language
    reader.open(link_in(question, "/confirm/"))
    assert reader.heading() == reader.say("One more step")
    assert reader.shows(f"{reader.say('once a day')} · {reader.say('when it is overdue')}")
    reader.press("Start sending me alerts")
    assert reader.heading() == reader.say("Alerts are on")

    own_page(reader, ground, address, after=1)
    for words in ("once a day", "the case and how urgent it is", "when it is overdue"):
        assert reader.shows(reader.say(words))


def test_a_whole_country_is_followed_and_the_code_from_the_mail_starts_it(reader: Reader, ground: Ground) -> None:
    address = address_of(reader, "code")
    ground.a_case(country="UZ")
    reader.open("/")
    reader.follow("Follow a whole country, or one kind of date")
    reader.page.get_by_role("link", name=reader.words.country("UZ"), exact=True).click()
    ask_for_alerts(reader, address)
    question = ground.mailbox.next_for(address, after=0)
    said = re.escape(reader.say("Or type this code on the page where you asked: %(code)s", code="CODE"))
    found = re.search(said.replace("CODE", r"\W*(\w{6})"), text_of(question))
    assert found is not None, text_of(question)
    reader.write("Or type the code from the message", found.group(1).lower())
    reader.press("Start sending me alerts")
    assert reader.heading() == reader.say("Alerts are on")
    assert reader.shows(reader.words.followed(reference=None, country="UZ", kind=None))


def test_one_kind_of_date_is_followed_in_all_cases(reader: Reader, ground: Ground) -> None:
    address = address_of(reader, "kind")
    reader.open("/follow")
    reader.page.get_by_role("link", name=reader.words.follow_up("parole_hearing"), exact=True).click()
    reader.choose("Only that there is news")
    ask_for_alerts(reader, address)
    question = ground.mailbox.next_for(address, after=0)
    assert reader.words.follow_up("parole_hearing") not in text_of(question)
    reader.open(link_in(question, "/confirm/"))
    reader.press("Start sending me alerts")
    assert reader.heading() == reader.say("Alerts are on")


def test_on_their_own_page_readers_change_set_hours_pause_resume_and_stop(reader: Reader, ground: Ground) -> None:
    case, address = ground.a_case(), address_of(reader, "own")
    ground.a_follower(case, address, reader.language)
    what = followed(reader, case)
    own_page(reader, ground, address)

    reader.follow("Change", about=what)
    reader.choose("Once a week")
    reader.press("Save")
    assert reader.told() == reader.say("Changed. It holds from the next message on.")
    assert reader.shows(reader.say("once a week"))

    reader.follow("Change the hours")
    reader.pick("Summaries come at", "9")
    reader.pick("They begin at", "22:00")
    reader.pick("They end at", "07:00")
    reader.press("Save")
    assert reader.shows("09:00")
    assert reader.shows(reader.say("from %(begin)s to %(end)s", begin="22:00", end="07:00"))

    reader.follow("Pause", about=what)
    reader.write("Day", "32")
    reader.press("Pause")
    assert reader.shows(reader.say("Write a day that there is, such as 9 3 2027"))
    until = ground.parts.clock.now() + timedelta(days=40)
    for label, number in (("Day", until.day), ("Month", until.month), ("Year", until.year)):
        reader.write(label, str(number))
    reader.press("Pause")
    assert reader.told() == reader.say("Paused. Nothing is sent until that day.")
    assert reader.shows(ground.parts.languages.date(reader.language, until.date()))
    reader.press("Resume", about=what)
    assert reader.told() == reader.say("Alerts are on again.")
    reader.press("Stop", about=what)
    assert reader.told() == reader.say("Stopped. One message already on its way may still arrive.")
    assert reader.shows(reader.say("You get no alerts."))

    reader.press("Leave")
    reader.open("/manage/alerts")
    assert reader.heading() == reader.say("Change or stop what you get")


def test_a_new_address_takes_over_and_then_everything_is_taken_along_and_deleted(
    reader: Reader, ground: Ground
) -> None:
    case, old, new = ground.a_case(), address_of(reader, "old"), address_of(reader, "new")
    ground.a_follower(case, old, reader.language)
    own_page(reader, ground, old)
    reader.follow("Use another address")
    reader.write("The new e-mail address", new)
    reader.press("Ask at the new address")
    assert reader.told() == reader.say("We wrote to the new address. Nothing changes until its button is pressed.")
    reader.open(link_in(ground.mailbox.next_for(new, after=0), "/address/"))
    assert reader.heading() == reader.say("One more step")
    reader.press("Use this address from now on")
    assert reader.heading() == reader.say("Your alerts go to the new address now")
    assert ground.mailbox.next_for(old, after=1)["Content-Language"] == reader.language

    reader.open("/manage/alerts")
    with reader.page.expect_download() as saving:
        reader.follow("Download my data")
    data = json.loads(saving.value.path().read_text(encoding="utf-8"))
    assert [one["address"] for one in data["destination"]] == [{"address": new}]
    reader.follow("Delete everything")
    reader.press("Delete everything")
    assert reader.told() == reader.say("Everything is deleted. One message already on its way may still arrive.")
    reader.open("/manage/alerts")
    assert reader.heading() == reader.say("Change or stop what you get")


def test_the_link_of_an_alert_stops_it_turns_it_on_again_and_pauses_it(reader: Reader, ground: Ground) -> None:
    case, address = ground.a_case(), address_of(reader, "stop")
    ground.a_follower(case, address, reader.language)
    ground.a_date_passes(case)
    alert = ground.mailbox.next_for(address, after=0)
    assert alert["Content-Language"] == reader.language
    reader.open(link_in(alert, "/u/"))
    what = followed(reader, case)
    assert reader.heading() == reader.say("Stop the alerts about <bdi>%(what)s</bdi>?", what=what)
    reader.press("Stop this case")
    assert reader.heading() == reader.say("Alerts are off")
    reader.press("Turn on again")
    assert reader.heading() == reader.say("Stop the alerts about <bdi>%(what)s</bdi>?", what=what)
    reader.press("Pause 3 months")
    assert reader.heading() == reader.say("Alerts are paused")
    reader.press("Turn on again")
    reader.press("Stop everything from %(organisation)s", organisation="Example Watch")
    assert reader.heading() == reader.say("Alerts are off")


def test_a_webhook_of_ones_own_is_added_and_its_test_arrives_signed(reader: Reader, ground: Ground) -> None:
    address = address_of(reader, "hook")
    ground.a_follower(ground.a_case(), address, reader.language)
    own_page(reader, ground, address)
    reader.follow("Signed webhook")
    reader.write("Address that takes the messages", "http://127.0.0.1:1/private")
    reader.press("Add")
    assert reader.shows(reader.say("There is a problem"))
    reader.write("Address that takes the messages", f"{ground.receiver.origin}/{reader.language}")
    reader.press("Add")
    assert reader.heading() == reader.say("The secret of your webhook")
    secret = reader.page.locator("code").inner_text()
    reader.follow("I have copied it")
    before = len(ground.receiver.requests)
    reader.press("Send a test")
    assert reader.told() == reader.say("The test is on its way. Load this page again in a moment to see the answer.")
    for _ in range(100):
        reader.page.reload()
        if reader.shows("204"):
            break
        reader.page.wait_for_timeout(100)
    assert reader.shows("204"), "the page does not show the receiver's answer"
    headers, body = ground.receiver.requests[before]
    assert Webhook(secret).verify(body, headers)["type"] == "destination.test"


@pytest.fixture(scope="module")
def urgent_action(ground: Ground) -> tuple[Case, str]:
    """A case with an urgent action that is out, and its number."""
    now = ground.parts.clock.now() - timedelta(hours=1)
    made = ground.a_case()
    with ground.parts.writing.begin() as session:
        case = session.get_one(CaseRecord, made.id)
        action = desk_at(session, ground.parts.vault, ground.parts.links, now).issued(case)
        return made, action.number


def test_an_urgent_action_says_what_to_write_to_whom_and_by_when(
    reader: Reader, urgent_action: tuple[Case, str]
) -> None:
    case, number = urgent_action
    reader.open(f"/c/{case.slug}")
    reader.page.get_by_role("link", name=number, exact=True).click()
    assert reader.heading() == "Dana Sample is kept from independent observers"
    for words in ("What to ask:", "Of whom:", "By when:", "Write to:", "How to write:"):
        assert reader.shows(reader.say(words)), words
    letter = reader.page.get_by_role("link", name="Minister of Internal Affairs", exact=True)
    assert (letter.get_attribute("href") or "").startswith("mailto:minister@ministry.example.org?")


def test_a_reader_gives_a_key_and_takes_it_back(reader: Reader, ground: Ground) -> None:
    subscription = ground.a_follower(ground.a_case(), address_of(reader, "key"), reader.language)
    reader.open(
        ground.parts.links.key(subscription.subscriber_id, expires_at=ground.parts.wall_clock.now() + timedelta(days=1))
    )
    assert reader.heading() == reader.say("Your OpenPGP key")
    reader.write("Your public key", "no key at all")
    reader.press("Encrypt my mail")
    assert reader.shows(reader.say("There is a problem"))
    key = Tsk.generate(user_id="Alice Sample <alice@example.org>").extract_certificate()
    reader.write("Your public key", str(key))
    reader.press("Encrypt my mail")
    assert reader.shows(reader.say("Fingerprint"))
    reader.follow("Remove the key")
    assert reader.heading() == reader.say("Remove your OpenPGP key?")
    reader.press("Remove the key")
    assert reader.page.get_by_role("button", name=reader.say("Encrypt my mail")).is_visible()


def test_a_private_calendar_and_feed_are_made_and_switched_off(reader: Reader, ground: Ground) -> None:
    subscription = ground.a_follower(ground.a_case(), address_of(reader, "feed"), reader.language)
    reader.open(
        ground.parts.links.feed_links(
            subscription.subscriber_id, expires_at=ground.parts.wall_clock.now() + timedelta(days=1)
        )
    )
    reader.press("Make the addresses")
    addresses = reader.page.locator("code").all_inner_texts()
    assert [address.rpartition("/")[2] for address in addresses] == ["dates.ics", "feed.atom"]
    for address in addresses:
        assert reader.page.request.get(address).ok
    reader.press("Switch the addresses off")
    assert reader.shows(reader.say("You have no private addresses."))
    for address in addresses:
        assert reader.page.request.get(address).status == 404
