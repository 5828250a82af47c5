"""`vigil rules` and `vigil simulate`, as an operator meets them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from service.cli.speaking import ExitCode
from service.demo.play import CASE_FILE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.service.cli.conftest import Vigil


@pytest.fixture
def kazakhstan(installed: Vigil) -> Vigil:
    """An installation that holds the demonstration's case file."""
    assert installed("import", CASE_FILE).code == 0
    return installed


def test_explain_prints_each_follow_up_with_its_rule_its_article_and_its_sum(kazakhstan: Vigil) -> None:
    said = kazakhstan("rules", "explain", "KAZ-2014-006")
    assert said.code == 0
    review, verification = said.out.split("\n\n")[1:3]
    assert "rule    psychiatric-review" in review
    assert "principle 17(3)" in review
    assert "sum     31 August 2013 at the latest + 6 months = 28 February 2014." in review
    assert "overdue 1 March 2014" in review
    assert "rule    verification" in verification
    assert "sum     24 October 2014 + 90 days = 22 January 2015." in verification


def test_explain_says_what_was_not_opened_and_with_all_what_is_owed_no_more(kazakhstan: Vigil) -> None:
    short = kazakhstan("rules", "explain", "KAZ-2014-004")
    assert "Not opened: it would have been late for too long when it was recorded." in short.out
    found = json.loads(kazakhstan("rules", "explain", "KAZ-2014-001", "--json").out)["follow_ups"]
    undated = [one for one in found if one["rule"] == "isolation-day-limit"]
    assert [(one["due_on"], one["why_not"]) for one in undated] == [(None, "Nothing can be counted.")]
    asked = [one for one in found if one["rule"] == "isolation-date-wanted"]
    assert [(one["due_on"], one["state"]) for one in asked] == [("2015-01-22", "open")]


def test_explain_leaves_out_what_is_sealed(kazakhstan: Vigil) -> None:
    found = json.loads(kazakhstan("rules", "explain", "KAZ-2014-003", "--all", "--json").out)["follow_ups"]
    assert len([one for one in found if one["kind"] == "torture_exam"]) == 1


def test_apply_takes_over_what_the_file_states_and_a_second_time_changes_nothing(kazakhstan: Vigil) -> None:
    rehearsed = json.loads(kazakhstan("rules", "apply", "--dry-run", "--json").out)
    first = json.loads(kazakhstan("rules", "apply", "--json").out)
    assert rehearsed["changes"] == first["changes"]
    assert {change["change"] for change in first["changes"]} == {"adopted"}
    assert len(first["changes"]) == 30
    assert json.loads(kazakhstan("rules", "apply", "--json").out)["changes"] == []
    assert "rule    psychiatric-review" in kazakhstan("rules", "explain", "KAZ-2014-006").out


def test_a_case_that_is_not_there_is_named(installed: Vigil) -> None:
    for verb in ("explain", "apply"):
        said = installed("rules", verb, "KAZ-2099-999")
        assert (said.code, said.err) == (ExitCode.FAILED, "vigil: No case has the reference KAZ-2099-999.\n")


def test_check_says_how_many_rules_hold_or_what_is_wrong(vigil: Vigil, tmp_path: Path) -> None:
    assert vigil("rules", "check").out == "30 rules in force.\n"
    own = tmp_path / "own.yaml"
    own.write_text("schema: vigil-rules/1\ntitle: Ours\nwithout: [nothing]\n", encoding="utf-8")
    said = vigil("rules", "check", own)
    assert said.code == ExitCode.FAILED
    assert said.err == f"{own}: line 3: without: no standard rule is called 'nothing'\n"
    own.write_text("schema: vigil-rules/1\ntitle: Ours\nwithout: [verification]\n", encoding="utf-8")
    assert vigil("rules", "check", own).out == f"29 rules in force, {own} over the standard ones.\n"


def test_list_prints_every_rule_with_its_basis(vigil: Vigil) -> None:
    lines = vigil("rules", "list").out.splitlines()
    assert len(lines) == 31
    assert any(
        line.startswith("isolation-day-limit\tisolation_day_limit\tisolation_placement\t15 days") for line in lines
    )


def test_simulate_prints_a_ledger_and_draws_it(vigil: Vigil) -> None:
    said = vigil("simulate", "--from", "2012-01-01", "--to", "2012-02-29", "--public")
    assert said.code == 0
    ledger = [line.split("\t") for line in said.out.splitlines() if line.startswith("2012-")]
    assert [line[0] for line in ledger if line[2] == "announced" and line[3] == "family_contact"] == [
        "2012-01-24", "2012-01-25", "2012-01-27", "2012-01-31",
    ]  # fmt: skip
    assert "intake_exam" not in said.out
    assert "KAZ-2014-004  C." in said.out
    assert "8 announced" in said.err


def test_simulate_refuses_days_that_run_backwards(vigil: Vigil) -> None:
    said = vigil("simulate", "--from", "2013-01-01", "--to", "2012-01-01")
    assert said.code == ExitCode.FAILED
    assert said.err == "vigil: --from 2013-01-01 is later than --to 2012-01-01\n"


def test_simulate_needs_no_installation_and_leaves_nothing_behind(vigil: Vigil, home: Path) -> None:
    assert vigil("simulate", "--from", "2012-01-01", "--to", "2012-01-31", "--json").code == 0
    assert not home.exists()
