"""`vigil import table`, `vigil export` and the bundles, as a person meets them."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest

from tests.service.casefile.samples import CASE_FILE
from tests.service.cli.test_import import content_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.service.cli.conftest import Vigil

WHERE = ("--section", "follow_ups", "--case-file", "sample-2014")


@pytest.fixture
def stocked(installed: Vigil, tmp_path: Path) -> Vigil:
    """An installation with the sample in it."""
    path = tmp_path / "sample.yaml"
    path.write_text(CASE_FILE, encoding="utf-8")
    assert installed("import", path).code == 0
    return installed


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table that creates one row, changes one, leaves one."""
    path = tmp_path / "table.csv"
    path.write_text(
        "case,key,kind,title,due,basis\n"
        "KAZ-2099-001,001-visit,independent_visit,A visit,2014-12-01,Rule 84\n"
        "KAZ-2099-002,002-reply,complaint_reply,Reply to the complaint,2014-12-24,Thirty days\n"
        "KAZ-2099-001,001-review,chronic_review,Review of the heart condition,2014-11-23,"
        "Rule 31; 30 days after 24 October 2014\n",
        encoding="utf-8",
    )
    return path


def test_a_dry_run_shows_the_difference_and_changes_nothing(stocked: Vigil, table: Path, home: Path) -> None:
    before = content_of(home)
    said = stocked("import", "table", table, *WHERE, "--dry-run")
    assert said.code == 0
    assert said.out == "+ follow ups 001-visit\n~ follow ups 002-reply\n    due_on: 2014-11-10 → 2014-12-24\n"
    assert said.err == "1 created, 1 changed, 1 unchanged in follow_ups.\nThis was a dry run: nothing was kept.\n"
    assert content_of(home) == before


def test_the_import_does_what_the_dry_run_said(stocked: Vigil, table: Path) -> None:
    assert stocked("import", "table", table, *WHERE).err == "1 created, 1 changed, 1 unchanged in follow_ups.\n"
    assert stocked("import", "table", table, *WHERE).err == "0 created, 0 changed, 3 unchanged in follow_ups.\n"


def test_a_difference_does_not_repeat_what_is_confidential(stocked: Vigil, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("key,title\n002-reply,Something else\n", encoding="utf-8")
    said = stocked("import", "table", path, *WHERE, "--dry-run", "--json")
    (change,) = json.loads(said.out)["changes"]
    assert change["fields"] == [{"field": "title", "before": "(not shown)", "now": "(not shown)"}]
    assert "Something else" not in said.out + said.err


def test_a_bad_table_is_refused_with_every_problem(stocked: Vigil, table: Path, home: Path) -> None:
    before = content_of(home)
    text = table.read_text(encoding="utf-8").replace("2014-12-01", "1.12.2014").replace("complaint_reply", "nope")
    table.write_text(text, encoding="utf-8")
    said = stocked("import", "table", table, *WHERE)
    assert said.code == 1
    assert f"{table}: row 2, column 'due': '1.12.2014': is not a day written YYYY-MM-DD" in said.err
    assert f"{table}: row 3, column 'kind': no follow-up kind is called 'nope'" in said.err
    assert said.err.endswith("Nothing was imported.\n")
    assert content_of(home) == before


def test_a_mapping_file_names_columns_and_values(stocked: Vigil, tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(
        "columns: {Nr: key, Frist: due}\nignore: [Notiz]\ndates: DD.MM.YYYY\n", encoding="utf-8"
    )
    (tmp_path / "t.csv").write_text("Nr;Frist;Notiz\n002-reply;24.12.2014;x\n", encoding="utf-8")
    said = stocked("import", "table", tmp_path / "t.csv", *WHERE, "--mapping", tmp_path / "m.yaml")
    assert (said.code, said.err) == (0, "0 created, 1 changed, 0 unchanged in follow_ups.\n")
    said = stocked("import", "table", tmp_path / "t.csv", *WHERE, "--map", "Nr=key", "--map", "Frist=due", "--ignore", "Notiz",
                   "--dates", "DD.MM.YYYY")  # fmt: skip
    assert said.err == "0 created, 0 changed, 1 unchanged in follow_ups.\n"


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_table_that_was_exported_comes_back_unchanged(suffix: str, stocked: Vigil, tmp_path: Path) -> None:
    out = tmp_path / f"out.{suffix}"
    assert stocked("export", "table", *WHERE, "-o", out).err == "2 rows of follow_ups.\n"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert stocked("import", "table", out, *WHERE).err == "0 created, 0 changed, 2 unchanged in follow_ups.\n"


@pytest.mark.parametrize("what", ["cases", "case-texts", "timeline", "ledger"])
def test_documents_are_exported_by_the_name_of_the_file(what: str, stocked: Vigil, tmp_path: Path) -> None:
    for suffix, begins in (("csv", b'\xef\xbb\xbf"'), ("xlsx", b"PK"), ("json", b"{"), ("html", b"<!doctype html>")):
        out = tmp_path / f"{what}.{suffix}"
        assert stocked("export", what, "-o", out, "--case", "KAZ-2099-001").code == 0
        assert out.read_bytes().startswith(begins)
    assert stocked("export", what, "-o", tmp_path / "x.pdf").code == 1
    said = stocked("export", what, "-o", tmp_path / "x.csv", "--case", "KAZ-2099-009")
    assert (said.code, (tmp_path / "x.csv").exists()) == (1, False)


def test_a_bundle_goes_to_another_installation_and_an_edited_one_is_refused(
    stocked: Vigil, vigil: Vigil, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, again = tmp_path / "bundle.json", tmp_path / "again.json"
    said = stocked("export", "bundle", "KAZ-2099-001", "KAZ-2099-002", "-o", made)
    assert said.code == 0
    assert "Left out of KAZ-2099-001: 1 persons, who have not agreed to be shared with partners.\n" in said.err
    monkeypatch.setenv("VIGIL_HOME", str(tmp_path / "partner"))
    assert vigil("migrate").code == 0
    assert "cases\t2\t0\t0\n" in vigil("import", "bundle", made).out
    assert "cases\t0\t0\t2\n" in vigil("import", "bundle", made).out
    vigil("export", "bundle", "KAZ-2099-001", "KAZ-2099-002", "-o", again)
    assert again.read_bytes() == made.read_bytes()
    made.write_bytes(made.read_bytes().replace(b"Not shared", b"Not Shared"))
    said = vigil("import", "bundle", made)
    assert said.code == 1
    assert "the bundle was edited or damaged" in said.err


def test_the_schema_of_bundles_is_printed(vigil: Vigil) -> None:
    schema = json.loads(vigil("schema", "bundle").out)
    assert schema["properties"]["schema"]["const"] == "vigil-bundle/3"
