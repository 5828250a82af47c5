"""Urgent actions from the command line: each step by a member whose grants are asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from service.cli.opening import opened
from service.cli.speaking import ExitCode
from service.records import Case
from service.vocabulary import Role
from tests.factories import make_case, make_consent, make_footing
from tests.service.api.calling import make_member

if TYPE_CHECKING:
    from pathlib import Path

    from tests.service.cli.conftest import Vigil

REFERENCE = "KAZ-2099-901"


@pytest.fixture
def person_id(installed: Vigil) -> str:
    """A case with a person who may be named; Alice writes, Dora approves, Charlie has another case."""
    with opened() as parts, parts.writing.begin() as session:
        case = make_case(session, reference=REFERENCE)
        make_consent(session, case.persons[0])
        make_footing(session, case, "No observers", "Nobody is let in.")
        make_member(session, "alice", cases=[case])
        make_member(session, "dora", role=Role.COORDINATOR, cases=[case])
        make_member(session, "charlie", role=Role.COORDINATOR, cases=[make_case(session)])
        return str(case.persons[0].id)


@pytest.fixture
def words(installed: Vigil, person_id: str, tmp_path: Path) -> Path:
    """A file with words that may go out."""
    made = installed(
        "official", "add", "Minister of Internal Affairs", "--country", "KZ", "--by", "alice", "--address",
        "1 Example Street; Astana", "--salutation", "en=Dear Minister",
    )  # fmt: skip
    assert made.code == 0, made.err
    body: dict[str, Any] = {
        "headline": "No observers", "summary": "Nobody is let in.", "act_by": "2099-01-31", "person_ids": [person_id],
        "target_ids": [made.out.strip()], "demands": [{"text": "Let observers in."}], "letters": {"en": "Please."},
    }  # fmt: skip
    file = tmp_path / "words.json"
    file.write_text(json.dumps(body), encoding="utf-8")
    return file


def test_from_the_draft_to_the_approval(installed: Vigil, words: Path) -> None:
    drafted = installed("urgent-action", "draft", words, "--case", REFERENCE, "--by", "alice")
    assert (drafted.code, drafted.out[:3]) == (0, "UA "), drafted.err
    number = drafted.out.strip()
    assert installed("urgent-action", "submit", number, "--by", "alice").code == 0
    own = installed("urgent-action", "approve", number, "--by", "alice")
    foreign = installed("urgent-action", "approve", number, "--by", "charlie")
    assert own.code == foreign.code == ExitCode.FAILED
    assert "may not do this" in own.err
    approved = installed("urgent-action", "approve", number, "--by", "dora")
    assert (approved.code, approved.err) == (0, "It is approved now.\n")
    shown = json.loads(installed("urgent-action", "show", number, "--json").out)
    assert (shown["status"], shown["demands"][0]["text"]) == ("approved", "Let observers in.")
    assert installed("urgent-action", "take-back", number, "--by", "alice").code == 0
    assert installed("urgent-action", "change", number.removeprefix("UA "), words, "--by", "alice").code == 0
    listed = installed("urgent-action", "list", "--case", REFERENCE)
    assert "draft" in listed.out
    assert "No observers" in listed.out
    for refused in (
        ("further", number, words), ("stop", number, "--outcome", "released", "--why", "Free."),
        ("close", number, "--outcome", "released"), ("report", number, "--letters", 3, "--language", "en"),
    ):  # fmt: skip
        said = installed("urgent-action", *refused, "--by", "alice")
        assert said.code == ExitCode.FAILED, refused
        assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nonsense", "#: The body is not JSON."),
        ('{"summary": "x"}', "#/headline: This is required."),
        ('{"headline": "x", "summary": "x", "names": "y"}', "is not known"),
        ('{"headline": "x", "summary": "x", "act_by": "soon"}', "#/act_by"),
    ],
)
def test_a_bad_file_is_told_with_its_place_and_makes_nothing(
    installed: Vigil, words: Path, text: str, told: str
) -> None:
    words.write_text(text, encoding="utf-8")
    said = installed("urgent-action", "draft", words, "--case", REFERENCE, "--by", "alice")
    assert (said.code, said.out) == (ExitCode.FAILED, "")
    assert told in said.err
    assert json.loads(installed("urgent-action", "list", "--json").out)["urgent_actions"] == []


@pytest.mark.parametrize("number", ["UA 1/99", "nonsense", "1", "UA 1/26-x"])
def test_a_number_that_nobody_gave_is_not_found(installed: Vigil, number: str) -> None:
    said = installed("urgent-action", "show", number)
    assert said.code == ExitCode.FAILED
    assert "No urgent action bears this number" in said.err


def test_a_death_is_recorded_and_says_what_it_stopped(installed: Vigil, words: Path, person_id: str) -> None:
    number = installed("urgent-action", "draft", words, "--case", REFERENCE, "--by", "alice").out.strip()
    denied = installed("person", "death", person_id, "--on", "2026-01-02", "--by", "charlie")
    assert denied.code == ExitCode.FAILED
    said = installed("person", "death", person_id, "--on", "2026-01-02", "--by", "alice")
    assert (said.code, said.out) == (
        0, "0 deliveries cancelled, 0 follow-ups closed, 1 urgent actions suspended, 0 stop actions drafted\n",
    ), said.err  # fmt: skip
    assert json.loads(installed("urgent-action", "show", number, "--json").out)["status"] == "suspended"
    with opened() as parts, parts.reading() as session:
        assert session.query(Case).filter_by(reference=REFERENCE).one().detention_status.value == "died_in_custody"


def test_a_release_and_a_withdrawal_are_recorded_too(installed: Vigil, person_id: str) -> None:
    wrong = installed("person", "release", person_id, "--on", "2026-01-02", "--status", "sentenced", "--by", "dora")
    assert wrong.code == ExitCode.FAILED
    assert "status: Use one of" in wrong.err
    freed = installed("person", "release", person_id, "--on", "2026-01-02", "--status", "pardoned", "--by", "dora")
    assert freed.code == 0
    withdrawn = installed("person", "withdraw-consent", person_id, "name_publicly", "--by", "dora", "--json")
    assert json.loads(withdrawn.out)["stop_actions"] == []
    again = installed("person", "withdraw-consent", person_id, "name_publicly", "--by", "dora")
    assert "No such consent is in force." in again.err


def test_an_official_is_verified_on_a_day_that_has_come(installed: Vigil, words: Path) -> None:
    [row] = json.loads(installed("official", "list", "--json").out)["officials"]
    assert installed("official", "verify", row["id"], "--by", "alice", "--verified-on", "2099-01-01").code == 1
    said = installed("official", "verify", row["id"], "--by", "dora", "--verified-on", "2026-01-02")
    assert said.out == "Minister of Internal Affairs: verified on 2026-01-02\n"
    assert "2026-01-02" in installed("official", "list").out
