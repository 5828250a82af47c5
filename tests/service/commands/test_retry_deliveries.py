"""What was given up is queued again by a decision, once, and never what was accepted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, update

from alerts.outcomes import Accepted, Refused, Unknown
from service.commands.audit import first_broken_link
from service.commands.record_outcomes import record_outcomes
from service.commands.retry_deliveries import MOST_AT_ONCE, Retried, retry
from service.commands.settling import Cancelled, Held, Recorded
from service.database import database_now
from service.records import Attempt, AuditEntry, Delivery
from service.records.base import UtcDateTime
from service.vocabulary import DeliveryState
from tests.service.commands.test_claim_deliveries import claim, owe

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from alerts.outcomes import Outcome
    from service.commands.claims import Claim
    from service.security.encryption import Vault

KEY = b"a key for the audit chain of this test"
LONG_PAST = datetime(2020, 1, 1, tzinfo=UTC)
NOW = datetime(2030, 3, 9, 12, 0, tzinfo=UTC)
DEAD = Refused(True, "Nobody is there.", code=550)


def again(session: Session, vault: Vault, *ids: int, gone: dict[int, str] | None = None) -> Retried:
    return retry(session, ids, gone=gone or {}, now=NOW, by="olga", vault=vault)


def ended(session: Session, vault: Vault, outcome: Outcome | Cancelled | Held) -> Claim:
    """The claim of one delivery that ended so."""
    owe(session, vault)
    (taken,) = claim(session)
    record_outcomes(session, [Recorded(taken, outcome)], audit_key=KEY)
    return taken


def only(session: Session) -> Delivery:
    session.expire_all()
    return session.scalars(select(Delivery)).one()


@pytest.mark.parametrize("outcome", [DEAD, Held()], ids=["dead", "held"])
def test_what_was_given_up_is_due_now_with_its_key_and_its_number_of_tries(
    session: Session, vault: Vault, outcome: Refused | Held
) -> None:
    first = ended(session, vault, outcome)
    tries = only(session).attempts
    assert again(session, vault, first.id) == Retried((first.id,), {})
    waiting = only(session)
    assert (waiting.state, waiting.open, waiting.attempts) == (DeliveryState.QUEUED, True, tries)
    assert (waiting.finished_at, waiting.lease_token, waiting.first_attempt_at) == (None, None, None)
    assert waiting.reason == "Queued again by olga."
    (second,) = claim(session)
    assert (second.id, second.key, second.attempt) == (first.id, first.key, tries + 1)
    numbers = session.scalars(select(Attempt.n).order_by(Attempt.n)).all()
    assert numbers == list(range(1, tries + 2))


def test_the_three_days_of_trying_begin_anew(session: Session, vault: Vault) -> None:
    first = ended(session, vault, DEAD)
    session.execute(update(Delivery).values(first_attempt_at=datetime.now(UTC) - timedelta(days=9)))
    again(session, vault, first.id)
    (second,) = claim(session)
    record_outcomes(session, [Recorded(second, Refused(False, "The mailbox is full."))], audit_key=KEY)
    assert only(session).state is DeliveryState.QUEUED


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Accepted(250), "The receiving server has accepted it, and what is accepted is never sent again."),
        (Cancelled("The follow-up is done."), "It was cancelled, because what it says no longer stood."),
        (Refused(False, "Later."), "It waits for its next try already."),
        (Unknown("The line broke."), "It waits for its next try already."),
    ],
    ids=["accepted", "cancelled", "queued", "unknown"],
)
def test_what_was_not_given_up_is_left_alone(
    session: Session, vault: Vault, outcome: Outcome | Cancelled, reason: str
) -> None:
    taken = ended(session, vault, outcome)
    before = session.execute(select(Delivery.__table__)).all()
    assert again(session, vault, taken.id) == Retried((), {taken.id: reason})
    assert session.execute(select(Delivery.__table__)).all() == before
    assert session.scalars(select(AuditEntry)).all() == []


def test_a_second_replay_does_nothing_more(session: Session, vault: Vault) -> None:
    taken = ended(session, vault, DEAD)
    again(session, vault, taken.id)
    before = session.execute(select(Delivery.__table__)).all()
    assert again(session, vault, taken.id).refused == {taken.id: "It waits for its next try already."}
    assert session.execute(select(Delivery.__table__)).all() == before
    assert session.scalar(select(func.count()).select_from(AuditEntry)) == 1


def test_a_claim_in_between_is_not_disturbed(session: Session, vault: Vault) -> None:
    taken = ended(session, vault, DEAD)
    again(session, vault, taken.id)
    (second,) = claim(session)
    assert again(session, vault, taken.id).refused == {taken.id: "It is being sent at this moment."}
    record_outcomes(session, [Recorded(second, Refused(True, "Still nobody."))], audit_key=KEY)
    assert (only(session).state, only(session).reason) == (DeliveryState.DEAD, "Still nobody.")


def test_a_late_success_of_a_lost_lease_ends_what_was_queued_again(session: Session, vault: Vault) -> None:
    owe(session, vault)
    (late,) = claim(session)
    session.execute(update(Delivery).values(due_at=LONG_PAST))
    (second,) = claim(session)
    record_outcomes(session, [Recorded(second, DEAD)], audit_key=KEY)
    again(session, vault, late.id)
    assert only(session).maybe_sent
    record_outcomes(session, [Recorded(late, Accepted(250))], audit_key=KEY)
    assert (only(session).state, only(session).open) == (DeliveryState.ACCEPTED, False)
    assert claim(session) == []


def test_a_late_failure_of_a_lost_lease_does_not_undo_a_replay(session: Session, vault: Vault) -> None:
    owe(session, vault)
    (late,) = claim(session)
    session.execute(update(Delivery).values(due_at=LONG_PAST))
    (second,) = claim(session)
    record_outcomes(session, [Recorded(second, DEAD)], audit_key=KEY)
    again(session, vault, late.id)
    record_outcomes(session, [Recorded(late, DEAD)], audit_key=KEY)
    assert only(session).state is DeliveryState.QUEUED


def test_what_no_longer_stands_stays_as_it_is_and_is_named_with_its_reason(session: Session, vault: Vault) -> None:
    first, second = owe(session, vault, count=2)
    record_outcomes(session, [Recorded(one, DEAD) for one in claim(session)], audit_key=KEY)
    gone = {first: "The follow-up is done."}
    assert again(session, vault, first, second, 999_999, gone=gone) == Retried(
        (second,), {first: "The follow-up is done.", 999_999: "There is no such delivery."}
    )
    session.expire_all()
    assert session.get_one(Delivery, first).state is DeliveryState.DEAD


def test_the_audit_names_who_decided_it_for_each(session: Session, vault: Vault) -> None:
    ids = owe(session, vault, count=3)
    record_outcomes(session, [Recorded(one, DEAD) for one in claim(session)], audit_key=KEY)
    again(session, vault, *ids)
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.seq)).all()
    assert [(one.actor, one.action, one.record, one.record_id) for one in entries] == [
        ("olga", "retry", "delivery", str(one)) for one in ids
    ]
    assert entries[0].detail == {"tries": 1, "maybe_sent": False}
    assert first_broken_link(session, key=vault.audit_key) is None


def test_two_who_decide_at_once_queue_it_once(writing: sessionmaker[Session], vault: Vault) -> None:
    with writing.begin() as session:
        ids = owe(session, vault, count=20)
        record_outcomes(session, [Recorded(one, DEAD) for one in claim(session)], audit_key=KEY)

    def decide(_: int) -> Retried:
        with writing.begin() as session:
            return again(session, vault, *ids)

    with ThreadPoolExecutor(4) as threads:
        outcomes = list(threads.map(decide, range(4)))
    assert sorted(one for outcome in outcomes for one in outcome.queued) == ids
    assert sum(len(outcome.refused) for outcome in outcomes) == 60
    with writing() as session:
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == 20


def test_it_is_due_by_the_databases_own_clock(session: Session, vault: Vault) -> None:
    taken = ended(session, vault, DEAD)
    again(session, vault, taken.id)
    clock = session.scalars(select(func.coalesce(database_now(), database_now(), type_=UtcDateTime()))).one()
    assert abs((only(session).due_at - clock).total_seconds()) < 60
    assert only(session).due_at < NOW


def test_more_than_a_transaction_should_hold_is_refused(session: Session, vault: Vault) -> None:
    with pytest.raises(ValueError, match="more than one transaction"):
        again(session, vault, *range(1, MOST_AT_ONCE + 2))
