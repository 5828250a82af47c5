"""`vigil import` takes a file whole or refuses it whole, and says which with its exit code."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from tests.service.casefile.samples import CASE_FILE, as_json, spoiled

if TYPE_CHECKING:
    from pathlib import Path

    from tests.service.cli.conftest import Vigil

BOMB = "a: &a [x, x]\n" + "".join(f"k{n}: &k{n} [*a, *a]\n" for n in range(20))
# what the issue lists, and the words by which each is known again
BAD_INPUTS = {
    "an unknown kind": (spoiled("kind: chronic_review", "kind: nope").encode(), "no follow-up kind is called 'nope'"),
    "31 February": (spoiled("due: 2014-11-23", "due: 2015-02-31").encode(), "'2015-02-31' is not a day"),
    "a duplicate reference": (spoiled("KAZ-2099-002", "KAZ-2099-001").encode(), "'KAZ-2099-001' stands twice"),
    "broken UTF-8": (CASE_FILE.encode().replace(b"teacher", b"\xff", 1), "is not UTF-8: byte 0xFF at offset"),
    "an alias bomb": (BOMB.encode(), "line 1: &a: anchors are refused"),
    "an empty file": (b"", "a case file is a mapping"),
}


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """The sample as a file."""
    path = tmp_path / "sample.yaml"
    path.write_text(CASE_FILE, encoding="utf-8")
    return path


def content_of(home: Path) -> str:
    """A hash over everything that the database holds."""
    with sqlite3.connect(home / "vigil.db") as connection:
        dump = "\n".join(connection.iterdump())
    connection.close()
    return hashlib.sha256(dump.encode()).hexdigest()


def test_an_import_says_what_it_did(installed: Vigil, sample: Path) -> None:
    said = installed("import", sample)
    assert said.code == 0
    assert "follow ups\t2\t0\t0\n" in said.out
    assert said.err == "24 created, 0 updated, 0 unchanged, 0 findings.\n"


def test_a_second_import_changes_nothing(installed: Vigil, sample: Path, home: Path) -> None:
    installed("import", sample)
    before = content_of(home)
    said = installed("import", sample)
    assert (said.code, said.err) == (0, "0 created, 0 updated, 24 unchanged, 0 findings.\n")
    assert content_of(home) == before


def test_a_dry_run_keeps_nothing(installed: Vigil, sample: Path, home: Path) -> None:
    before = content_of(home)
    said = installed("import", sample, "--dry-run")
    assert said.code == 0
    assert "24 created" in said.err
    assert "nothing was kept" in said.err
    assert content_of(home) == before


def test_json_is_one_object_and_nothing_else(installed: Vigil, sample: Path) -> None:
    sample.write_text(spoiled("attribute: arrest", "attribute: term"), encoding="utf-8")
    said = installed("import", sample, "--json")
    result = json.loads(said.out)
    assert (result["schema"], result["imported"], result["created"]["follow_ups"]) == (1, True, 2)
    assert [finding["code"] for finding in result["findings"]] == ["contradiction"]
    assert said.code == 0, "findings are normal"
    assert said.err == ""


def test_findings_are_shown_with_their_lines(installed: Vigil, sample: Path) -> None:
    sample.write_text(spoiled("attribute: arrest", "attribute: term"), encoding="utf-8")
    said = installed("import", sample)
    assert "contradiction: KAZ-2099-001 assertions 001-arrest, 001-term (lines 38, 39)" in said.out
    assert "term: “Arrested in spring” (§1) / “Six years” (§1)" in said.out


@pytest.mark.parametrize("name", BAD_INPUTS)
def test_a_bad_file_is_refused_and_the_database_stays_as_it_was(
    installed: Vigil, sample: Path, home: Path, name: str
) -> None:
    installed("import", sample)
    before = content_of(home)
    content, words = BAD_INPUTS[name]
    sample.write_bytes(content)
    said = installed("import", sample)
    assert said.code == 1
    assert words in said.err
    assert said.err.endswith("Nothing was imported.\n")
    assert said.out == ""
    assert content_of(home) == before


def test_200_megabytes_are_refused(installed: Vigil, sample: Path, home: Path) -> None:
    before = content_of(home)
    with sample.open("wb") as huge:
        huge.truncate(200 * 1024 * 1024)
    said = installed("import", sample)
    assert said.code == 1
    assert "has 200 MiB; the most that is read is 10 MiB" in said.err
    assert content_of(home) == before


def test_a_refusal_in_json_lists_the_problems(installed: Vigil, sample: Path) -> None:
    sample.write_text(spoiled("kind: chronic_review", "kind: nope"), encoding="utf-8")
    said = installed("import", sample, "--json")
    result = json.loads(said.out)
    assert said.code == 1
    assert (result["schema"], result["imported"]) == (1, False)
    assert result["problems"][0]["where"] == "cases[0].follow_ups[0].kind"


def test_a_file_that_claims_a_foreign_reference_is_refused(installed: Vigil, sample: Path, home: Path) -> None:
    installed("import", sample)
    before = content_of(home)
    sample.write_text(CASE_FILE.replace("sample-2014", "another-file"), encoding="utf-8")
    said = installed("import", sample)
    assert said.code == 1
    assert "'KAZ-2099-001' exists already and did not come from this file" in said.err
    assert content_of(home) == before


def test_a_name_that_looks_like_markup_is_printed_as_it_is(installed: Vigil, sample: Path) -> None:
    text = spoiled("attribute: arrest", "attribute: term").replace("Arrested in spring", '"[red]Arrested[/red]"')
    sample.write_text(text, encoding="utf-8")
    assert "[red]Arrested[/red]" in installed("import", sample).out


def test_without_a_database_the_exit_code_says_so(vigil: Vigil, sample: Path, home: Path) -> None:
    said = vigil("import", sample)
    assert said.code == 5
    assert "run `vigil migrate`" in said.err
    assert not home.exists()


def test_the_published_schema_accepts_what_the_reader_accepts(vigil: Vigil) -> None:
    said = vigil("schema", "casefile")
    validator = Draft202012Validator(json.loads(said.out))
    assert list(validator.iter_errors(json.loads(as_json()))) == []
    assert list(validator.iter_errors({**json.loads(as_json()), "extra": 1}))


def test_the_kinds_are_listed_with_their_days(vigil: Vigil) -> None:
    said = vigil("schema", "kinds", "--json")
    kinds = {kind["name"]: kind for kind in json.loads(said.out)["kinds"]}
    assert kinds["isolation_day_limit"]["upcoming_days"] == 5
    assert "isolation_day_limit" in vigil("schema", "kinds").out
