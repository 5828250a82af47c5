"""What a reader wants unsaid is nowhere in what leaves: no header, no part, no payload."""

from __future__ import annotations

import dataclasses
import email
import json
from email import policy
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from alerts.channels import CHANNELS
from alerts.channels.matrix import content_of
from alerts.channels.slack import payload_of
from alerts.channels.webhook import body_of
from alerts.facts import Digest, Escalation, Level, MessageFacts
from alerts.languages import Languages
from alerts.messages import Chat, Event, Form, Mail
from alerts.personal_facts import AlreadyFollowing, Confirmation
from alerts.rendering import Renderer
from alerts.urgent_action_facts import CallKind
from service.facts import at_detail
from service.paths import TEMPLATES
from service.previews.as_file import _ENVELOPE, whole_mail
from service.previews.invented import INVENTED, TIERS, invented
from service.vocabulary import Detail

if TYPE_CHECKING:
    from collections.abc import Iterator

NEWS = "https://vigil.example.org/somewhere"
LANGUAGES = Languages(TEMPLATES / "locale")
RENDERER = Renderer(TEMPLATES, LANGUAGES)
SENDER = "Qorganisation <alerts@vigil.example.org>"
# Of no case: they concern an address, and say so at every detail.
ABOUT_ADDRESSES = {
    "destination_test", "destination_failing", "destination_disabled", "canary", "manage_link", "new_address",
    "address_changed", "alerts_stopped", "bounce_probe", "key_unusable",
}  # fmt: skip
CASES = sorted(INVENTED.keys() - ABOUT_ADDRESSES)
# What a message at each detail may hold of the facts, by the name of the field.
ALLOWED = {
    Detail.REFERENCE: {"case_reference", "case_url", "confirm_url", "page_url", "code"},
    Detail.NOTICE: {"confirm_url", "code"},
}
# Words of ours, which are told apart by value below; and what the code must be able to read.
_WORDS = {"kind", "how", "pronoun", "level", "cadence", "outcome", "time_zone", "language", "write_in"}


def marked(facts: Any, words: dict[str, str], numbers: Iterator[int], name: str = "") -> Any:
    """The same facts with a word of its own in every text; `words` gets them, each with its field."""
    if dataclasses.is_dataclass(facts) and not isinstance(facts, type):
        return dataclasses.replace(
            facts,
            **{
                field.name: marked(getattr(facts, field.name), words, numbers, field.name)
                for field in dataclasses.fields(facts)
            },
        )
    if isinstance(facts, tuple):
        return tuple(marked(item, words, numbers, name) for item in facts)
    if type(facts) is not str or name in _WORDS or name == "country":
        return facts
    word = f"q{next(numbers):03d}q"
    words[word] = name
    if name.endswith("url"):
        return f"https://vigil.example.org/{word}"
    return f"{word}@example.org" if name.endswith("mailbox") else word


def left_as_bytes(facts: MessageFacts, language: str, channel: str) -> list[str]:
    """Everything that leaves by this channel, raw and decoded."""
    message = RENDERER.render(facts, language, form=CHANNELS[channel].form)
    if isinstance(message, Mail):
        raw = whole_mail(message, sender=SENDER)
        parsed = email.message_from_bytes(raw, policy=policy.default)
        parts = [part.get_content() for part in parsed.iter_parts()]
        return [raw.decode(), *(f"{name}: {value}" for name, value in parsed.items()), *parts]
    if isinstance(message, Chat):
        document = payload_of(message, maybe_sent=True) if channel == "slack" else content_of(message)
        return [json.dumps(document, ensure_ascii=False)]
    assert isinstance(message, Event)
    return [body_of(message, _ENVELOPE).decode()]


def channels_of(facts: MessageFacts) -> list[str]:
    in_a_mailbox_only = isinstance(facts, Confirmation | AlreadyFollowing)
    return ["email"] if in_a_mailbox_only else sorted(CHANNELS)


@pytest.mark.parametrize("language", LANGUAGES.available)
@pytest.mark.parametrize("detail", [Detail.REFERENCE, Detail.NOTICE])
@pytest.mark.parametrize("kind", CASES)
def test_nothing_above_its_detail_leaves_by_any_channel(kind: str, detail: Detail, language: str) -> None:
    for tier in TIERS:
        words: dict[str, str] = {}
        facts = at_detail(marked(invented(kind, tier), words, count(100)), detail, news_url=NEWS)
        for channel in channels_of(facts):
            for left in left_as_bytes(facts, language, channel):
                said = {name for word, name in words.items() if word in left}
                assert said <= ALLOWED[detail], (channel, left)


@pytest.mark.parametrize("language", LANGUAGES.available)
@pytest.mark.parametrize("detail", [Detail.REFERENCE, Detail.NOTICE])
@pytest.mark.parametrize("kind", sorted(set(CASES) - {"confirmation"}))
def test_no_country_no_date_and_no_kind_leaves_either(kind: str, detail: Detail, language: str) -> None:
    for tier in TIERS:
        facts = invented(kind, tier)
        said = at_detail(facts, detail, news_url=NEWS)
        for channel in channels_of(said):
            left = "\n".join(left_as_bytes(said, language, channel))
            words = RENDERER.render(said, language, form=CHANNELS[channel].form)
            shown = str(words)
            for country in (LANGUAGES.country(language, "KZ"), "Kazakh", "KAZ", "Asia/"):
                assert country not in shown.replace("KAZ-2015-90", "" if detail is Detail.REFERENCE else "KAZ-2015-90")
            assert "specialist" not in left
            if not isinstance(facts, Digest):
                assert "2015" not in shown.replace("KAZ-2015-90", "").replace("kaz-2015-90", "")


def test_the_marks_are_found_where_everything_is_said() -> None:
    for kind in CASES:
        words: dict[str, str] = {}
        facts = marked(invented(kind, TIERS[-1]), words, count(100))
        left = "\n".join(left_as_bytes(facts, "en", "email"))
        assert "case_reference" in {name for word, name in words.items() if word in left}, kind
        assert "Qorganisation" in left


def test_every_notice_but_a_stop_reads_the_same_whatever_happened() -> None:
    for language in LANGUAGES.available:
        said = {
            RENDERER.render(at_detail(invented(kind, tier), Detail.NOTICE, news_url=NEWS), language, form=Form.MAIL)
            for kind in ("follow_up", "urgent_action", "further_information", "digest")
            for tier in TIERS
        }
        assert len(said) == 1


@pytest.mark.parametrize("channel", ["email", "slack", "matrix"])
def test_a_stop_action_stops_its_reader_at_every_detail(channel: str) -> None:
    stop = invented("stop_action", TIERS[0])
    for detail, words in ((Detail.REFERENCE, "Please send no more letters"), (Detail.NOTICE, "Please do no more of")):
        left = "\n".join(left_as_bytes(at_detail(stop, detail, news_url=NEWS), "en", channel))
        assert words in left.replace("=\n", "").replace("=\r\n", "")


def test_a_stop_is_told_to_programs_too() -> None:
    stop = invented("stop_action", TIERS[0])
    told = [RENDERER.render(at_detail(stop, detail, news_url=NEWS), "en", form=Form.EVENT).type for detail in Detail]
    assert told == ["urgent_action.stop_action", "urgent_action.stop_action", "news.stop"]


def test_a_program_is_told_the_level_by_reference_and_nothing_as_a_notice() -> None:
    alert = invented("follow_up", TIERS[0])
    told = [RENDERER.render(at_detail(alert, detail, news_url=NEWS), "en", form=Form.EVENT).type for detail in Detail]
    assert told == ["follow_up.very_overdue", "follow_up.very_overdue", "news"]


def test_a_notice_comes_from_an_address_without_a_name() -> None:
    for kind in CASES:
        mail = RENDERER.render(at_detail(invented(kind, TIERS[0]), Detail.NOTICE, news_url=NEWS), "en", form=Form.MAIL)
        parsed = email.message_from_bytes(whole_mail(mail, sender=SENDER), policy=policy.default)
        assert parsed["From"] == "alerts@vigil.example.org", kind


def test_a_digest_by_reference_names_each_case_once_with_its_gravest_word() -> None:
    digest = invented("digest", TIERS[0])
    assert isinstance(digest, Digest)
    graver = dataclasses.replace(digest.alerts[1], level=Level.CRITICAL)
    said = at_detail(dataclasses.replace(digest, alerts=(*digest.alerts, graver)), Detail.REFERENCE, news_url=NEWS)
    assert [(one.case_reference, one.word) for one in said.cases] == [  # type: ignore[union-attr]
        ("KAZ-2015-902", "critical"),
        ("KAZ-2015-901", "very_overdue"),
    ]
    assert said.updates == 6  # type: ignore[union-attr]


def test_less_of_less_is_no_more() -> None:
    for kind in INVENTED:
        for tier in TIERS:
            facts = invented(kind, tier)
            notice = at_detail(facts, Detail.NOTICE, news_url=NEWS)
            assert at_detail(at_detail(facts, Detail.REFERENCE, news_url=NEWS), Detail.NOTICE, news_url=NEWS) == notice
            assert at_detail(notice, Detail.REFERENCE, news_url=NEWS) == notice
            assert at_detail(facts, Detail.FULL, news_url=NEWS) is facts


def test_what_no_subscription_caused_has_no_stop_link_at_any_detail() -> None:
    escalation = invented("escalation", TIERS[0])
    assert isinstance(escalation, Escalation)
    for detail in Detail:
        mail = RENDERER.render(at_detail(escalation, detail, news_url=NEWS), "en", form=Form.MAIL)
        assert not mail.has_stop_link


def test_every_kind_of_call_has_its_word() -> None:
    for kind in CallKind:
        said = at_detail(invented(kind.value, TIERS[0]), Detail.REFERENCE, news_url=NEWS)
        assert said.word == kind.value  # type: ignore[union-attr]
