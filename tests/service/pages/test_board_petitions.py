"""The board shows what was asked of whom, whose clock stands still, and how many days somebody is in isolation."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts.facts import Tier
from service.commands.record_facts import add_pause
from service.records import (
    AuditEntry,
    CareEvent,
    Case,
    DetentionEpisode,
    HealthCondition,
    IsolationPlacement,
    Petition,
)
from service.vocabulary import CareAccess, CareKind, Certainty, Mechanism, Severity
from tests.factories import LONG_AGO, make_person
from tests.service.api.recorded import make_fact

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session, sessionmaker

    from service.security.encryption import Vault
    from tests.service.pages.conftest import Browser

pytestmark = pytest.mark.anyio


@pytest.fixture
def recorded(writing: sessionmaker[Session], vault: Vault, now: datetime, case: Case) -> Case:
    """Two placements, and a complaint whose clock stands still on the twentieth of November."""
    with writing.begin() as session:
        person_id = case.persons[0].id
        for begin, until in ((date(2014, 3, 1), date(2014, 3, 20)), (date(2014, 11, 9), None)):
            make_fact(
                session, case, IsolationPlacement, person_id, from_on=begin, until_on=until, now=now, vault=vault
            )  # fmt: skip
        petition = make_fact(
            session, case, Petition, person_id, addressee="Prosecutor <General>", reference="12-345",
            reply_within_days=15, reply_basis="Complaints Act, section 8", counts_working_days=True, now=now,
            vault=vault,
        )  # fmt: skip
        for from_on, until_on in ((date(2014, 10, 5), date(2014, 10, 7)), (date(2014, 11, 1), None)):
            stated = {
                "from_on": from_on,
                "until_on": until_on,
                "reason": "The file was asked for",
                "basis": "Section 9",
            }
            add_pause(session, petition, stated, now=now, by="tests", vault=vault)
    return case


async def test_isolation_is_shown_with_its_days(staff_reader: Browser, recorded: Case) -> None:
    page = (await staff_reader.open(f"/staff/cases/{recorded.reference}")).text
    assert "<strong>20 days</strong> · longer than the 15 days of Mandela Rules 43 and 44" in page
    assert "<strong>Day 12, if it still lasts: no end is recorded</strong>" in page
    assert page.count("Mandela Rules 43") == 1
    assert "Complaint under national law</strong>: <span" in page
    page = (await staff_reader.open(f"/staff/cases/{recorded.reference}?lang=ru")).text
    assert "<strong>20 дней</strong>" in page
    assert "Жалоба по национальному праву" in page


async def test_a_petition_is_shown_with_its_term_and_its_pauses(
    staff_reader: Browser, recorded: Case, writing: sessionmaker[Session]
) -> None:
    page = (await staff_reader.open(f"/staff/cases/{recorded.reference}/petitions")).text
    for said in (
        "Prosecutor &lt;General&gt;", "12-345", "15 working days", "Complaints Act, section 8", "The cell is cold",
        "The clock stands still since 1 November 2014", "5 October 2014 – 7 October 2014", "until further notice",
    ):  # fmt: skip
        assert said in page, said
    with writing() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).one()
        assert (entry.actor, entry.action, entry.detail) == ("alice", "read", {"page": "petitions"})


async def test_a_petition_that_was_answered_waits_for_nothing(
    staff_reader: Browser, recorded: Case, writing: sessionmaker[Session]
) -> None:
    with writing.begin() as session:
        petition = session.scalars(select(Petition)).one()
        petition.answered_on, petition.answer = date(2014, 11, 10), "It is warm"
    page = (await staff_reader.open(f"/staff/cases/{recorded.reference}/petitions")).text
    assert "It is warm" in page
    assert "stands still since" not in page


@pytest.mark.parametrize("mechanism", Mechanism)
async def test_every_mechanism_has_its_words(
    staff_reader: Browser, case: Case, writing: sessionmaker[Session], vault: Vault, now: datetime, mechanism: Mechanism
) -> None:
    with writing.begin() as session:
        make_fact(session, case, Petition, case.persons[0].id, mechanism=mechanism, now=now, vault=vault)
    page = (await staff_reader.open(f"/staff/cases/{case.reference}/petitions?lang=ru")).text
    assert page.count("The cell is cold") == 1
    assert not {f'<p class="soft small">{mechanism.value}', mechanism.value} & set(page.split())


async def test_facts_about_somebody_sealed_are_on_no_page(
    staff_reader: Browser, case: Case, writing: sessionmaker[Session], vault: Vault, now: datetime
) -> None:
    with writing.begin() as session:
        hidden = make_person(session, "Minor Sample", tier=Tier.SEALED)
        theirs = session.get_one(Case, case.id)
        theirs.persons.append(hidden)
        session.flush()
        make_fact(session, theirs, IsolationPlacement, hidden.id, reason="zqsealed", now=now, vault=vault)
        make_fact(session, theirs, DetentionEpisode, hidden.id, facility="zqsealed", now=now, vault=vault)
        make_fact(session, theirs, Petition, hidden.id, subject="zqsealed", now=now, vault=vault)
        session.add(
            HealthCondition(
                case_id=case.id, person_id=hidden.id, label="zqsealed", severity=Severity.SEVERE,
                certainty=Certainty.REPORTED, care_access=CareAccess.DELAYED, as_of=LONG_AGO.date(),
                created_at=LONG_AGO,
            )
        )  # fmt: skip
        session.add(
            CareEvent(
                case_id=case.id, person_id=hidden.id, kind=CareKind.REFUSAL, outcome="zqsealed",
                as_of=LONG_AGO.date(), created_at=LONG_AGO,
            )
        )  # fmt: skip
    for tab in ("", "/petitions", "/health"):
        page = await staff_reader.open(f"/staff/cases/{case.reference}{tab}")
        assert page.status_code == 200
        assert "zqsealed" not in page.text, tab
