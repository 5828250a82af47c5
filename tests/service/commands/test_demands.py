"""What became of a demand is assessed over time, and nothing that was found is written over."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts.facts import Tier
from service.commands.demands import NewAssessment, assess
from service.errors import InvalidInput
from service.queries.ledger import history, ledger, mid_term
from service.records import AuditEntry, Demand, DemandAssessment
from service.vocabulary import Implementation, StateResponse
from tests.factories import make_case, make_demand, make_follow_up, make_source

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.records import Source
    from service.security.encryption import Vault

NOW = datetime(2015, 6, 1, 6, tzinfo=UTC)


@pytest.fixture
def source(session: Session) -> Source:
    """A public report."""
    return make_source(session)


@pytest.fixture
def demand(session: Session, source: Source) -> Demand:
    """One recommendation."""
    return make_demand(session, make_case(session), source)


def found(
    session: Session, vault: Vault, demand: Demand, source: Source, on: date, how: Implementation,
    response: StateResponse | None = None,
) -> DemandAssessment:  # fmt: skip
    """One assessment."""
    given = NewAssessment(
        assessed_on=on, implementation=how, evidence="A report says so.", source=source.key, state_response=response
    )
    return assess(session, demand, given, now=NOW, by="Test Officer", vault=vault)


def test_a_demand_stands_as_its_latest_assessment_says(
    session: Session, vault: Vault, demand: Demand, source: Source
) -> None:
    found(session, vault, demand, source, date(2015, 1, 1), Implementation.NO_ACTION, StateResponse.NOTED)
    found(session, vault, demand, source, date(2015, 5, 1), Implementation.IN_PROGRESS)
    assert (demand.implementation, demand.state_response) == (Implementation.IN_PROGRESS, StateResponse.NOTED)
    assert session.scalars(select(AuditEntry.action)).all() == ["assess", "assess"]


def test_what_is_found_of_an_earlier_day_is_history(
    session: Session, vault: Vault, demand: Demand, source: Source
) -> None:
    found(session, vault, demand, source, date(2015, 5, 1), Implementation.FULLY, StateResponse.SUPPORTED)
    found(session, vault, demand, source, date(2015, 1, 1), Implementation.NO_ACTION, StateResponse.NOTED)
    assert (demand.implementation, demand.state_response) == (Implementation.FULLY, StateResponse.SUPPORTED)
    assert [one.assessed_on for one in history(session, demand)] == [date(2015, 5, 1), date(2015, 1, 1)]


def test_a_day_to_come_and_a_source_that_is_not_public_are_refused(
    session: Session, vault: Vault, demand: Demand, source: Source
) -> None:
    hidden = make_source(session, tier=Tier.RESTRICTED)
    with pytest.raises(InvalidInput, match="2015-06-02 has not come yet"):
        found(session, vault, demand, source, date(2015, 6, 2), Implementation.FULLY)
    with pytest.raises(InvalidInput, match="No public source has the key"):
        found(session, vault, demand, hidden, date(2015, 5, 1), Implementation.FULLY)
    assert session.scalars(select(DemandAssessment)).all() == []
    assert demand.implementation is Implementation.NOT_ASSESSED


def test_the_ledger_shows_the_evidence_and_the_review_that_is_due(
    session: Session, vault: Vault, demand: Demand, source: Source
) -> None:
    review = make_follow_up(session, demand.cases[0], kind="recommendation_review", due_on=date(2016, 1, 1))
    demand.follow_ups.append(review)
    found(session, vault, demand, source, date(2015, 5, 1), Implementation.IN_PROGRESS)
    (row,) = ledger(session)
    assert (row.implementation, row.assessed_on, row.evidence) == (
        Implementation.IN_PROGRESS, date(2015, 5, 1), "A report says so.",
    )  # fmt: skip
    assert row.source == source.title
    assert [(one.kind, one.due_on) for one in row.reviews] == [("recommendation_review", date(2016, 1, 1))]
    assert row.cases == (demand.cases[0].reference,)


def test_a_mid_term_view_counts_a_duplicate_once(
    session: Session, vault: Vault, demand: Demand, source: Source
) -> None:
    again = make_demand(session, demand.cases[0], source)
    again.duplicate_of_id = demand.id
    other = make_demand(session, demand.cases[0], source)
    found(session, vault, other, source, date(2015, 5, 1), Implementation.PARTIALLY, StateResponse.SUPPORTED)
    session.flush()
    sections = mid_term(ledger(session))
    assert sum(one.demands for one in sections) == 2
    assert sum(one.answered for one in sections) == 1
    assert sum(one.without_assessment for one in sections) == 1
    assert sum(one.by_implementation.get(Implementation.PARTIALLY, 0) for one in sections) == 1


def test_the_ledger_of_some_cases_holds_nothing_of_others(session: Session, demand: Demand, source: Source) -> None:
    make_demand(session, make_case(session), source)
    assert [row.id for row in ledger(session, case_ids=[demand.cases[0].id])] == [demand.id]
