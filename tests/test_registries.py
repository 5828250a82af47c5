"""Every kind of follow-up is said on every channel in every language, within the channel's limits."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from slack_sdk.models.blocks import Block

from alerts.channels import CHANNELS
from alerts.channels.matrix import LONGEST_CONTENT, content_of
from alerts.channels.mime import PreparedMail
from alerts.channels.slack import payload_of
from alerts.channels.webhook import body_of
from alerts.facts import Level
from alerts.follow_up_kinds import FOLLOW_UP_KINDS, UnknownKind
from alerts.languages import Languages, Untranslated
from alerts.messages import Chat, Event, Mail
from alerts.phrases import Phrases
from alerts.rendering import Renderer
from tests.alerts.samples import NAMED, SUBSCRIBER, envelope
from tests.spoken import PROMISED, SPOKEN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alerts.messages import Message

TEMPLATES = Path(__file__).parents[1] / "templates"
WEBHOOK_LIMIT = 20_000


def faults(templates: Path, kinds: Iterable[str], channels: Iterable[str]) -> list[str]:
    """What is wrong with each kind, channel and language, in words; nothing if nothing is."""
    languages = Languages(templates / "locale")
    renderer = Renderer(TEMPLATES, languages)
    found = []
    for kind in kinds:
        for channel in channels:
            for language in languages.available:
                try:
                    said = _fault(languages, renderer, kind, channel, language)
                except (Untranslated, UnknownKind, KeyError) as error:
                    said = repr(error)
                if said:
                    found.append(f"{kind}, {channel}, {language}: {said}")
    return found


def _fault(languages: Languages, renderer: Renderer, kind: str, channel: str, language: str) -> str | None:
    facts = replace(NAMED, kind=kind, level=Level.OVERDUE, basis=FOLLOW_UP_KINDS[kind].basis)
    phrases = Phrases(languages, language)
    message = renderer.render(facts, language, form=CHANNELS[channel].form)
    if isinstance(message, Event):
        return None if len(body_of(message, envelope())) < WEBHOOK_LIMIT else "too long"
    if message.language != language:
        return f"is said in {message.language}"
    text = _text_of(message)
    missing = [
        words
        for words in (phrases.what(facts), phrases.who(facts), phrases.basis(facts))
        if words and words not in text
    ]
    return f"does not say {missing}" if missing else _over_a_limit(message)


def _text_of(message: Message) -> str:
    return message.text if isinstance(message, Mail) else "\n".join(getattr(message, "paragraphs", ()))


def _over_a_limit(message: Message) -> str | None:
    if isinstance(message, Mail):
        PreparedMail(message, sender="alerts@example.org", reply_to=None).fill_in(
            to="alice@example.org",
            envelope=envelope(recipient=SUBSCRIBER),
            domain="alerts.example.org",
        )
    if isinstance(message, Chat):
        for block in Block.parse_all(payload_of(message, maybe_sent=True)["blocks"]):
            block.validate_json()
        if len(json.dumps(content_of(message), ensure_ascii=False).encode()) > LONGEST_CONTENT:
            return "too long for Matrix"
    return None


def test_no_promised_language_lost_its_catalogue() -> None:
    assert SPOKEN == PROMISED


def test_every_kind_is_said_on_every_channel_in_every_language() -> None:
    assert len(CHANNELS) == 4
    assert faults(TEMPLATES, FOLLOW_UP_KINDS, CHANNELS) == []


def test_a_kind_without_its_words_in_russian_is_found(tmp_path: Path) -> None:
    po = (TEMPLATES / "locale/ru/LC_MESSAGES/vigil.po").read_text(encoding="utf-8")
    planted = po.replace('"хирургическая операция"', '""')
    assert planted != po
    folder = tmp_path / "locale" / "ru" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "vigil.po").write_text(planted, encoding="utf-8")
    found = faults(tmp_path, FOLLOW_UP_KINDS, CHANNELS)
    assert [fault.split(":")[0] for fault in found] == [
        "surgery, email, ru",
        "surgery, slack, ru",
        "surgery, matrix, ru",
    ]


def test_a_kind_that_is_not_in_the_table_is_found() -> None:
    assert faults(TEMPLATES, ["dentist"], ["slack"]) == [
        f"dentist, slack, {language}: KeyError('dentist')" for language in SPOKEN
    ]


@pytest.mark.parametrize("kind", FOLLOW_UP_KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_has_its_templates(kind: object) -> None:
    folder = TEMPLATES / "email" / getattr(kind, "template", "")
    assert {path.name for path in folder.iterdir()} == {"subject.txt", "body.txt", "body.html"}
    assert (TEMPLATES / "chat" / f"{folder.name}.txt").is_file()


def test_every_test_file_is_collected() -> None:
    not_tests = {
        "conftest.py",
        "factories.py",
        "fakes.py",
        "samples.py",
        "certificates.py",
        "http_listener.py",
        "mail_servers.py",
    }
    tests = Path(__file__).parent / "alerts"
    strays = [
        path.name for path in tests.rglob("*.py") if not path.name.startswith("test_") and path.name not in not_tests
    ]
    assert strays == []
