"""A published statement rests on assertions of its case, and falls with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts.facts import Tier
from service.commands.footings import rest_on, unfounded
from service.errors import InvalidInput
from service.facts import public_case
from service.queries.public_cases import public_cases
from service.queries.statements import statements_in
from service.records import AuditEntry, Case
from service.vocabulary import Verification
from tests.factories import make_assertion, make_case, make_consent, make_person, make_source

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.facts.published import Published
    from service.links import Links
    from service.security.encryption import Vault

SUMMARY = "She was moved in March. Nobody says where to."
MOVED, NOBODY = "She was moved in March.", "Nobody says where to."


@pytest.fixture
def case(session: Session) -> Case:
    person = make_person(session)
    make_consent(session, person)
    return make_case(session, persons=(person,), summary=SUMMARY)


class Evidence:
    """What the tests do with one case."""

    def __init__(self, session: Session, case: Case, vault: Vault, links: Links, now: datetime) -> None:
        self.session, self.case, self.vault, self.links, self.now = session, case, vault, links, now

    def rest(self, statement: str, *assertion_ids: UUID) -> None:
        rest_on(
            self.session, self.case, statement, assertion_ids, now=self.now, by="alice", vault=self.vault
        )  # fmt: skip

    def published(self) -> Published:
        return public_case(self.session, self.case, now=self.now, links=self.links).published

    def texts(self) -> list[str]:
        return [statement.text for statement in self.published().statements]


@pytest.fixture
def evidence(session: Session, case: Case, vault: Vault, links: Links, now: datetime) -> Evidence:
    return Evidence(session, case, vault, links, now)


def test_what_rests_on_nothing_is_not_published(evidence: Evidence, session: Session, case: Case) -> None:
    assert evidence.texts() == []
    evidence.rest(NOBODY, make_assertion(session, case, make_source(session)).id)
    assert evidence.texts() == [NOBODY]
    assert unfounded(session, case.id, case.summary) == (MOVED,)


def test_another_word_is_another_statement(evidence: Evidence, session: Session, case: Case) -> None:
    evidence.rest(MOVED, make_assertion(session, case, make_source(session)).id)
    case.summary = "She was moved in April. Nobody says where to."
    assert evidence.texts() == []


@pytest.mark.parametrize("how", ["refuted", "replaced", "sealed", "sealed source"])
def test_a_statement_falls_with_the_last_assertion_that_carries_it(
    evidence: Evidence, session: Session, case: Case, how: str
) -> None:
    source = make_source(session)
    one, other = make_assertion(session, case, source), make_assertion(session, case, make_source(session))
    evidence.rest(MOVED, one.id, other.id)
    if how == "refuted":
        one.verification = Verification.REFUTED
    elif how == "replaced":
        one.replaced_by_id = other.id
    elif how == "sealed":
        one.tier = Tier.SEALED
    else:
        source.tier = Tier.SEALED
    session.flush()
    assert evidence.texts() == [MOVED]
    evidence.rest(MOVED)
    assert evidence.texts() == []
    with pytest.raises(InvalidInput, match="carries nothing"):
        evidence.rest(MOVED, one.id)


def test_an_assertion_of_another_case_carries_nothing(evidence: Evidence, session: Session) -> None:
    foreign = make_assertion(session, make_case(session), make_source(session))
    with pytest.raises(InvalidInput, match="no assertion of this case"):
        evidence.rest(MOVED, foreign.id)


def test_two_sentences_are_not_one_statement(evidence: Evidence) -> None:
    with pytest.raises(InvalidInput, match="one sentence"):
        evidence.rest(SUMMARY)


def test_the_public_reads_where_it_stands_and_how_far_it_is_verified(
    evidence: Evidence, session: Session, case: Case
) -> None:
    report, letter = (
        make_source(session, title="A report"),
        make_source(session, title="A letter", tier=Tier.RESTRICTED),
    )
    one, other = make_assertion(session, case, report), make_assertion(session, case, letter)
    other.verification, other.disputed_by = Verification.CONFIRMED, "The colony"
    evidence.rest(MOVED, one.id, other.id)
    evidence.rest(NOBODY, one.id)
    said = evidence.published()
    assert [(note.title, note.verification.value) for note in said.notes] == [
        (None, "confirmed"),
        ("A report", "alleged"),
    ]
    assert [(one.notes, one.is_disputed) for one in said.statements] == [((1, 2), True), ((2,), False)]
    assert "A letter" not in repr(said)
    assert "The colony" not in repr(said)


def test_without_a_consent_to_name_nothing_of_it_is_published(evidence: Evidence, session: Session, case: Case) -> None:
    evidence.rest(MOVED, make_assertion(session, case, make_source(session)).id)
    case.persons.append(make_person(session, "Erik Hidden"))
    session.flush()
    assert evidence.texts() == []


def test_a_search_finds_only_what_is_published(evidence: Evidence, session: Session, case: Case, now: datetime) -> None:
    def found(word: str) -> list[str]:
        cases, more = public_cases(session, search=word, country="", after="", now=now)
        assert not more
        return [one.reference for one in cases]

    evidence.rest(MOVED, make_assertion(session, case, make_source(session)).id)
    assert (found("March"), found("Nobody")) == ([case.reference], [])
    assert found(case.reference) == [case.reference]
    assert found("Dana march") == [case.reference]


def test_a_search_goes_on_until_its_page_is_full(evidence: Evidence, session: Session, now: datetime) -> None:
    person = make_person(session)
    make_consent(session, person)
    cases = [make_case(session, persons=(person,), summary="Kept apart.") for _ in range(60)]
    for case in cases[30::2]:
        evidence.case = case
        evidence.rest("Kept apart.", make_assertion(session, case, make_source(session)).id)
    page, more = public_cases(session, search="apart", country="", after="", now=now)
    assert [one.reference for one in page] == sorted(case.reference for case in cases[30::2])
    assert not more


def test_the_sentences_of_a_case_are_listed_once_with_what_carries_them(
    evidence: Evidence, session: Session, case: Case
) -> None:
    one = make_assertion(session, case, make_source(session))
    evidence.rest(MOVED, one.id)
    lines = [(line.where, line.text, line.assertion_ids) for line in statements_in(session, case)]
    assert lines == [("summary", MOVED, (one.id,)), ("summary", NOBODY, ())]


def test_what_a_statement_rests_on_is_audited(evidence: Evidence, session: Session, case: Case) -> None:
    one = make_assertion(session, case, make_source(session))
    evidence.rest(MOVED, one.id)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "rest_statement")).one()
    assert entry.detail["assertion_ids"] == [str(one.id)]
    assert MOVED not in str(entry.detail)
