"""Who may send what: one worker at a time, the most urgent first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from alerts.facts import Tier
from alerts.outcomes import Accepted, Outcome, Refused, Unknown
from service.commands.claim_deliveries import claim_deliveries
from service.commands.record_outcomes import record_outcomes
from service.commands.settling import Cancelled, PutBack, Recorded
from service.database import database_now
from service.records import Alert, Attempt, Delivery
from service.records.alerts import PRIORITY_ALERT, PRIORITY_DIGEST, PRIORITY_URGENT
from service.records.base import new_id
from service.vocabulary import AlertKind, AttemptOutcome, ChannelName, DeliveryState
from tests import factories

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from service.commands.claims import Claim
    from service.security.encryption import Vault

KEY = b"a key for the audit"
LONG_PAST = datetime(2020, 1, 1, tzinfo=UTC)


def owe(session: Session, vault: Vault, *, count: int = 1, priority: int = PRIORITY_ALERT) -> list[int]:
    """Deliveries of one alert to as many mailboxes, due now."""
    alert = Alert(
        dedupe_key=str(new_id()), kind=AlertKind.FOLLOW_UP, tier=Tier.PUBLIC, facts={}, created_at=factories.LONG_AGO
    )
    session.add(alert)
    session.flush()
    ids = []
    for _ in range(count):
        destination = factories.make_destination(session, vault)
        delivery = Delivery(
            alert_id=alert.id, destination_id=destination.id, channel=ChannelName.EMAIL, language="en",
            time_zone="Europe/Berlin", tier=Tier.PUBLIC, priority=priority, due_at=database_now(),
        )  # fmt: skip
        session.add(delivery)
        session.flush()
        ids.append(delivery.id)
    return ids


def claim(session: Session, *, limit: int = 100, lease_s: float = 60.0) -> list[Claim]:
    return claim_deliveries(session, limit=limit, lease_s=lease_s, worker="test").leaving


def test_four_claimers_share_what_is_due_and_nothing_is_claimed_twice(
    writing: sessionmaker[Session], vault: Vault
) -> None:
    with writing.begin() as session:
        owed = owe(session, vault, count=40)

    def take(_: int) -> list[int]:
        taken: list[int] = []
        for _ in range(5):
            with writing.begin() as session:
                taken += [one.id for one in claim(session, limit=3)]
        return taken

    with ThreadPoolExecutor(4) as threads:
        taken = [one for part in threads.map(take, range(4)) for one in part]
    assert sorted(taken) == owed


def test_the_most_urgent_is_claimed_first(session: Session, vault: Vault) -> None:
    (digest,) = owe(session, vault, priority=PRIORITY_DIGEST)
    (alert,) = owe(session, vault, priority=PRIORITY_ALERT)
    (urgent,) = owe(session, vault, priority=PRIORITY_URGENT)
    assert [one.id for one in claim(session, limit=2)] == [urgent, alert]
    assert [one.id for one in claim(session, limit=2)] == [digest]


def test_what_is_claimed_is_not_due_until_its_lease_ends(session: Session, vault: Vault) -> None:
    owe(session, vault)
    (first,) = claim(session)
    assert claim(session) == []
    session.execute(update(Delivery).values(due_at=LONG_PAST))
    (second,) = claim(session)
    assert (first.attempt, first.maybe_sent) == (1, False)
    assert (second.attempt, second.maybe_sent) == (2, True)
    assert second.key == first.key
    assert second.lease_token != first.lease_token
    outcomes = session.scalars(select(Attempt.outcome).order_by(Attempt.n)).all()
    assert outcomes == [AttemptOutcome.LOST, AttemptOutcome.STARTED]


def test_mail_and_the_rest_stand_in_lines_of_their_own(session: Session, vault: Vault) -> None:
    owe(session, vault)
    assert claim_deliveries(session, limit=9, lease_s=60, worker="test", by_mail=False).leaving == []
    assert len(claim(session)) == 1


def test_what_is_accepted_stays_accepted_even_after_the_lease(session: Session, vault: Vault) -> None:
    owe(session, vault)
    (late,) = claim(session)
    session.execute(update(Delivery).values(due_at=LONG_PAST))
    (second,) = claim(session)
    record_outcomes(session, [Recorded(late, Accepted(250, provider_ref="abc"))], audit_key=KEY)
    record_outcomes(session, [Recorded(second, Refused(True, "Nobody is there."))], audit_key=KEY)
    session.expire_all()
    delivery = session.scalars(select(Delivery)).one()
    assert (delivery.state, delivery.open, delivery.provider_ref) == (DeliveryState.ACCEPTED, False, "abc")


@pytest.mark.parametrize("outcome", [Refused(True, "No."), Refused(False, "Later."), Unknown("The line broke.")])
def test_a_failure_counts_only_while_the_lease_is_ours(
    session: Session, vault: Vault, outcome: Refused | Unknown
) -> None:
    owe(session, vault)
    (stale,) = claim(session)
    session.execute(update(Delivery).values(due_at=LONG_PAST))
    claim(session)
    record_outcomes(session, [Recorded(stale, outcome)], audit_key=KEY)
    session.expire_all()
    delivery = session.scalars(select(Delivery)).one()
    assert (delivery.state, delivery.attempts) == (DeliveryState.SENDING, 2)


@pytest.mark.parametrize("outcome", [Cancelled("Done."), PutBack()])
def test_what_was_not_tried_counts_as_no_try(session: Session, vault: Vault, outcome: Cancelled | PutBack) -> None:
    owe(session, vault)
    (taken,) = claim(session)
    record_outcomes(session, [Recorded(taken, outcome)], audit_key=KEY)
    session.expire_all()
    assert session.scalars(select(Delivery.attempts)).one() == 0
    assert session.scalars(select(Attempt)).all() == []


def test_many_outcomes_are_recorded_at_once(session: Session, vault: Vault) -> None:
    owe(session, vault, count=30)
    claims = claim(session)
    outcomes: list[Outcome] = [Accepted(250, excerpt="ok" * 5_000), Refused(False, "x" * 9_000), Unknown("?")]
    record_outcomes(session, [Recorded(one, outcomes[n % 3]) for n, one in enumerate(claims)], audit_key=KEY)
    session.expire_all()
    states = [one.state for one in session.scalars(select(Delivery).order_by(Delivery.id))]
    assert states == [DeliveryState.ACCEPTED, DeliveryState.QUEUED, DeliveryState.UNKNOWN] * 10
    assert all(len(text or "") <= 2_000 for text in session.scalars(select(Attempt.excerpt)))
