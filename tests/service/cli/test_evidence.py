"""Evidence from the command line: recorded, tied to sentences, and corrected by two members."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from service.cli.opening import opened
from service.cli.speaking import ExitCode
from service.vocabulary import Role
from tests.factories import make_case, make_consent
from tests.service.api.calling import make_member

if TYPE_CHECKING:
    from tests.service.cli.conftest import Vigil

REFERENCE = "KAZ-2099-902"
SAID = ("attribute=place", "value=The colony is far away.", "locator=page 4", "connection=family")


@pytest.fixture
def vigil(installed: Vigil) -> Vigil:
    """An installation with a case; Alice writes, Dora approves."""
    with opened() as parts, parts.writing.begin() as session:
        case = make_case(session, reference=REFERENCE)
        make_consent(session, case.persons[0])
        make_member(session, "alice", cases=[case])
        make_member(session, "dora", role=Role.COORDINATOR, cases=[case])
    added = installed("source", "add", "letter", "--title", "A letter", "--tier", "public")
    assert added.code == 0, added.err
    return installed


def recorded(vigil: Vigil, *values: str) -> str:
    made = vigil("record", "assertion", REFERENCE, "source_id=letter", *SAID, *values, "--json")
    assert made.code == 0, made.err
    return str(json.loads(made.out)["assertion"]["id"])


def statements(vigil: Vigil) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = json.loads(vigil("statement", "list", REFERENCE, "--json").out)["statements"]
    return shown


def test_a_sentence_is_tied_to_an_assertion_and_loosened_again(vigil: Vigil) -> None:
    assertion = recorded(vigil)
    assert "not published" in vigil("statement", "list", REFERENCE).out
    tied = vigil("statement", "rest", REFERENCE, "1", "--on", assertion)
    assert (tied.code, tied.err) == (0, "Sentence 1 rests on 1 assertions.\n")
    assert [one["assertion_ids"] for one in statements(vigil)] == [[assertion]]
    assert vigil("statement", "rest", REFERENCE, "1").code == 0
    assert [one["assertion_ids"] for one in statements(vigil)] == [[]]


def test_a_sentence_that_is_not_there_is_refused(vigil: Vigil) -> None:
    answer = vigil("statement", "rest", REFERENCE, "2")
    assert (answer.code, "There are 1 sentences." in answer.err) == (ExitCode.FAILED, True)


def test_a_correction_takes_two_members(vigil: Vigil) -> None:
    assertion = recorded(vigil)
    drafted = vigil(
        "correction", "draft", assertion, "--kind", "retracted", "--was", "It is far away.", "--reason", "It is near.",
        "--by", "alice",
    )  # fmt: skip
    assert drafted.code == 0, drafted.err
    correction = drafted.out.strip()
    assert vigil("correction", "send", correction, "--by", "alice").code == ExitCode.FAILED
    sent = vigil("correction", "send", correction, "--by", "dora")
    assert (sent.code, sent.err) == (0, "It goes to 0 destinations.\n")
    [shown] = json.loads(vigil("correction", "list", "--json").out)["corrections"]
    assert (shown["status"], shown["case"]) == ("sent", REFERENCE)
    assert "It is far away." in vigil("correction", "list").out


def test_a_correction_without_what_its_kind_needs_names_it(vigil: Vigil) -> None:
    assertion = recorded(vigil)
    answer = vigil(
        "correction", "draft", assertion, "--kind", "disputed", "--was", "x", "--reason", "y", "--by", "alice"
    )
    assert answer.code == ExitCode.FAILED
    assert "disputed_by: Say who says otherwise" in answer.err


def test_one_that_is_dropped_is_told_to_nobody(vigil: Vigil) -> None:
    drafted = vigil(
        "correction", "draft", recorded(vigil), "--kind", "disputed", "--disputed-by", "The colony", "--was", "x",
        "--reason", "y", "--by", "alice",
    )  # fmt: skip
    dropped = vigil("correction", "drop", drafted.out.strip(), "--by", "alice")
    assert (dropped.code, dropped.err) == (0, "Nobody is told.\n")


def test_a_source_that_is_not_there_is_named(vigil: Vigil) -> None:
    answer = vigil("record", "assertion", REFERENCE, "source_id=lettre", *SAID)
    assert answer.code == ExitCode.FAILED
    assert "source_id" in answer.err


def test_sources_are_listed_by_their_keys(vigil: Vigil) -> None:
    assert vigil("source", "add", "letter", "--title", "Another").code == ExitCode.FAILED
    assert vigil("source", "add", "Letter 2", "--title", "Another").code == ExitCode.FAILED
    [one] = json.loads(vigil("source", "list", "--json").out)["sources"]
    assert (one["key"], one["title"]) == ("letter", "A letter")
    assert "A letter" in vigil("source", "list").out


def test_an_assertion_is_about_no_single_person(vigil: Vigil) -> None:
    answer = vigil("record", "assertion", REFERENCE, "source_id=letter", *SAID, "--person", "Dana Sample")
    assert answer.code == ExitCode.FAILED
    assert "leave this away" in answer.err
