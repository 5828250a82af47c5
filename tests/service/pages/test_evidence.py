"""The public page says on what each sentence rests; the board shows claims beside each other, and what was corrected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts.facts import Tier
from service.commands.acting import Acting
from service.commands.corrections import NewCorrection, draft_correction
from service.records import Assertion, AuditEntry, Case
from service.vocabulary import CorrectionKind, SourceConnection, Verification
from tests.factories import make_assertion, make_footing, make_source
from tests.service.pages.conftest import sign_in

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session, sessionmaker

    from service.clock import FixedClock
    from service.security.encryption import Vault
    from tests.service.pages.conftest import Browser, Member

pytestmark = pytest.mark.anyio


@pytest.fixture
def evidence(writing: sessionmaker[Session], case: Case) -> Case:
    """A summary of two sentences, of which the first is disputed and the second rests on nothing."""
    with writing.begin() as session:
        kept = session.get_one(Case, case.id)
        kept.summary = "She is held far from home. Nobody visits her."
        source = make_source(session, title="A report & a <half>")
        found = make_assertion(session, kept, source, attribute="place", value="900 km from home")
        found.verification, found.disputed_by = Verification.CONFIRMED, "The colony's <director>"
        claim = make_assertion(session, kept, source, attribute="place", value="near home")
        claim.connection = SourceConnection.OFFICIAL
        make_assertion(session, kept, source, attribute="hidden", value="SEALED-VALUE", tier=Tier.SEALED)
        make_footing(session, kept, "She is held far from home.", assertion=found)
    return case


async def test_each_sentence_says_on_what_it_rests(browser: Browser, evidence: Case) -> None:
    page = await browser.open(f"/c/{evidence.slug}")
    assert "She is held far from home." in page.text
    assert "Nobody visits her." not in page.text
    assert 'href="#source-1"' in page.text
    assert 'id="source-1"' in page.text
    assert "(disputed)" in page.text
    assert "(confirmed)" in page.text
    assert "A report &amp; a &lt;half&gt;" in page.text
    assert "director" not in page.text


async def test_the_board_shows_both_sides_and_what_is_not_published(
    browser: Browser, member: Member, wall_clock: FixedClock, evidence: Case, writing: sessionmaker[Session]
) -> None:
    await sign_in(browser, member, wall_clock.now())
    page = await browser.open(f"/staff/cases/{evidence.reference}/evidence")
    claimed = page.text[page.text.index("What is claimed") :]
    officials, others = claimed.index("Officials say"), claimed.index("Others found")
    assert officials < claimed.index("near home") < others < claimed.index("900 km from home")
    assert "The colony&#39;s &lt;director&gt;" in page.text
    assert page.text.count("Not published: it rests on no assertion") == 1
    assert "SEALED-VALUE" not in page.text
    spoken = await browser.open(f"/staff/cases/{evidence.reference}/evidence?lang=ru")
    assert ">Должностное лицо · " in spoken.text
    assert ">НПО · " in spoken.text
    with writing() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert entry is not None
    assert (entry.action, entry.detail) == ("read", {"page": "evidence"})


async def test_a_correction_is_shown_with_where_it_stands(
    browser: Browser, member: Member, wall_clock: FixedClock, evidence: Case, writing: sessionmaker[Session],
    vault: Vault, now: datetime,
) -> None:  # fmt: skip
    with writing.begin() as session:
        case = session.get_one(Case, evidence.id)
        assertion = session.scalars(select(Assertion).where(Assertion.value == "900 km from home")).one()
        draft_correction(
            session, case, assertion,
            NewCorrection(kind=CorrectionKind.RETRACTED, was="She is held far away.", reason="She is not."),
            now=now, by=Acting(None, "tests"), vault=vault,
        )  # fmt: skip
    await sign_in(browser, member, wall_clock.now())
    page = await browser.open(f"/staff/cases/{evidence.reference}/evidence")
    assert "waits for a second member" in page.text
    assert "She is held far away." in page.text
    assert "She is held far from home." not in (await browser.open(f"/c/{evidence.slug}")).text
