"""What an urgent action says, to whom, and what it never says in a subject line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from alerts.channels import CHANNELS
from alerts.messages import Chat, Event, Mail
from alerts.urgent_action_facts import Addressee, InLanguage, UrgentActionAlert
from tests.alerts.samples import CALLS, FURTHER_INFORMATION, STOP_ACTION, URGENT_ACTION
from tests.test_registries import _over_a_limit

if TYPE_CHECKING:
    from alerts.rendering import Renderer

both_languages = pytest.mark.parametrize("language", ["en", "ru"])
every_call = pytest.mark.parametrize("call", CALLS, ids=lambda call: call.kind)


def mail(renderer: Renderer, call: UrgentActionAlert, language: str = "en") -> Mail:
    return renderer.render(call, language, form="mail")


def test_the_mail_says_what_is_asked_of_whom_by_when_and_how_to_begin(renderer: Renderer) -> None:
    text = mail(renderer, URGENT_ACTION).text
    landmarks = [
        "Urgent action UA 12/15, Kazakhstan: write by 20 April 2015",
        "Aigerim Example is kept from seeing a doctor",
        "Nobody has answered her.",
        "- Answer her complaint.",
        "Write by: 20 April 2015 (Asia/Aqtau)",
        "Write in: Russian, Kazakh, English",
        "Minister of Internal Affairs\nErik Sample\n1 Example Street\nAstana\nminister@ministry.example.org\n",
        "Salutation: Dear Minister (English)",
        "Prosecutor General\n2 Example Street",
        "A letter to begin with: English",
        "Please let doctors see her.",
        "Case: KAZ-2014-003, Kazakhstan",
    ]
    assert [text.index(one) for one in landmarks] == sorted(text.index(one) for one in landmarks)


def test_further_information_says_first_what_has_changed(renderer: Renderer) -> None:
    text = mail(renderer, FURTHER_INFORMATION).text
    assert text.index("She was moved to another colony.") < text.index("She has asked for an independent doctor.")
    assert mail(renderer, FURTHER_INFORMATION).subject.startswith("Further information UA 12/15-1, Kazakhstan")


def test_a_stop_action_asks_for_nothing(renderer: Renderer) -> None:
    text = mail(renderer, STOP_ACTION).text
    assert "The person is free." in text
    assert "Please send no more letters" in text
    for word in ("Write to:", "Write by:", "What to ask for:", "A letter to begin with:"):
        assert word not in text


@both_languages
@every_call
def test_no_subject_and_no_title_names_a_person_or_an_illness(
    renderer: Renderer, call: UrgentActionAlert, language: str
) -> None:
    chat = renderer.render(call, language, form="chat")
    assert chat.title == mail(renderer, call, language).subject
    assert "Aigerim" not in chat.title
    assert call.headline not in chat.title


@both_languages
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


@both_languages
def test_the_longest_call_is_not_cut_off_by_mailboxes(renderer: Renderer, language: str) -> None:
    block = Addressee(
        office="ш" * 200,
        name="ш" * 200,
        address=("ш" * 300,),
        mailbox=None,
        salutations=(InLanguage("ru", ("ш" * 100,)),),
    )
    call = replace(
        URGENT_ACTION,
        summary=tuple("ш" * 1_000 for _ in range(5)),
        demands=("ш" * 500,) * 10,
        addressees=(block,) * 10,
        letters=tuple(InLanguage(tag, tuple("ш" * 1_000 for _ in range(3))) for tag in ("en", "ru", "kk", "fr")),
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
    assert chat.url == URGENT_ACTION.case_url


@pytest.mark.parametrize(
    "mailbox", ["a@b", "x@evil.example\r\nBcc: y@example.org", "https://evil.example", "a b@example.org"]
)
def test_what_is_no_plain_mailbox_is_left_out(renderer: Renderer, mailbox: str) -> None:
    one = replace(URGENT_ACTION.addressees[0], mailbox=mailbox)
    text = mail(renderer, replace(URGENT_ACTION, addressees=(one,))).text
    assert "evil" not in text
    assert mailbox not in text
