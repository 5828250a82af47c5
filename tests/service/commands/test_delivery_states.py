"""Whatever happens to a delivery in whatever order, what is promised about its states holds after each step."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from alerts.channels.matrix import HOLD_AFTER_S
from alerts.outcomes import Accepted, Refused, Unknown
from service.commands.claim_deliveries import claim_deliveries
from service.commands.pass_gates import Ways
from service.commands.record_outcomes import record_outcomes
from service.commands.retry_deliveries import RETRIABLE, retry
from service.commands.settling import Cancelled, Held, PutBack, Recorded
from service.database import open_engine, sessions
from service.records import Attempt, Delivery, Gate
from service.records.deliveries import delivery_key
from service.vocabulary import OPEN_DELIVERY_STATES, AttemptOutcome, DeliveryState
from tests.factories import LONG_AGO
from tests.service.commands.test_claim_deliveries import claim, owe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy.orm import Session, sessionmaker

    from service.commands.claims import Claim
    from service.security.encryption import Vault

# Enough for two claims of each that overlap, a decision of staff, and all that may follow it.
# Short ones alone would be tried otherwise.
SHORTEST, LONGEST = 8, 30
EXAMPLES = 100
SHUT = "smtp:relay.example.org:25"
OUTCOMES = (
    Accepted(250),
    Refused(False, "The mailbox is full."),
    Refused(False, "Our relay refused our login.", our_side=True),
    Refused(True, "Nobody is there."),
    Unknown("The line broke."),
    PutBack(),
    Cancelled("The follow-up is done."),
    Held(),
)

outcomes = st.sampled_from(OUTCOMES)
steps = st.one_of(
    # The first two are the usual course, so that most examples come far.
    st.tuples(st.just("it is due and claimed"), st.integers(1, 2)),
    st.tuples(st.just("it is tried"), outcomes),
    st.tuples(st.just("claim"), st.integers(1, 2)),
    st.tuples(st.just("the relay's gate is shut"), st.none()),
    st.tuples(st.just("time passes"), st.none()),
    st.tuples(st.just("three days pass"), st.none()),
    st.tuples(st.just("retry"), st.none()),
    st.tuples(st.just("one says"), st.tuples(st.integers(0, 5), outcomes, st.sampled_from((None, HOLD_AFTER_S)))),
    st.tuples(st.just("all say"), st.lists(outcomes, min_size=1, max_size=4)),
)


@dataclass
class Outbox:
    """Two deliveries, the claims of which nobody has heard yet, and how everything stood before the last step."""

    session: Session
    vault: Vault
    ids: list[int]
    unheard: list[Claim] = field(default_factory=list)
    before: dict[int, Any] = field(default_factory=dict)

    def rows(self) -> dict[int, Any]:
        """What is stored of each delivery."""
        return {row.id: row for row in self.session.execute(select(Delivery.__table__))}

    def tries(self, delivery_id: int) -> Sequence[Any]:
        """What is stored of each try at it."""
        table = Attempt.__table__
        return self.session.execute(select(table).where(table.c.delivery_id == delivery_id).order_by(table.c.n)).all()

    def take(self, what: str, with_: Any) -> None:
        """One step; what must hold is looked at afterwards."""
        match what:
            case "it is due and claimed":
                self.take("time passes", None)
                self.take("claim", with_)
            case "it is tried":
                self.take("it is due and claimed", 2)
                self.take("one says", (-1, with_, None))
            case _:
                single: dict[str, Callable[[Any], None]] = {
                    "claim": self.claim, "time passes": self.time_passes, "three days pass": self.days_pass, "the relay's gate is shut": self.wait,
                    "retry": self.retry, "one says": self.one_says, "all say": self.all_say,
                }  # fmt: skip
                self.before = self.rows()
                single[what](with_)
                self.look()

    def time_passes(self, _: None) -> None:
        self.session.execute(update(Delivery).where(Delivery.open).values(due_at=LONG_AGO))

    def days_pass(self, _: None) -> None:
        began = datetime.now(UTC) - timedelta(days=3, minutes=1)
        tried = Delivery.open & Delivery.first_attempt_at.is_not(None)
        self.session.execute(update(Delivery).where(tried).values(first_attempt_at=began))

    def claim(self, limit: int) -> None:
        for one in claim(self.session, limit=limit):
            before = self.before[one.id]
            assert before.open
            assert one.key == key_of(before)
            assert one.attempt == before.attempts + 1
            if before.state in (DeliveryState.SENDING, DeliveryState.UNKNOWN):
                assert one.maybe_sent
            self.unheard.append(one)

    def wait(self, _: None) -> None:
        found = claim_deliveries(self.session, limit=2, lease_s=60, worker="test", ways=Ways(relays={SHUT: None}))
        assert found.leaving == []
        for key, row in self.rows().items():
            assert row.attempts == self.before[key].attempts

    def retry(self, _: None) -> None:
        given_up = sorted(key for key, row in self.before.items() if row.state in RETRIABLE)
        done = retry(self.session, self.ids, gone={}, now=LONG_AGO, by="olga", vault=self.vault)
        assert sorted(done.queued) == given_up
        assert sorted(done.refused) == sorted(set(self.ids) - set(given_up))

    def one_says(self, said: tuple[int, Any, float | None]) -> None:
        number, outcome, hold_after_s = said
        if self.unheard:
            of = self.unheard.pop(number % len(self.unheard))
            self.hear([Recorded(of, self.possible(of, outcome), hold_after_s=hold_after_s)])

    def all_say(self, said: list[Any]) -> None:
        self.hear([Recorded(of, self.possible(of, said[n % len(said)])) for n, of in enumerate(self.unheard)])
        self.unheard.clear()

    def hear(self, said: list[Recorded]) -> None:
        record_outcomes(self.session, said, audit_key=self.vault.audit_key)
        now = self.rows()
        for key, before in self.before.items():
            of_this = [one for one in said if one.claim.id == key]
            if any(isinstance(one.outcome, Accepted) for one in of_this):
                assert now[key].state is DeliveryState.ACCEPTED
            elif not any(one.claim.lease_token == before.lease_token for one in of_this):
                assert now[key] == before, "somebody without the lease changed it"

    @staticmethod
    def possible(claim: Claim, outcome: Any) -> Any:
        """Only what may have arrived is ever held by the last look."""
        return PutBack() if isinstance(outcome, Held) and not claim.maybe_sent else outcome

    def look(self) -> None:
        """What is promised about every delivery, after every step."""
        for key, row in self.rows().items():
            tries = self.tries(key)
            started = [one.n for one in tries if one.outcome is AttemptOutcome.STARTED]
            was = self.before[key]
            assert row.open is (row.state in OPEN_DELIVERY_STATES)
            assert row.due_at is not None
            assert (row.finished_at is None) is row.open
            assert (row.lease_token is not None) is (row.state is DeliveryState.SENDING)
            assert len(started) <= 1
            assert all(one.n <= row.attempts for one in tries)
            assert key_of(row) == key_of(was)
            if was.state is DeliveryState.ACCEPTED:
                assert row == was, "what is accepted is final"
            if was.maybe_sent:
                assert row.maybe_sent
            if any(one.outcome in (AttemptOutcome.LOST, AttemptOutcome.UNKNOWN) for one in tries):
                assert row.maybe_sent or row.state is DeliveryState.ACCEPTED

    def drain(self) -> None:
        """Whatever happened, what is open can be claimed when it is due, and ends."""
        self.take("it is due and claimed", 2)
        self.take("all say", [Accepted(250)])
        assert not any(row.open for row in self.rows().values())


def key_of(row: Any) -> str:
    """The key by which a receiver knows a repeat."""
    return delivery_key(row.alert_id or row.digest_id, row.destination_id)


@pytest.fixture
def on_sqlite(sqlite_url: str) -> Iterator[sessionmaker[Session]]:
    """Sessions of one engine: the rules are the same on both, and here are many examples."""
    engine = open_engine(sqlite_url)
    yield sessions(engine)
    engine.dispose()


@settings(
    max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(taken=st.lists(steps, min_size=SHORTEST, max_size=LONGEST))
def test_what_is_promised_holds_after_any_steps_in_any_order(
    on_sqlite: sessionmaker[Session], vault: Vault, taken: list[tuple[str, Any]]
) -> None:
    with on_sqlite() as session:
        session.add(Gate(key=SHUT, shut_until=datetime.now(UTC) + timedelta(days=1)))
        outbox = Outbox(session, vault, owe(session, vault, count=2))
        for what, with_ in taken:
            outbox.take(what, with_)
        outbox.drain()
        session.rollback()
