"""An export says what its tier may hear, under its source and day, in a form that no program runs."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts.facts import Tier
from service.commands.case_texts import set_case_text
from service.commands.demands import NewAssessment, assess
from service.commands.import_case_file import import_case_file
from service.exports.case_texts import export_case_texts
from service.exports.cases import export_cases
from service.exports.ledger import export_ledger
from service.exports.timelines import export_timeline
from service.exports.written import ExportFormat, written
from service.records import Assertion, Case, Demand, Person, Source
from service.security.policy import Actor
from service.tables.workbook import read_workbook
from service.vocabulary import Access, Implementation, Role
from tests.service.casefile.samples import CASE_FILE, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from service.exports.export import Export
    from service.security.encryption import Vault

NOW = datetime(2014, 11, 20, 9, 0, tzinfo=UTC)
ALL = Actor(name="tests", role=Role.COORDINATOR, all_cases=Access.READ, cases={})
MAKERS: dict[str, Callable[..., Export]] = {
    "cases": export_cases,
    "case-texts": export_case_texts,
    "timeline": export_timeline,
    "ledger": export_ledger,
}


@pytest.fixture
def here(session: Session, vault: Vault) -> Session:
    """The sample, with a title, a demand and a translation that a spreadsheet would run, and a page would take for markup."""
    text = CASE_FILE.replace("title: Dana Sample, teacher", 'title: "=Dana <b>Sample</b>"')
    text = text.replace("text: Let doctors in.", 'text: "@SUM(1+1)*cmd|calc"')
    import_case_file(session, read(text), now=NOW, by="tests", vault=vault)
    for case in session.scalars(select(Case)):
        set_case_text(
            session, case, language="ru", summary=f"=Дело <b>{case.reference}</b>", original=case.summary,
            translated_by="Qtranslator", as_of=date(2014, 11, 1), now=NOW, by="tests", vault=vault,
        )  # fmt: skip
    return session


def made(session: Session, what: str, tier: Tier = Tier.CONFIDENTIAL, actor: Actor = ALL) -> Export:
    return MAKERS[what](session, actor, tier=tier, now=NOW)


def rows(export: Export) -> list[dict[str, str]]:
    return [dict(zip(export.columns, row, strict=True)) for row in export.rows]


@pytest.mark.parametrize("what", MAKERS)
def test_every_form_says_the_same(what: str, here: Session) -> None:
    export = made(here, what)
    assert export.rows
    with_csv = list(csv.reader(io.StringIO(written(export, ExportFormat.CSV).decode("utf-8-sig"), newline="")))
    assert with_csv[0] == list(export.columns)
    assert len(with_csv) == len(export.rows) + 1
    sheet = read_workbook(io.BytesIO(written(export, ExportFormat.XLSX)))
    wide = [tuple(cell or "" for cell in cells) for _, cells in sheet.rows]
    assert [row + ("",) * (len(export.columns) - len(row)) for row in wide] == list(export.rows)
    data = json.loads(written(export, ExportFormat.JSON))
    assert (data["schema"], data["as_of"], data["tier"]) == ("vigil-export/1", "2014-11-20T09:00:00Z", "confidential")
    assert [tuple(cell or "" for cell in row.values()) for row in data["rows"]] == list(export.rows)


@pytest.mark.parametrize("what", MAKERS)
def test_no_form_can_be_run(what: str, here: Session) -> None:
    export = made(here, what)
    for row in csv.reader(io.StringIO(written(export, ExportFormat.CSV).decode("utf-8-sig"), newline="")):
        assert not [cell for cell in row if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
    page = written(export, ExportFormat.HTML).decode()
    assert "<script" not in page
    assert "<b>" not in page
    assert "http" not in page.replace("http-equiv", "").replace("https://reports.example.org/1", "")
    assert "default-src 'none'" in page


def test_a_page_bears_a_title_and_each_statement_its_source_and_day(here: Session) -> None:
    page = written(made(here, "timeline"), ExportFormat.HTML).decode()
    assert "<title>Timeline, 2014-11-20T09:00:00Z</title>" in page
    statement = page[page.index("Six years") :]
    assert "Source: A briefing on two prisoners, §1. As of: 2014-10-24." in statement[: statement.index("</article>")]
    assert page.count("As of: ") == page.count("<article>")
    assert "@page" in page


def test_an_empty_page_says_so(session: Session) -> None:
    for what in MAKERS:
        assert "There is nothing in it." in written(made(session, what), ExportFormat.HTML).decode()


def test_the_public_hears_a_name_only_where_somebody_agreed(here: Session) -> None:
    (row,) = rows(made(here, "cases", Tier.PUBLIC))
    assert (row["reference"], row["name"], row["title"], row["facility"]) == ("KAZ-2099-001", "Dana Sample", "", "")
    for consentless in here.scalars(select(Person)):
        consentless.tier = Tier.CONFIDENTIAL
    here.flush()
    (row,) = rows(made(here, "cases", Tier.PUBLIC))
    assert (row["name"], row["summary"]) == ("", "")
    assert {entry["sort"] for entry in rows(made(here, "timeline", Tier.PUBLIC))} <= {"follow up due", "follow up done"}
    assert rows(made(here, "ledger", Tier.PUBLIC)) == []


def test_the_public_hears_a_translation_while_its_page_shows_it(here: Session) -> None:
    (row,) = rows(made(here, "case-texts", Tier.PUBLIC))
    assert (row["reference"], row["language"], row["as_of"]) == ("KAZ-2099-001", "ru", "2014-11-01")
    case = here.scalars(select(Case).where(Case.reference == "KAZ-2099-001")).one()
    translated = case.summary
    # a sentence that rests on nothing is not published, so no translation of both sentences is
    for summary in ("She is free.", f"{translated} She is free."):
        case.summary = summary
        here.flush()
        assert rows(made(here, "case-texts", Tier.PUBLIC)) == []
        assert [row["outdated"] for row in rows(made(here, "case-texts"))] == ["yes", "no"]
    case.summary, case.persons[0].tier = translated, Tier.CONFIDENTIAL
    here.flush()
    assert rows(made(here, "case-texts", Tier.PUBLIC)) == []


def test_who_translated_is_in_no_export(here: Session) -> None:
    assert "Qtranslator" not in written(made(here, "case-texts"), ExportFormat.JSON).decode()


def test_how_a_person_is_written_of_is_for_staff(here: Session) -> None:
    case = here.scalars(select(Case).where(Case.reference == "KAZ-2099-001")).one()
    assert [row["pronoun"] for row in rows(made(here, "cases"))] == ["she", ""]
    case.persons.append(here.scalars(select(Person).where(Person.sex.is_(None))).one())
    here.flush()
    here.expire(case, ["persons"])
    row = rows(made(here, "cases"))[0]
    assert dict(zip(row["name"].split(", "), row["pronoun"].split(", "), strict=True)) == {
        "Dana Sample": "she", "Arman Example": "not known",
    }  # fmt: skip
    assert {row["pronoun"] for row in rows(made(here, "cases", Tier.PUBLIC))} == {""}


def test_the_public_hears_public_statements_alone(here: Session) -> None:
    said = rows(made(here, "timeline", Tier.PUBLIC))
    assert [entry["text"] for entry in said if entry["sort"] == "statement"] == ["Arrested in spring"]
    assert not {"sentence", "detention", "proceeding", "alert"} & {entry["sort"] for entry in said}


def test_the_title_of_a_follow_up_is_confidential(here: Session) -> None:
    due = [row["text"] for row in rows(made(here, "timeline")) if row["sort"] == "follow up due"]
    assert due == ["Reply to the complaint"]
    restricted = [
        row["text"] for row in rows(made(here, "timeline", Tier.RESTRICTED)) if row["sort"] == "follow up due"
    ]
    assert restricted == [""]


@pytest.mark.parametrize("tier", [Tier.PUBLIC, Tier.RESTRICTED, Tier.CONFIDENTIAL])
@pytest.mark.parametrize("what", MAKERS)
def test_what_is_sealed_is_in_no_export(what: str, tier: Tier, here: Session) -> None:
    for row in here.scalars(select(Assertion)):
        row.tier, row.value = Tier.SEALED, "zq7sealed"
    for person in here.scalars(select(Person)):
        person.tier, person.names[0].text = Tier.SEALED, "zq7sealed"
    for demand in here.scalars(select(Demand).where(Demand.code == "1G1")):
        demand.text = "zq7sealed"
    here.flush()
    assert "zq7sealed" not in written(made(here, what, tier), ExportFormat.JSON).decode()
    for case in here.scalars(select(Case)):
        case.tier = Tier.SEALED
    here.flush()
    assert made(here, what, tier).about == ()


def test_a_timeline_is_silent_about_somebody_sealed(here: Session) -> None:
    here.scalars(select(Person).where(Person.sex == "female")).one().tier = Tier.SEALED
    here.flush()
    sorts = {entry["sort"] for entry in rows(made(here, "timeline")) if entry["reference"] == "KAZ-2099-001"}
    assert not {"sentence", "detention", "proceeding", "parole review", "follow up due"} & sorts


@pytest.mark.parametrize("what", MAKERS)
def test_only_granted_cases_are_exported(what: str, here: Session) -> None:
    other = here.scalars(select(Case.id).where(Case.reference == "KAZ-2099-002")).one()
    actor = Actor(name="one", role=Role.OFFICER, all_cases=None, cases={other: Access.READ})
    export = made(here, what, actor=actor)
    assert export.about == ("KAZ-2099-002",)
    said = written(export, ExportFormat.JSON).decode()
    assert "KAZ-2099-001" not in said
    assert "Dana" not in said
    nobody = Actor(name="none", role=Role.ADMIN, all_cases=None, cases={})
    assert made(here, what, actor=nobody).rows == []


def test_a_case_that_is_more_closely_held_than_the_tier_is_missing(here: Session) -> None:
    here.scalars(select(Case).where(Case.reference == "KAZ-2099-001")).one().tier = Tier.CONFIDENTIAL
    here.flush()
    assert made(here, "cases", Tier.RESTRICTED).about == ("KAZ-2099-002",)
    assert made(here, "cases", Tier.CONFIDENTIAL).about == ("KAZ-2099-001", "KAZ-2099-002")


def test_the_ledger_tells_what_became_of_each_demand(here: Session) -> None:
    first = rows(made(here, "ledger"))[0]
    assert (first["code"], first["cases"], first["implementation"]) == ("1G1", "KAZ-2099-001", "not assessed")
    assert (first["source"], first["addressee"]) == ("A briefing on two prisoners", "Government of Kazakhstan")


def test_the_ledger_shows_the_evidence_of_the_latest_assessment(here: Session, vault: Vault) -> None:
    demand = here.scalars(select(Demand).where(Demand.code == "1G1")).one()
    source = here.scalars(select(Source)).first()
    assert source is not None
    for day, how in ((date(2014, 11, 1), Implementation.NO_ACTION), (date(2014, 11, 10), Implementation.IN_PROGRESS)):
        given = NewAssessment(assessed_on=day, implementation=how, evidence=f"As of {day}.", source=source.key)
        assess(here, demand, given, now=NOW, by="tests", vault=vault)
    first = rows(made(here, "ledger"))[0]
    assert (first["implementation"], first["assessed_on"], first["evidence"]) == (
        "in progress", "2014-11-10", "As of 2014-11-10.",
    )  # fmt: skip
    assert first["evidence_source"] == source.title


def test_a_day_is_written_plainly(here: Session) -> None:
    here.scalars(select(Case).where(Case.reference == "KAZ-2099-001")).one().last_verified_on = date(2014, 10, 1)
    here.flush()
    assert rows(made(here, "cases"))[0]["last_verified"] == "2014-10-01"
