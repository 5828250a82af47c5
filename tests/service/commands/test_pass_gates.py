"""Which claims leave, by which relay or to which host, and when the others may ask again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from alerts.facts import MatrixRoom, SignedWebhook, SlackWebhook, Tier
from alerts.gates import FAILURES_THAT_SHUT, Pace
from alerts.outcomes import Accepted, Refused, Unknown
from service.commands.claim_deliveries import claim_deliveries
from service.commands.pass_gates import Room, Ways
from service.commands.record_outcomes import record_outcomes
from service.commands.settling import PutBack, Recorded
from service.database import database_now, instant_of
from service.records import Alert, Attempt, Delivery, Destination, Gate
from service.records.base import new_id
from service.vocabulary import AlertKind, DeliveryState
from tests import factories

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from alerts.facts import Address
    from service.commands.claims import Claim
    from service.security.encryption import Vault

KEY = b"a key for the audit chain of this test"
LONG_PAST = datetime(2020, 1, 1, tzinfo=UTC)
FIRST, SECOND = "smtp:one.example.org:587", "smtp:two.example.org:587"
SECRETS = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",)


def hook(number: int, host: str = "hooks.example.org") -> SignedWebhook:
    return SignedWebhook(f"https://{host}/{number}", SECRETS)


def owe(session: Session, vault: Vault, addresses: Sequence[Address | None]) -> None:
    """One delivery, due now, to each address; None is a mailbox."""
    alert = Alert(
        dedupe_key=str(new_id()), kind=AlertKind.FOLLOW_UP, tier=Tier.PUBLIC, facts={}, created_at=factories.LONG_AGO
    )
    session.add(alert)
    session.flush()
    for address in addresses:
        destination = factories.make_destination(session, vault, address=address)
        session.add(
            Delivery(
                alert_id=alert.id, destination_id=destination.id, channel=destination.channel, language="en",
                time_zone="Europe/Berlin", tier=Tier.PUBLIC, due_at=database_now(),
            )
        )  # fmt: skip
    session.flush()


def claim(session: Session, ways: Ways, *, by_mail: bool = True, limit: int = 100) -> list[Claim]:
    session.flush()
    return claim_deliveries(session, limit=limit, lease_s=50, worker="test", by_mail=by_mail, ways=ways).leaving


def shut(session: Session, key: str, *, seconds: float, failures: int = 0) -> None:
    until = instant_of(session, plus_s=seconds)
    session.add(Gate(key=key, shut_until=until, failures=failures))
    session.flush()


def make_due(session: Session) -> None:
    session.execute(update(Delivery).where(Delivery.open).values(due_at=LONG_PAST))


def gates(session: Session) -> dict[str, Gate]:
    session.expire_all()
    return {gate.key: gate for gate in session.scalars(select(Gate))}


def test_mail_leaves_by_the_first_relay_and_may_go_on_by_the_second(session: Session, vault: Vault) -> None:
    owe(session, vault, [None])
    (one,) = claim(session, Ways(relays={FIRST: None, SECOND: None}))
    assert one.ways == (FIRST, SECOND)


def test_a_shut_relay_is_passed_over(session: Session, vault: Vault) -> None:
    owe(session, vault, [None] * 3)
    shut(session, FIRST, seconds=30)
    claims = claim(session, Ways(relays={FIRST: None, SECOND: None}))
    assert {one.ways for one in claims} == {(SECOND,)}
    assert len(claims) == 3


def test_a_tripped_relay_gets_one_probe_and_the_others_leave_by_the_next(session: Session, vault: Vault) -> None:
    owe(session, vault, [None] * 3)
    shut(session, FIRST, seconds=-1, failures=FAILURES_THAT_SHUT)
    claims = claim(session, Ways(relays={FIRST: None, SECOND: None}))
    assert sorted((one.ways, one.is_probe) for one in claims) == [((FIRST, SECOND), True), *[((SECOND,), False)] * 2]


def test_when_every_relay_is_shut_mail_waits_and_no_try_is_counted(session: Session, vault: Vault) -> None:
    owe(session, vault, [None] * 2)
    shut(session, FIRST, seconds=300)
    shut(session, SECOND, seconds=30)
    assert claim(session, Ways(relays={FIRST: None, SECOND: None})) == []
    now = instant_of(session)
    for delivery in session.scalars(select(Delivery)):
        assert (delivery.state, delivery.attempts, delivery.first_attempt_at) == (DeliveryState.QUEUED, 0, None)
        assert timedelta(seconds=25) < delivery.due_at - now <= timedelta(seconds=31)
    assert session.scalars(select(Attempt)).all() == []


def test_what_may_have_been_sent_still_may_have_when_a_gate_holds_it_up(session: Session, vault: Vault) -> None:
    owe(session, vault, [None])
    claim(session, Ways())
    make_due(session)
    shut(session, FIRST, seconds=300)
    assert claim(session, Ways(relays={FIRST: None})) == []
    waiting = session.scalars(select(Delivery).execution_options(populate_existing=True)).one()
    assert (waiting.state, waiting.attempts, waiting.maybe_sent) == (DeliveryState.UNKNOWN, 1, True)
    assert waiting.first_attempt_at is not None


def test_mail_keeps_a_relays_pace_and_burdens_no_other_with_the_rest(session: Session, vault: Vault) -> None:
    owe(session, vault, [None] * 6)
    ways = Ways(relays={FIRST: Pace(interval_s=10, burst=2), SECOND: None})
    assert [one.ways for one in claim(session, ways)] == [(FIRST, SECOND)] * 2
    assert claim(session, ways) == []
    waiting = session.scalars(select(Delivery.due_at).where(Delivery.attempts == 0).order_by(Delivery.due_at)).all()
    steps = [(after - before).total_seconds() for before, after in pairwise(waiting)]
    assert steps == [10.0, 10.0, 10.0]


def test_a_paced_relay_takes_nothing_over_in_the_middle_of_a_try(session: Session, vault: Vault) -> None:
    owe(session, vault, [None])
    (one,) = claim(session, Ways(relays={FIRST: None, SECOND: Pace(interval_s=10)}))
    assert one.ways == (FIRST,)


def test_all_destinations_of_a_host_share_its_gate_and_others_do_not_notice(session: Session, vault: Vault) -> None:
    owe(session, vault, [hook(1), hook(2), hook(3, "other.example.org")])
    key = session.scalars(select(Destination.gate_key).order_by(Destination.created_at, Destination.id)).first()
    assert key is not None
    shut(session, key, seconds=60)
    claims = claim(session, Ways(), by_mail=False)
    assert len(claims) == 1
    assert claims[0].ways != (key,)


def test_the_name_of_a_host_that_somebody_chose_stands_nowhere_in_clear(session: Session, vault: Vault) -> None:
    owe(session, vault, [hook(1), MatrixRoom("https://matrix.example.org", "!r:example.org", "token")])
    for key in session.scalars(select(Destination.gate_key)):
        assert key.startswith("host:")
        assert "example" not in key


def test_every_slack_webhook_has_a_pace_of_its_own(session: Session, vault: Vault) -> None:
    owe(session, vault, [SlackWebhook(f"https://hooks.slack.com/services/T/B/{n}") for n in range(4)])
    ways = Ways(paces={"slack": Pace(interval_s=1)})  # type: ignore[dict-item] # the word itself
    assert len(claim(session, ways, by_mail=False)) == 4


@pytest.mark.parametrize(("free", "leaving"), [(0, 0), (2, 2), (9, 5)])
def test_only_as_many_leave_for_a_host_as_there_is_room_for(
    session: Session, vault: Vault, free: int, leaving: int
) -> None:
    owe(session, vault, [hook(n) for n in range(5)])
    ways = Ways(elsewhere=Room(free, step_s=1.0))
    assert len(claim(session, ways, by_mail=False)) == leaving
    now = instant_of(session)
    waiting = session.scalars(select(Delivery.due_at).where(Delivery.attempts == 0)).all()
    assert len(waiting) == 5 - leaving
    assert all(due_at > now for due_at in waiting)


def test_a_burst_for_a_new_host_waits_for_its_first_answer_and_not_in_line(session: Session, vault: Vault) -> None:
    owe(session, vault, [hook(n) for n in range(50)])
    assert len(claim(session, Ways(elsewhere=Room(1, wait_s=0.25)), by_mail=False)) == 1
    waiting = session.scalars(select(Delivery.due_at).where(Delivery.attempts == 0)).all()
    assert len(waiting) == 49
    assert len(set(waiting)) == 1


def test_a_host_that_fails_five_times_is_left_alone_and_then_probed(session: Session, vault: Vault) -> None:
    owe(session, vault, [hook(n) for n in range(8)])
    for _ in range(FAILURES_THAT_SHUT):
        (one,) = claim(session, Ways(), by_mail=False, limit=1)
        record_outcomes(
            session, [Recorded(one, Refused(False, "The server could not be reached.", failed_ways=one.ways))],
            audit_key=KEY,
        )  # fmt: skip
    (gate,) = gates(session).values()
    assert (gate.failures, gate.reason) == (FAILURES_THAT_SHUT, "The server could not be reached.")
    assert gate.shut_until is not None
    make_due(session)
    assert claim(session, Ways(), by_mail=False) == []
    session.execute(update(Gate).values(shut_until=LONG_PAST))
    make_due(session)
    (probe,) = claim(session, Ways(), by_mail=False)
    assert probe.is_probe
    record_outcomes(session, [Recorded(probe, Accepted(200))], audit_key=KEY)
    (gate,) = gates(session).values()
    assert (gate.failures, gate.shut_until, gate.reason) == (0, None, None)
    make_due(session)
    assert len(claim(session, Ways(), by_mail=False)) == 7


def test_a_host_that_asks_for_time_is_left_alone_whoever_is_written_to(session: Session, vault: Vault) -> None:
    owe(session, vault, [hook(1), hook(2)])
    (one,) = claim(session, Ways(), by_mail=False, limit=1)
    busy = Refused(False, "Slow down.", code=429, retry_after_s=120, failed_ways=one.ways)
    record_outcomes(session, [Recorded(one, busy)], audit_key=KEY)
    assert claim(session, Ways(), by_mail=False) == []
    now = instant_of(session)
    assert all(due - now > timedelta(seconds=110) for due in session.scalars(select(Delivery.due_at)))


def test_a_line_that_broke_is_a_failure_of_its_host_too(session: Session, vault: Vault) -> None:
    owe(session, vault, [hook(1)])
    (one,) = claim(session, Ways(), by_mail=False)
    record_outcomes(session, [Recorded(one, Unknown("The line broke.", failed_ways=one.ways))], audit_key=KEY)
    assert [gate.failures for gate in gates(session).values()] == [1]


def test_a_relay_that_another_had_to_stand_in_for_is_noted_and_the_other_is_not(session: Session, vault: Vault) -> None:
    owe(session, vault, [None])
    (one,) = claim(session, Ways(relays={FIRST: None, SECOND: None}))
    record_outcomes(session, [Recorded(one, Accepted(250, way=SECOND, failed_ways=(FIRST,)))], audit_key=KEY)
    assert {key: gate.failures for key, gate in gates(session).items()} == {FIRST: 1}


def test_what_a_receiver_refuses_says_nothing_of_its_host(session: Session, vault: Vault) -> None:
    owe(session, vault, [hook(1)])
    (one,) = claim(session, Ways(), by_mail=False)
    record_outcomes(session, [Recorded(one, Refused(True, "Nobody is there.", code=410))], audit_key=KEY)
    assert gates(session) == {}


def test_our_own_relays_refusals_do_not_use_up_the_receivers_72_hours(session: Session, vault: Vault) -> None:
    owe(session, vault, [None])
    (one,) = claim(session, Ways(relays={FIRST: None}))
    ours = Refused(False, "The mail relay refused our login.", our_side=True, failed_ways=(FIRST,))
    record_outcomes(session, [Recorded(one, ours)], audit_key=KEY)
    assert session.scalars(select(Delivery.first_attempt_at)).one() is None


def test_what_waits_again_keeps_its_reason_and_begins_no_72_hours(session: Session, vault: Vault) -> None:
    owe(session, vault, [None])
    session.execute(update(Delivery).values(attempts=3, reason="Queued again by olga.", first_attempt_at=None))
    shut(session, FIRST, seconds=300)
    assert claim(session, Ways(relays={FIRST: None})) == []
    waiting = session.scalars(select(Delivery).execution_options(populate_existing=True)).one()
    assert (waiting.attempts, waiting.reason) == (3, "Queued again by olga.")
    assert waiting.first_attempt_at is None


@pytest.mark.parametrize("begins", [True, False])
def test_what_a_stopping_worker_gives_back_is_as_it_was(session: Session, vault: Vault, begins: bool) -> None:
    owe(session, vault, [None])
    first_at = None if begins else LONG_PAST
    session.execute(update(Delivery).values(attempts=1, reason="The mailbox is full.", first_attempt_at=first_at))
    (one,) = claim(session, Ways())
    record_outcomes(session, [Recorded(one, PutBack())], audit_key=KEY)
    given_back = session.scalars(select(Delivery).execution_options(populate_existing=True)).one()
    assert (given_back.attempts, given_back.reason) == (1, "The mailbox is full.")
    assert given_back.first_attempt_at == first_at
