"""What an urgent action says, to whom, and what it never says in a subject line."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from alerts.channels import CHANNELS
from alerts.messages import Chat, Event, Mail
from alerts.urgent_action_facts import Addressee, CitedSource, InLanguage, ModelLetter, UrgentActionAlert
from service.commands.urgent_action_words import MOST_CHARACTERS, MOST_COPIES, MOST_TARGETS
from tests.alerts.samples import CALLS, FURTHER_INFORMATION, STOP_ACTION, URGENT_ACTION
from tests.spoken import every_language
from tests.test_registries import _over_a_limit

if TYPE_CHECKING:
    from alerts.rendering import Renderer

every_call = pytest.mark.parametrize("call", CALLS, ids=lambda call: call.kind)


def mail(renderer: Renderer, call: UrgentActionAlert, language: str = "en") -> Mail:
    return renderer.render(call, language, form="mail")


def test_the_mail_says_what_is_asked_of_whom_by_when_and_how_to_begin(renderer: Renderer) -> None:
    text = mail(renderer, URGENT_ACTION).text
    landmarks = [
        "Urgent action by 20 April, case KAZ-2014-003",
        "UA 12/15 · Index: CA 7/2015 · Kazakhstan · Issued: 12 March 2015",
        "Aigerim Example is kept from seeing a doctor",
        "What to ask: Let independent doctors see her",
        "Of whom: Minister of Internal Affairs; Prosecutor General",
        "By when: 20 April 2015 (Asia/Aqtau)",
        "Nobody has answered her.",
        "What to ask for:",
        "- Answer her complaint.",
        "Write by: 20 April 2015 (Asia/Aqtau)",
        "look here first whether letters still help:\nhttps://vigil.example.org/ua/12-2015\n",
        "Write in: Russian, Kazakh or English",
        "Minister of Internal Affairs\nErik Sample\n1 Example Street\nAstana\nminister@ministry.example.org\n",
        "Salutation: Dear Minister (English)",
        "Prosecutor General\n2 Example Street",
        "Send a copy to:",
        "Embassy of Kazakhstan\n3 Example Avenue\nBerlin\nembassy@embassy.example.org\n",
        "Write politely and in your own words",
        "Say how you heard of the case.",
        "A letter to begin with: English\nSubject: Doctors for Aigerim Example",
        "Please let doctors see her.",
        "Background:\nThe colony lets nobody in.",
        "- UPR briefing (as of 24 October 2014)\n  https://reports.example.org/a/3337",
        "Person: Aigerim Example (she)",
        "We keep the number, never who wrote.\nletters@example.org",
        "Case: KAZ-2014-003 · Kazakhstan",
    ]
    assert [text.index(one) for one in landmarks] == sorted(text.index(one) for one in landmarks)


def test_further_information_says_first_what_has_changed(renderer: Renderer) -> None:
    text = mail(renderer, FURTHER_INFORMATION).text
    assert text.index("She was moved to another colony.") < text.index("She has asked for an independent doctor.")
    assert text.index("She was moved to another colony.") < text.index("What to ask:")
    assert "UA 12/15-1 · Index: CA 7/2015 · Kazakhstan · Issued: 12 March 2015 · Follows: UA 12/15" in text
    assert mail(renderer, FURTHER_INFORMATION).subject == "Urgent action, new facts: by 20 April, case KAZ-2014-003"


def test_the_first_line_that_a_mailbox_shows_is_the_ask(renderer: Renderer) -> None:
    html = mail(renderer, URGENT_ACTION).html
    preheader = re.search(r'<div class="preheader"[^>]*>(.*?)</div>', html)
    assert preheader
    assert preheader[1].startswith("Let independent doctors see her &amp; publish &lt;what&gt; they find. Write by:")
    assert "20 April 2015. Write to: Minister of Internal Affairs" in preheader[1]


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "Say how you heard"), ("ru-KZ", "Напишите, откуда"), ("fr", "Say how you heard")],
)
def test_guidance_is_in_the_readers_language_or_in_english(language: str, told: str) -> None:
    found = URGENT_ACTION.guidance_in(language)
    assert found is not None
    assert found.paragraphs[0].startswith(told)
    only_russian = replace(URGENT_ACTION, guidance=URGENT_ACTION.guidance[1:])
    assert only_russian.guidance_in(language) == URGENT_ACTION.guidance[1]
    assert replace(URGENT_ACTION, guidance=()).guidance_in(language) is None


@every_language
@every_call
def test_nothing_in_the_mail_comes_from_elsewhere(renderer: Renderer, call: UrgentActionAlert, language: str) -> None:
    html = mail(renderer, call, language).html
    assert not re.search(r"(?i)<(img|script|link|iframe|form|object|video)|url\(|@import|@font-face|\bsrc=", html)
    assert "prefers-color-scheme: dark" in html


def test_whoever_gives_no_place_to_report_to_is_answered(renderer: Renderer) -> None:
    nowhere = replace(URGENT_ACTION, report_mailbox=None)
    assert "An answer to this message is enough." in mail(renderer, nowhere).text
    page = replace(nowhere, report_url="https://letters.example.org/ua")
    for part in (mail(renderer, page).text, mail(renderer, page).html):
        assert "https://letters.example.org/ua" in part
        assert "An answer to this message" not in part


def test_a_case_that_is_not_public_has_no_page_to_look_at(renderer: Renderer) -> None:
    closed = mail(renderer, replace(URGENT_ACTION, page_url=None))
    assert "/ua/" not in closed.text + closed.html
    assert "only after asking us" in closed.text


def test_a_stop_action_asks_for_nothing(renderer: Renderer) -> None:
    text = mail(renderer, STOP_ACTION).text
    assert "The person is free." in text
    assert "Please send no more letters" in text
    assert "https://vigil.example.org/ua/12-2015-2" in text
    for word in ("Write to:", "Write by:", "What to ask for:", "A letter to begin with:", "How to write:", "how many"):
        assert word not in text + mail(renderer, STOP_ACTION).html


@every_language
@every_call
def test_no_subject_and_no_title_names_a_person_or_an_illness(
    renderer: Renderer, call: UrgentActionAlert, language: str
) -> None:
    chat = renderer.render(call, language, form="chat")
    assert chat.title == mail(renderer, call, language).subject
    assert "Aigerim" not in chat.title
    assert call.headline not in chat.title
    assert call.case_reference in chat.title


@every_language
@every_call
def test_every_channel_says_it_in_the_readers_language_within_its_limits(
    renderer: Renderer, call: UrgentActionAlert, language: str
) -> None:
    long = tuple("ш" * 300 for _ in range(10))
    if call.demands:
        call = replace(call, summary=long, demands=long, addressees=call.addressees * 5)
    for channel in CHANNELS.values():
        message = renderer.render(call, language, form=channel.form)
        if not isinstance(message, Event):
            assert message.language == language
        assert _over_a_limit(message) is None


@every_language
def test_the_longest_call_is_not_cut_off_by_mailboxes(renderer: Renderer, language: str) -> None:
    block = Addressee(
        office="ш" * 200,
        name="ш" * 200,
        address=("ш" * 300,),
        mailbox=f"{'m' * 64}@ministry.example.org",
        salutations=tuple(InLanguage(tag, ("ш" * 100,)) for tag in ("en", "ru", "kk", "fr")),
    )
    per_letter = MOST_CHARACTERS // 8
    call = replace(
        FURTHER_INFORMATION,
        summary=tuple("ш" * 500 for _ in range(MOST_CHARACTERS // 4 // 500)),
        demands=("ш" * 400,) * 10,
        addressees=(block,) * MOST_TARGETS,
        copies=(replace(block, salutations=()),) * MOST_COPIES,
        letters=tuple(ModelLetter(tag, ("ш" * per_letter,), "ш" * 200) for tag in ("en", "ru", "kk", "fr")),
        sources=(CitedSource("ш" * 200, f"https://reports.example.org/{'x' * 200}", date(2014, 10, 24)),) * 10,
    )
    assert len(mail(renderer, call, language).html.encode()) < 100_000


def test_a_machine_is_told_the_kind_and_nothing_else(renderer: Renderer) -> None:
    told = [renderer.render(call, "en", form="event") for call in CALLS]
    assert told == [
        Event(type="urgent_action.issued"),
        Event(type="urgent_action.further_information"),
        Event(type="urgent_action.stop_action"),
    ]


def test_a_room_is_told_whom_to_write_to_and_where_to_read_on(renderer: Renderer) -> None:
    chat = renderer.render(URGENT_ACTION, "en", form="chat")
    assert isinstance(chat, Chat)
    assert "- Minister of Internal Affairs, minister@ministry.example.org" in "\n".join(chat.paragraphs)
    assert (chat.url, chat.url_label) == (URGENT_ACTION.page_url, "Open the urgent action")
    unlisted = renderer.render(replace(URGENT_ACTION, page_url=None), "en", form="chat")
    assert (unlisted.url, unlisted.url_label) == (URGENT_ACTION.case_url, "Open the case")


@pytest.mark.parametrize(
    "mailbox", ["a@b", "x@evil.example\r\nBcc: y@example.org", "https://evil.example", "a b@example.org"]
)
def test_what_is_no_plain_mailbox_is_left_out(renderer: Renderer, mailbox: str) -> None:
    one = replace(URGENT_ACTION.addressees[0], mailbox=mailbox)
    text = mail(renderer, replace(URGENT_ACTION, addressees=(one,))).text
    assert "evil" not in text
    assert mailbox not in text
