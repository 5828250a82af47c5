"""The board shows what is asked of states and what became of it, to those who were granted its cases."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts.facts import Tier
from service.commands.demands import NewAssessment, assess
from service.records import AuditEntry, Case, Demand, Source
from service.records.base import new_id
from service.vocabulary import Implementation, StateResponse
from tests.factories import make_demand, make_follow_up, make_person, make_source

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session, sessionmaker

    from service.security.encryption import Vault
    from tests.service.pages.conftest import Browser

pytestmark = pytest.mark.anyio


@pytest.fixture
def demand(writing: sessionmaker[Session], vault: Vault, now: datetime, case: Case, foreign_case: Case) -> UUID:
    """A demand of two cases, with two assessments, two follow-ups and a duplicate; Alice may read one of the cases."""
    with writing.begin() as session:
        found = session.scalars(select(Demand)).one()
        found.text = "Give <him> adequate medical care."
        ours, theirs = session.get_one(Case, case.id), session.get_one(Case, foreign_case.id)
        found.cases.append(theirs)
        found.follow_ups = [
            make_follow_up(session, ours, kind="recommendation_review", title="Ask again"),
            make_follow_up(session, theirs, title="zqforeign", due_on=date(2014, 10, 1)),
        ]
        source = make_source(session, title="A later report", url="https://reports.example.org/2")
        again = make_demand(session, ours, source, text="Once more.", code="1S10")
        again.case_file, again.duplicate_of_id = found.case_file, found.id
        make_demand(session, theirs, source, text="zqforeign")
        for day, implementation, evidence in (
            (date(2014, 9, 1), Implementation.NO_ACTION, "Nothing was done."),
            (date(2014, 11, 1), Implementation.IN_PROGRESS, "A draft <law>."),
        ):
            given = NewAssessment(
                assessed_on=day, implementation=implementation, evidence=evidence, source=source.key, locator="page 3",
                state_response=StateResponse.SUPPORTED,
            )  # fmt: skip
            assess(session, found, given, now=now, by="dora", vault=vault)
        return found.id


async def test_each_demand_is_shown_as_it_stands(staff_reader: Browser, demand: UUID, case: Case) -> None:
    page = (await staff_reader.open("/staff/ledger")).text
    for said in (
        "Give &lt;him&gt; adequate medical care.", "Government of Kazakhstan", "Supported", "In progress",
        "A draft &lt;law&gt;.", "1 November 2014", "A later report", "page 3", f'href="/staff/cases/{case.reference}"',
        "Very overdue", "10 November 2014 (10 days ago)", "Repeated as 1S10.", "Repeats 1S2, and is counted with it.",
        f'href="/staff/ledger/{demand}"',
    ):  # fmt: skip
        assert said in page, said
    assert "Nothing was done." not in page
    assert page.index("1S2</bdi>") < page.index("1S10</bdi>")
    assert '<a href="/staff/ledger" aria-current="page">Recommendations</a>' in page
    assert "В процессе" not in (await staff_reader.open("/staff/ledger?lang=ru")).text
    assert "Выполняется" in staff_reader.page.text


async def test_what_is_foreign_or_sealed_is_missing(
    staff_reader: Browser, demand: UUID, foreign_case: Case, writing: sessionmaker[Session]
) -> None:
    page = (await staff_reader.open("/staff/ledger")).text
    assert "zqforeign" not in page
    assert foreign_case.reference not in page
    with writing.begin() as session:
        foreign = session.scalars(select(Demand.id).where(Demand.text == "zqforeign")).one()
    pages = []
    for path in (new_id(), foreign, "nonsense"):
        answer = await staff_reader.open(f"/staff/ledger/{path}")
        assert answer.status_code == 404
        pages.append(answer.text.replace(str(path), ""))
    assert len(set(pages)) == 1
    with writing.begin() as session:
        row = session.get_one(Demand, demand)
        row.persons.append(make_person(session, "Minor Sample", tier=Tier.SEALED))
    assert "adequate medical care" not in (await staff_reader.open("/staff/ledger")).text
    assert (await staff_reader.open(f"/staff/ledger/{demand}")).status_code == 404


async def test_evidence_from_a_sealed_source_is_not_shown(
    staff_reader: Browser, demand: UUID, writing: sessionmaker[Session]
) -> None:
    with writing.begin() as session:
        duplicate = session.scalars(select(Demand).where(Demand.code == "1S10")).one()
        duplicate.source_id = session.get_one(Demand, demand).source_id
        session.scalars(select(Source).where(Source.title == "A later report")).one().tier = Tier.SEALED
    for path in ("/staff/ledger", f"/staff/ledger/{demand}"):
        page = (await staff_reader.open(path)).text
        assert "adequate medical care" in page
        assert "A draft" not in page
        assert "A later report" not in page


async def test_the_ledger_is_filtered(staff_reader: Browser, demand: UUID, writing: sessionmaker[Session]) -> None:
    with writing() as session:
        case_file = session.get_one(Demand, demand).case_file
    page = (await staff_reader.open(f"/staff/ledger?case_file={case_file}&implementation=in_progress")).text
    assert "adequate medical care" in page
    assert "Once more." not in page
    assert "Repeated as 1S10." in page
    page = (await staff_reader.open("/staff/ledger?implementation=not_assessed")).text
    assert "Repeats 1S2" in page
    assert "adequate medical care" not in page
    assert "No demand matches." in (await staff_reader.open("/staff/ledger?implementation=moot")).text
    assert "Once more." in (await staff_reader.open("/staff/ledger?case_file=zqnone&implementation=zqnone")).text
    assert "zqnone" not in staff_reader.page.text.partition("<main")[2].partition("</main")[0]


async def test_the_mid_term_view_counts_a_duplicate_once(staff_reader: Browser, demand: UUID) -> None:
    page = (await staff_reader.open("/staff/ledger/mid-term")).text
    assert page.count("<table") == 1
    assert '<td class="number" data-label="Demands">1</td>' in page
    assert '<td class="number" data-label="In progress">1</td>' in page
    assert '<td class="number" data-label="Answered">1</td>' in page


async def test_one_demand_is_shown_with_everything_that_was_found(staff_reader: Browser, demand: UUID) -> None:
    page = (await staff_reader.open(f"/staff/ledger/{demand}")).text
    for said in ("Nothing was done.", "A draft &lt;law&gt;.", "1 September 2014", "recorded by dora on", "No action"):
        assert said in page, said
    body = page.partition("What was found over time")[2]
    assert body.index("A draft") < body.index("Nothing was done.")


async def test_reading_the_ledger_is_noted(staff_reader: Browser, demand: UUID, writing: sessionmaker[Session]) -> None:
    for path in ("", "/mid-term", f"/{demand}"):
        await staff_reader.open(f"/staff/ledger{path}")
    with writing() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.record == "demand").order_by(AuditEntry.seq))
        read = [(entry.actor, entry.record_id, entry.detail["page"]) for entry in entries if entry.action == "read"]
    assert read == [
        ("alice", "several", "ledger"),
        ("alice", "several", "mid_term"),
        ("alice", str(demand), "demand"),
    ]


async def test_who_is_not_signed_in_reads_nothing(browser: Browser, demand: UUID) -> None:
    for path in ("/staff/ledger", "/staff/ledger/mid-term", f"/staff/ledger/{demand}"):
        answer = await browser.open(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/staff/sign-in")
