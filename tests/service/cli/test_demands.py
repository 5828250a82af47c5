"""`vigil demand`: the ledger at the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from service.cli.speaking import ExitCode
from service.demo.play import CASE_FILE

if TYPE_CHECKING:
    from tests.service.cli.conftest import Vigil


@pytest.fixture
def kazakhstan(installed: Vigil) -> Vigil:
    """An installation that holds the demonstration's case file."""
    assert installed("import", CASE_FILE).code == 0
    return installed


def test_a_demand_is_assessed_listed_and_counted_in_the_mid_term_view(kazakhstan: Vigil) -> None:
    given = ("--on", "2015-01-10", "--implementation", "no_action", "--response", "no_response")
    evidence = ("--evidence", "Nothing was reported.", "--source", "odf-upr-2014")
    assert kazakhstan("demand", "assess", "1S2", *given, *evidence).err == "1S2 is no action.\n"
    (one,) = json.loads(kazakhstan("demand", "history", "1S2", "--json").out)["assessments"]
    assert (one["day"], one["implementation"], one["evidence"]) == ("2015-01-10", "no action", "Nothing was reported.")
    sections = json.loads(kazakhstan("demand", "midterm", "--json").out)["sections"]
    assert sum(section["demands"] for section in sections) == 48
    assert sections[0]["by_implementation"] == {"not_assessed": 11, "no_action": 1}
    assert sections[0]["answered"] == 1


def test_the_ledger_names_the_review_that_asks_what_became_of_a_demand(kazakhstan: Vigil) -> None:
    demands = json.loads(kazakhstan("demand", "list", "--json").out)["demands"]
    assert len(demands) == 49
    reviewed = {demand["code"]: demand["reviews"] for demand in demands if demand["reviews"]}
    assert list(reviewed) == ["6G2"]
    assert reviewed["6G2"][0]["due_on"] == "2012-12-31"


def test_a_code_that_is_not_there_is_named(kazakhstan: Vigil) -> None:
    said = kazakhstan("demand", "history", "9G9")
    assert (said.code, said.err) == (ExitCode.FAILED, "vigil: No demand has the code 9G9.\n")
