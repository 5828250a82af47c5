"""Facts from the command line: written, changed and listed, or refused by their fields."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from service.cli.recordable import KINDS
from service.cli.speaking import ExitCode
from tests.service.casefile.samples import CASE_FILE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.service.cli.conftest import Vigil

CASE, OTHER = "KAZ-2099-001", "KAZ-2099-002"
# The least that each kind must be told.
LEAST = {
    "assertion": ["source_id=briefing", "attribute=visit", "value=None yet", "locator=page 1", "connection=family"],
    "condition": ["label=Asthma", "severity=mild", "certainty=reported", "care_access=partial"],
    "care-event": ["kind=exam", "outcome=Seen"],
    "detention-episode": ["facility=Colony 9"],
    "isolation-placement": ["from_on=2014-10-01"],
    "proceeding": ["kind=appeal"],
    "sentence": ["months=60"],
    "parole-review": ["hearing_on=2014-12-01"],
    "petition": ["mechanism=wgad", "addressee=WGAD", "subject=The arrest", "sent_on=2014-10-01"],
    "pause": ["from_on=2014-10-05", "reason=Asked", "basis=Section 9"],
}


@pytest.fixture
def vigil_with_cases(installed: Vigil, tmp_path: Path) -> Vigil:
    """The sample's two cases."""
    sample = tmp_path / "sample.yaml"
    sample.write_text(CASE_FILE, encoding="utf-8")
    assert installed("import", sample).code == 0
    return installed


def told(vigil: Vigil, *arguments: object) -> Any:
    """What `vigil record … --json` prints."""
    said = vigil("record", *arguments, "--json")
    assert said.code == 0, said.err
    [result] = (value for name, value in json.loads(said.out).items() if name != "schema")
    return result


def test_the_help_names_every_kind_and_its_fields(vigil: Vigil) -> None:
    whole = vigil("record", "--help").out
    assert set(LEAST) == {kind.name for kind in KINDS}
    for kind in KINDS:
        assert kind.name in whole
        own = vigil("record", kind.name, "--help").out
        for field, what in kind.fields().items():
            assert f"{field}: {what}" in own
    assert "required; domestic_complaint, osce_vienna" in vigil("record", "petition", "--help").out


def test_every_kind_is_written_listed_and_changed(vigil_with_cases: Vigil) -> None:
    petition = told(vigil_with_cases, "petition", CASE, *LEAST["petition"])["id"]
    for kind, least in LEAST.items():
        extra = ["--petition", petition] if kind == "pause" else []
        made = told(vigil_with_cases, kind, CASE, *least, *extra)
        assert made in told(vigil_with_cases, kind, CASE, "--list")
        name, value = ("basis", "Section 10") if kind == "pause" else ("locator", "page 2")
        changed = told(vigil_with_cases, kind, CASE, "--change", made["id"], f"{name}={value}")
        assert (changed[name], changed["version"]) == (value, 2)


def test_what_was_written_is_shown(vigil_with_cases: Vigil) -> None:
    said = vigil_with_cases("record", "isolation-placement", CASE, "from_on=2014-03-01", "reason=Called a violator")
    assert said.code == 0
    assert "from_on\t2014-03-01" in said.out
    assert "from_precision\tday" in said.out
    assert said.err.splitlines()[0] == "The isolation placement is written."


def test_a_field_is_emptied(vigil_with_cases: Vigil) -> None:
    made = told(vigil_with_cases, "isolation-placement", CASE, "from_on=2014-03-01", "until_on=2014-03-12")
    changed = told(vigil_with_cases, "isolation-placement", CASE, "--change", made["id"], "until_on=")
    assert changed["until_on"] is None


@pytest.mark.parametrize(
    ("arguments", "reasons"),
    [
        (["isolation-placement", CASE, "from_on=2014-03-01", "until_on=2014-02-01"], ["until_on: This lies before from_on."]),
        (["isolation-placement", CASE, "from=2014-03-01"], ["from: There is no such field here. Use: as_of, from_on,"]),
        (["isolation-placement", CASE, "from_on=1", "from_on=2"], ["from_on: This is given twice."]),
        (["isolation-placement", CASE, "yesterday"], ["as FIELD=VALUE"]),
        (["isolation-placement", CASE, "case_id=1"], ["case_id: "]),
        (["isolation-placement", "KAZ-2099-999", "from_on=2014-03-01"], ["no case bears the reference KAZ-2099-999"]),
        (["isolation-placement", CASE, "--person", "Arman Example"], ["--person: The case is not about this person, but about Dana Sample."]),
        (["petition", CASE, "mechanism=letter", "sent_on=soon"], ["mechanism: Use one of: 'domestic_complaint'", "subject: This is required.", "sent_on: Write a day as 2030-01-31."]),
        (["sentence", CASE, "months=many"], ["months: Write a whole number."]),
        (["sentence", CASE, "months=5000"], ["months: Use 1200 or less."]),
        (["sentence", CASE, "--list", "months=5"], ["--list writes nothing"]),
        (["sentence", CASE, "--change", "01932a10-7a3e-7c11-8f4e-5f1d2c3b4a61", "months=5"], ["no sentence of this case bears the id"]),
        (["sentence", CASE, "--change", "01932a10-7a3e-7c11-8f4e-5f1d2c3b4a61"], ["Say what is to change"]),
        (["sentence", CASE, "--change", "01932a10-7a3e-7c11-8f4e-5f1d2c3b4a61", "months=5", "--person", "Dana Sample"], ["cannot make it somebody else's"]),
        (["pause", CASE, "from_on=2014-03-01"], ["--petition: Give the id of a petition of this case"]),
    ],
)  # fmt: skip
def test_bad_input_is_told_by_its_field_and_nothing_is_written(
    vigil_with_cases: Vigil, arguments: list[str], reasons: list[str]
) -> None:
    kind = arguments[0]
    before = told(vigil_with_cases, kind, CASE, "--list")
    said = vigil_with_cases("record", *arguments)
    assert said.code == ExitCode.FAILED
    assert said.out == ""
    for reason in reasons:
        assert f"vigil: {reason}" in said.err or reason in said.err
    assert told(vigil_with_cases, kind, CASE, "--list") == before


def test_a_fact_of_another_case_is_not_changed(vigil_with_cases: Vigil) -> None:
    made = told(vigil_with_cases, "sentence", OTHER, "months=60")
    assert vigil_with_cases("record", "sentence", CASE, "--change", made["id"], "months=6").code == ExitCode.FAILED


def test_a_person_is_known_by_any_of_their_names(vigil_with_cases: Vigil) -> None:
    only = told(vigil_with_cases, "sentence", CASE, "months=60")["person_id"]
    assert told(vigil_with_cases, "sentence", CASE, "months=60", "--person", "дана сэмпл")["person_id"] == only
    assert told(vigil_with_cases, "sentence", CASE, "months=60", "--person", only)["person_id"] == only
    assert told(vigil_with_cases, "proceeding", CASE, "kind=appeal")["person_id"] is None


def test_whoever_is_sealed_is_neither_listed_nor_named(installed: Vigil, tmp_path: Path) -> None:
    sample = tmp_path / "sample.yaml"
    sample.write_text(CASE_FILE.replace("    sex: female\n", "    sex: female\n    tier: sealed\n"), encoding="utf-8")
    assert installed("import", sample).code == 0
    assert told(installed, "sentence", CASE, "--list") == []
    assert told(installed, "pause", CASE, "--list") == []
    said = installed("record", "sentence", CASE, "months=60")
    assert said.code == ExitCode.FAILED
    assert "Dana" not in said.out + said.err


def test_a_sealed_case_is_missing(installed: Vigil, tmp_path: Path) -> None:
    sample = tmp_path / "sample.yaml"
    sample.write_text(
        CASE_FILE.replace("    tier: public\n    persons", "    tier: sealed\n    persons"), encoding="utf-8"
    )
    assert installed("import", sample).code == 0
    assert "no case bears the reference" in installed("record", "sentence", CASE, "--list").err
