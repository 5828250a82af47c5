"""A transfer from the command line: one stay ends and another begins, or nothing is written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from service.cli.opening import opened
from service.cli.speaking import ExitCode
from service.records import AuditEntry
from tests.service.casefile.samples import CASE_FILE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.service.cli.conftest import Vigil

CASE = "KAZ-2099-001"


@pytest.fixture
def held(installed: Vigil, tmp_path: Path) -> Vigil:
    """Somebody is held in Colony 9 since 1 May 2014."""
    sample = tmp_path / "sample.yaml"
    sample.write_text(CASE_FILE, encoding="utf-8")
    assert installed("import", sample).code == 0
    for stay in stays(installed):
        ended = installed("record", "detention-episode", CASE, "--change", stay["id"], "until_on=2014-05-01")
        assert ended.code == 0, ended.err
    begun = installed("record", "detention-episode", CASE, "facility=Colony 9", "from_on=2014-05-01")
    assert begun.code == 0, begun.err
    return installed


def stays(vigil: Vigil) -> list[dict[str, Any]]:
    said = vigil("record", "detention-episode", CASE, "--list", "--json")
    assert said.code == 0, said.err
    return [*json.loads(said.out)["detention_episode"]]


def test_the_open_stay_ends_and_another_begins_on_the_same_day(held: Vigil) -> None:
    said = held("record", "transfer", CASE, "on=2014-06-02", "facility=Colony 12", "regime=strict", "--json")
    assert said.code == 0, said.err
    new = json.loads(said.out)["detention_episode"]
    assert (new["facility"], new["regime"], new["from_on"], new["until_on"]) == (
        "Colony 12", "strict", "2014-06-02", None,
    )  # fmt: skip
    before = next(one for one in stays(held) if one["facility"] == "Colony 9")
    assert before["until_on"] == "2014-06-02"
    with opened() as parts, parts.reading() as session:
        entries = session.query(AuditEntry).filter_by(record="detention_episode", actor="command line").all()
        assert {entry.action for entry in entries} >= {"change", "add"}


def test_the_stay_is_named_where_several_are_open(held: Vigil) -> None:
    assert held("record", "detention-episode", CASE, "facility=Colony 10", "from_on=2014-05-03").code == 0
    asked = held("record", "transfer", CASE, "on=2014-06-02", "facility=Colony 12")
    assert asked.code == ExitCode.FAILED
    assert "--episode: 2 stays are open here: say which" in asked.err
    chosen = next(one["id"] for one in stays(held) if one["facility"] == "Colony 10")
    assert held("record", "transfer", CASE, "--episode", chosen, "on=2014-06-02", "facility=Colony 12").code == 0
    again = held("record", "transfer", CASE, "--episode", chosen, "on=2014-06-03", "facility=Colony 13")
    assert again.code == ExitCode.FAILED
    assert "This stay has ended already." in again.err


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["facility=Colony 12"], "on: This is required."),
        (["on=2014-06-02"], "facility: This is required."),
        (["on=2014-04-30", "facility=Colony 12"], "on: This lies before from_on of the stay that it ends."),
        (["on=soon", "facility=Colony 12"], "on: "),
        (["on=2014-06-02", "facility=Colony 12", "case_id=x"], "case_id: There is no such field here."),
        (["on=2014-06-02", "facility=Colony 12", "regime=harsh"], "regime: "),
        (["on"], "FIELD=VALUE"),
        (["on=2014-06-02", "facility=Colony 12", "--person", "Nobody Known"], "--person: The case is not about"),
    ],
)
def test_bad_input_is_told_by_its_field_and_nothing_is_written(held: Vigil, given: list[str], told: str) -> None:
    before = stays(held)
    said = held("record", "transfer", CASE, *given)
    assert (said.code, said.out) == (ExitCode.FAILED, "")
    assert told in said.err
    assert stays(held) == before


def test_a_stay_of_another_case_and_a_missing_case_are_not_found(held: Vigil) -> None:
    foreign = held(
        "record", "transfer", "KAZ-2099-002", "--episode", stays(held)[0]["id"], "on=2014-06-02", "facility=Colony 12"
    )
    assert foreign.code == ExitCode.FAILED
    assert "no detention episode of this case" in foreign.err
    missing = held("record", "transfer", "KAZ-2099-999", "on=2014-06-02", "facility=Colony 12")
    assert "no case bears the reference" in missing.err
