"""`vigil preview`: any message as a file, without anybody being told anything."""

from __future__ import annotations

import email
import json
from email import policy
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from alerts.facts import Tier
from service.cli.opening import opened
from service.cli.speaking import ExitCode
from service.previews.invented import INVENTED
from service.records import AuditEntry, Delivery
from tests.factories import make_case, make_consent, make_follow_up, make_person

if TYPE_CHECKING:
    from pathlib import Path

    from tests.service.cli.conftest import Vigil

REFERENCE = "KAZ-2099-901"


@pytest.mark.parametrize("kind", INVENTED)
def test_every_kind_opens_in_a_mail_program(vigil: Vigil, tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"{kind}.eml"
    made = vigil("preview", kind, "--language", "ru", "--tier", "confidential", "--to", file)
    assert made.code == ExitCode.FINE, made.err
    mail = email.message_from_bytes(file.read_bytes(), policy=policy.default)
    assert mail.defects == []
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert mail["Content-Language"] == "ru"


def test_a_part_alone_is_that_part(vigil: Vigil, tmp_path: Path) -> None:
    page, text = tmp_path / "page.html", tmp_path / "text.txt"
    assert vigil("preview", "digest", "--part", "html", "--to", page).code == 0
    assert vigil("preview", "digest", "--part", "text", "--to", text).code == 0
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert text.read_text(encoding="utf-8").startswith("5 updates this week, Example Watch\n")
    assert "vigil0stop0link0" not in page.read_text(encoding="utf-8") + text.read_text(encoding="utf-8")


@pytest.mark.parametrize(("channel", "key"), [("slack", "blocks"), ("matrix", "msgtype"), ("webhook", "type")])
def test_the_other_channels_are_shown_as_they_are_sent(vigil: Vigil, channel: str, key: str) -> None:
    said = vigil("preview", "stop_action", "--channel", channel, "--to", "-")
    assert key in json.loads(said.out)


def test_a_line_that_begins_with_a_dot_is_not_doubled(vigil: Vigil) -> None:
    said = vigil("preview", "follow_up", "--to", "-")
    assert "\n.." not in said.out


def test_a_file_that_is_there_is_kept_unless_forced(vigil: Vigil, tmp_path: Path) -> None:
    file = tmp_path / "mine.eml"
    file.write_text("mine")
    refused = vigil("preview", "canary", "--to", file)
    assert refused.code == ExitCode.FAILED
    assert "--force" in refused.err
    assert file.read_text() == "mine"
    assert vigil("preview", "canary", "--to", file, "--force").code == 0
    assert "Canary" in file.read_text()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("birthday", "--to", "-"), "KIND: name one of: follow_up"),
        (("--to", "-"), "KIND: name one of: follow_up"),
        (("canary",), "--to: say which file"),
        (("canary", "--language", "tlh", "--to", "-"), "--language: known are: en, "),
        (("confirmation", "--channel", "slack", "--to", "-"), "--channel: a Confirmation goes to a mailbox only"),
        (("digest", "--channel", "matrix", "--part", "html", "--to", "-"), "--part: a message to matrix has no part"),
        (("digest", "--channel", "webhook", "--part", "text", "--to", "-"), "--part: a message to webhook has no part"),
        (("canary", "--to", "/nowhere/at/all.eml"), "/nowhere/at/all.eml cannot be written"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_the_reason(vigil: Vigil, arguments: tuple[str, ...], why: str) -> None:
    said = vigil("preview", *arguments)
    assert said.code == ExitCode.FAILED
    assert why in said.err


def test_what_is_sealed_is_told_to_nobody_and_shown_to_nobody(vigil: Vigil) -> None:
    assert vigil("preview", "follow_up", "--tier", "sealed", "--to", "-").code == ExitCode.USAGE


def test_the_list_names_kinds_languages_and_details(vigil: Vigil) -> None:
    said = json.loads(vigil("preview", "--list", "--json").out)
    assert said["kinds"] == list(INVENTED)
    assert said["languages"][0] == "en"
    assert said["details"] == ["full", "reference", "notice"]


@pytest.fixture
def on_record(installed: Vigil) -> Vigil:
    """A case with a late follow-up that nobody announced yet."""
    with opened() as parts, parts.writing.begin() as session:
        person = make_person(session, "Dana Sample")
        make_consent(session, person)
        make_follow_up(session, make_case(session, reference=REFERENCE, persons=(person,)))
        make_case(session, reference="KAZ-2099-902", tier=Tier.SEALED)
    return installed


def test_a_case_on_record_is_shown_as_its_readers_would_be_told_and_the_looking_is_noted(on_record: Vigil) -> None:
    said = on_record("preview", "follow_up", "--case", REFERENCE, "--part", "text", "--to", "-")
    assert said.code == 0, said.err
    assert REFERENCE in said.out
    assert "Dana Sample" in said.out
    with opened() as parts, parts.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "preview")).one()
        assert (entry.record, entry.record_id, entry.actor) == ("case", REFERENCE, "command line")
        assert session.scalar(select(func.count()).select_from(Delivery)) == 0


def test_less_detail_holds_for_a_case_on_record_too(on_record: Vigil) -> None:
    said = on_record("preview", "follow_up", "--case", REFERENCE, "--detail", "notice", "--to", "-")
    assert REFERENCE not in said.out
    assert "Dana" not in said.out


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("follow_up", "--case", "KAZ-2099-999"), "no case bears the reference KAZ-2099-999"),
        (("follow_up", "--case", "KAZ-2099-902"), "no case bears the reference KAZ-2099-902"),
        (("stop_action", "--case", REFERENCE), "has nothing of the kind stop_action"),
        (("canary", "--case", REFERENCE), "--case: a case has messages of these kinds only"),
    ],
    ids=["unknown", "sealed", "never called", "about no case"],
)
def test_a_case_without_such_a_message_is_refused(on_record: Vigil, arguments: tuple[str, ...], why: str) -> None:
    said = on_record("preview", *arguments, "--to", "-")
    assert said.code == ExitCode.FAILED
    assert why in said.err
    assert said.out == ""
