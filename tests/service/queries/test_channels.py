"""A case that is followed and of which nobody can be told is not one that nobody follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alerts.facts import Tier
from service.queries.channels import Unheard, troubled_destinations, unheard_cases
from service.records.subscribers import NOT_WORKING_AT, WARNED_AT
from service.vocabulary import CaseChannels, DestinationState, FollowUpState, Monitoring, SubscriptionState
from tests.factories import make_case, make_destination, make_follow_up, make_subscription

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.records import Case, Destination
    from service.security.encryption import Vault


@pytest.fixture
def case(session: Session) -> Case:
    return make_case(session)


def follower(session: Session, vault: Vault, case: Case | None = None, **about: str) -> Destination:
    destination = make_destination(session, vault)
    make_subscription(session, vault, case=case, destination=destination, **about)  # type: ignore[arg-type] # the test's own
    return destination


def channels(session: Session) -> list[CaseChannels]:
    session.flush()
    return [one.channels for one in unheard_cases(session)]


def test_one_channel_that_works_is_enough(session: Session, vault: Vault, case: Case) -> None:
    follower(session, vault, case).state = DestinationState.DISABLED
    follower(session, vault, case).failures = NOT_WORKING_AT
    assert channels(session) == [CaseChannels.FAILING]
    follower(session, vault, case).failures = NOT_WORKING_AT - 1
    assert channels(session) == []


def test_a_case_whose_last_channel_was_lost_is_shown(session: Session, vault: Vault, case: Case) -> None:
    last = follower(session, vault, case)
    assert channels(session) == []
    last.failures = NOT_WORKING_AT
    assert channels(session) == [CaseChannels.FAILING]
    last.state = DestinationState.DISABLED
    session.flush()
    assert unheard_cases(session) == [Unheard(case.reference, CaseChannels.SWITCHED_OFF)]


def test_a_mailbox_that_must_confirm_again_does_not_work(session: Session, vault: Vault, case: Case) -> None:
    follower(session, vault, case).state = DestinationState.PENDING
    assert channels(session) == [CaseChannels.FAILING]


def test_a_case_that_nobody_follows_is_told_apart(session: Session, vault: Vault, case: Case) -> None:
    assert channels(session) == [CaseChannels.NOBODY]
    make_subscription(session, vault, case=case, state=SubscriptionState.ENDED)
    make_subscription(session, vault, case=case, state=SubscriptionState.PENDING)
    assert channels(session) == [CaseChannels.NOBODY]


def test_who_follows_its_country_or_one_of_its_open_dates_counts(session: Session, vault: Vault, case: Case) -> None:
    date = make_follow_up(session, case, kind="court_hearing")
    by_kind = follower(session, vault, follow_up_kind="court_hearing")
    assert channels(session) == []
    by_kind.state = DestinationState.DISABLED
    assert channels(session) == [CaseChannels.SWITCHED_OFF]
    date.state = FollowUpState.DONE
    assert channels(session) == [CaseChannels.NOBODY]
    follower(session, vault, country="FR")
    assert channels(session) == [CaseChannels.NOBODY]
    follower(session, vault, country="KZ")
    assert channels(session) == []


def test_cases_that_are_not_watched_or_sealed_are_not_named(session: Session) -> None:
    make_case(session, monitoring=Monitoring.CLOSED)
    make_case(session, monitoring=Monitoring.DORMANT)
    make_case(session, tier=Tier.SEALED)
    assert unheard_cases(session) == []


def test_the_organisations_destinations_in_trouble_are_those_that_were_warned_of_or_are_off(
    session: Session, vault: Vault
) -> None:
    for label, failures, state in (
        ("Fine", WARNED_AT[0] - 1, DestinationState.READY),
        ("Failing", WARNED_AT[0], DestinationState.READY),
        ("Off", 1, DestinationState.DISABLED),
        ("", NOT_WORKING_AT, DestinationState.DISABLED),
    ):
        make_destination(session, vault, label=label, state=state).failures = failures
    session.flush()
    assert [one.label for one in troubled_destinations(session)] == ["Failing", "Off"]
