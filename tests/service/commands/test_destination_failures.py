"""What a destination's failures lead to, as they are written down: counting, warning, switching off."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, select, update

from alerts.facts import EmailAddress, SignedWebhook, SlackWebhook, Tier
from alerts.outcomes import Accepted, Outcome, Refused, Unknown
from service.commands.audit import first_broken_link
from service.commands.claims import Claim
from service.commands.destination_failures import COUNT_ONCE_IN, OFF_AFTER, note_failures
from service.commands.record_outcomes import record_outcomes
from service.commands.settling import Cancelled, Held, PutBack, Recorded
from service.commands.tell_owners import failing, tell_owners
from service.records import Alert, AuditEntry, Delivery, Destination
from service.records.base import new_id
from service.records.subscribers import NOT_WORKING_AT, WARNED_AT
from service.vocabulary import AlertKind, DestinationState, Detail
from tests import factories

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy.orm import Session, sessionmaker

    from service.security.encryption import Vault

HOOK = SignedWebhook("https://hooks.example.org/in", ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",))
REFUSED = Refused(False, "The server cannot take it now (status 503).", code=503)
GONE = Refused(True, "The server says that it is gone (status 410).", code=410, gone=True)
BOUNCED = Refused(True, "The mail server says that there is no such address (status 550).", no_such_address=True)
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class Ward:
    """One owner's destinations, and what is written down about them, each time a little later."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self.session = session
        self.vault = vault
        self.owner = factories.make_subscriber(session)
        self.failing = self.add(HOOK, label="Case system")

    def add(self, address: SignedWebhook | EmailAddress | SlackWebhook, *, label: str) -> Destination:
        return factories.make_destination(self.session, self.vault, address=address, label=label, subscriber=self.owner)

    def record(self, *outcomes: Outcome, to: Destination | None = None, later: timedelta = COUNT_ONCE_IN) -> None:
        """Each outcome in a batch of its own, after which so much time passes."""
        for outcome in outcomes:
            tries = [Recorded(claim_of(self.session, (to or self.failing).id), outcome)]
            record_outcomes(self.session, tries, audit_key=self.vault.audit_key)
            self.pass_time(later)

    def pass_time(self, later: timedelta) -> None:
        """Let what is remembered of failures be so much longer ago."""
        for one in self.session.scalars(select(Destination).where(Destination.first_failure_at.is_not(None))):
            self.session.refresh(one)
            assert one.first_failure_at is not None
            assert one.last_failure_at is not None
            moved = {"first_failure_at": one.first_failure_at - later, "last_failure_at": one.last_failure_at - later}
            self.session.execute(update(Destination.__table__).where(Destination.id == one.id).values(moved))  # type: ignore[arg-type] # a record's table is a table

    def now(self, destination: Destination | None = None) -> Destination:
        """The destination as it is stored."""
        self.session.expire_all()
        return self.session.get_one(Destination, (destination or self.failing).id)

    def told(self) -> list[tuple[AlertKind, UUID]]:
        """The notices, and the destinations by which each goes."""
        rows = self.session.execute(
            select(Alert.kind, Delivery.destination_id)
            .join(Delivery, Delivery.alert_id == Alert.id)
            .where(Alert.kind != AlertKind.FOLLOW_UP)
            .order_by(Delivery.id)
        )
        return [(row[0], row[1]) for row in rows]


def claim_of(session: Session, destination_id: UUID, *, kind: AlertKind = AlertKind.FOLLOW_UP) -> Claim:
    """A claim on a new delivery to this destination."""
    alert = Alert(dedupe_key=str(new_id()), kind=kind, tier=Tier.PUBLIC, facts={}, created_at=NOW)
    session.add(alert)
    session.flush()
    token = new_id()
    channel = session.get_one(Destination, destination_id).channel
    delivery = Delivery(
        alert_id=alert.id, destination_id=destination_id, channel=channel, language="en", time_zone="UTC",
        tier=Tier.PUBLIC, due_at=NOW, attempts=1, lease_token=token, first_attempt_at=NOW,
    )  # fmt: skip
    session.add(delivery)
    session.flush()
    return Claim(
        id=delivery.id, alert_id=alert.id, digest_id=None, destination_id=destination_id, subscription_id=None,
        channel=delivery.channel, language="en", tier=Tier.PUBLIC, detail=Detail.FULL, attempt=1, maybe_sent=False, first_attempt_at=NOW,
        leased_until=NOW, lease_token=token,
    )  # fmt: skip


@pytest.fixture
def ward(session: Session, vault: Vault) -> Ward:
    return Ward(session, vault)


def test_the_owner_is_warned_by_the_other_way_at_the_second_and_the_sixth_failure(ward: Ward) -> None:
    other = ward.add(EmailAddress("owner@example.org"), label="Owner")
    warned: list[int] = []
    for count in range(1, 9):
        ward.record(REFUSED)
        if len(ward.told()) > len(warned):
            warned.append(count)
    assert tuple(warned) == WARNED_AT
    assert ward.told() == [(AlertKind.DESTINATION_FAILING, other.id)] * 2
    assert ward.now().failures == 8


def test_a_success_forgets_what_was_before(ward: Ward) -> None:
    ward.add(EmailAddress("owner@example.org"), label="Owner")
    ward.record(REFUSED, Accepted(200), REFUSED, Accepted(200), REFUSED)
    assert ward.told() == []
    assert ward.now().failures == 1
    ward.record(Accepted(200))
    after = ward.now()
    assert (after.failures, after.first_failure_at, after.last_failure_at) == (0, None, None)


def test_a_new_row_of_failures_is_warned_of_anew(ward: Ward) -> None:
    ward.add(EmailAddress("owner@example.org"), label="Owner")
    ward.record(REFUSED, REFUSED, Accepted(200), REFUSED, REFUSED)
    assert [kind for kind, _ in ward.told()] == [AlertKind.DESTINATION_FAILING] * 2


def test_tries_within_a_minute_count_once(ward: Ward) -> None:
    ward.add(EmailAddress("owner@example.org"), label="Owner")
    ward.record(REFUSED, REFUSED, REFUSED, later=timedelta(seconds=15))
    assert ward.now().failures == 1
    assert ward.told() == []
    ward.record(REFUSED, later=timedelta(seconds=15))
    ward.record(REFUSED)
    assert ward.now().failures == 2


def test_many_failures_in_one_batch_count_once(ward: Ward) -> None:
    batch = [Recorded(claim_of(ward.session, ward.failing.id), REFUSED) for _ in range(5)]
    record_outcomes(ward.session, batch, audit_key=ward.vault.audit_key)
    assert ward.now().failures == 1


def test_where_something_was_accepted_in_the_same_batch_nothing_fails(ward: Ward) -> None:
    ward.record(REFUSED)
    batch = [Recorded(claim_of(ward.session, ward.failing.id), one) for one in (REFUSED, Accepted(200), REFUSED)]
    record_outcomes(ward.session, batch, audit_key=ward.vault.audit_key)
    assert ward.now().failures == 0


@pytest.mark.parametrize(
    ("outcome", "counts"),
    [
        (REFUSED, True),
        (Refused(True, "The server turned it away (status 404).", code=404), True),
        (Unknown("The line broke."), True),
        (Refused(False, "The mail relay refused our login.", our_side=True), False),
        (Refused(True, "It could not be written: KeyError.", our_mistake=True), False),
        (Cancelled("The follow-up is done."), False),
        (Held(), False),
        (PutBack(), False),
    ],
    ids=["for now", "for good", "unknown", "our side", "our mistake", "cancelled", "held", "put back"],
)
def test_only_what_the_receiver_did_counts(ward: Ward, outcome: Outcome, counts: bool) -> None:
    ward.record(outcome)
    assert ward.now().failures == int(counts)


@pytest.mark.parametrize(
    ("outcome", "counts"),
    [
        (Unknown("The line to the relay broke after the data had been sent."), False),
        (Refused(False, "The line to the relay broke before the data had been sent."), False),
        (Refused(False, "The mail server cannot take it now (status 452).", code=452), True),
        (BOUNCED, True),
    ],
    ids=["after the data", "before", "a full mailbox", "nobody there"],
)
def test_the_line_to_our_relay_says_nothing_of_a_mailbox(ward: Ward, outcome: Outcome, counts: bool) -> None:
    mailbox = ward.add(EmailAddress("owner@example.org"), label="Owner")
    ward.record(outcome, to=mailbox)
    assert ward.now(mailbox).failures == int(counts)


@pytest.mark.parametrize(("outcome", "reason"), [(GONE, "gone"), (BOUNCED, "no_such_address")])
def test_one_that_is_gone_is_switched_off_at_once_and_the_owner_told(ward: Ward, outcome: Refused, reason: str) -> None:
    other = ward.add(EmailAddress("owner@example.org"), label="Owner")
    version = ward.failing.version
    ward.record(outcome)
    off = ward.now()
    assert (off.state, off.disabled_reason, off.version) == (DestinationState.DISABLED, outcome.reason, version + 1)
    assert off.disabled_at is not None
    assert off.first_failure_at is not None
    assert ward.told() == [(AlertKind.DESTINATION_DISABLED, other.id)]
    entry = ward.session.scalars(select(AuditEntry)).one()
    assert (entry.actor, entry.action, entry.record_id) == ("worker", "disable_destination", str(off.id))
    assert entry.detail == {"channel": "webhook", "reason": reason}
    assert first_broken_link(ward.session, key=ward.vault.audit_key) is None


def test_what_comes_back_after_it_was_switched_off_changes_nothing(ward: Ward) -> None:
    ward.record(GONE)
    before = ward.now().disabled_at, ward.now().version
    ward.record(GONE, REFUSED, Accepted(200))
    assert (ward.now().state, ward.now().disabled_at, ward.now().version) == (DestinationState.DISABLED, *before)
    assert len(ward.session.scalars(select(AuditEntry)).all()) == 1


def test_after_five_days_of_nothing_but_failure_it_is_switched_off(ward: Ward) -> None:
    other = ward.add(EmailAddress("owner@example.org"), label="Owner")
    ward.record(*[REFUSED] * NOT_WORKING_AT)
    ward.pass_time(OFF_AFTER - NOT_WORKING_AT * COUNT_ONCE_IN - timedelta(seconds=30))
    ward.record(REFUSED)
    assert ward.now().state is DestinationState.READY
    ward.record(REFUSED)
    assert ward.now().state is DestinationState.DISABLED
    assert ward.now().disabled_reason == f"Nothing got through for five days. {REFUSED.reason}"
    assert ward.told()[-1] == (AlertKind.DESTINATION_DISABLED, other.id)
    assert [kind for kind, _ in ward.told()].count(AlertKind.DESTINATION_DISABLED) == 1


def test_two_bad_moments_with_silent_days_between_them_switch_nothing_off(ward: Ward) -> None:
    ward.record(REFUSED, later=2 * OFF_AFTER)
    ward.record(REFUSED)
    assert (ward.now().state, ward.now().failures) == (DestinationState.READY, 2)


def test_failures_leave_the_version_alone(ward: Ward) -> None:
    version = ward.failing.version
    ward.record(*[REFUSED] * 7, Accepted(200))
    assert ward.now().version == version


def test_notices_breed_no_notices(ward: Ward) -> None:
    other = ward.add(EmailAddress("owner@example.org"), label="Owner")
    third = ward.add(SlackWebhook("https://hooks.slack.com/services/T/B/x"), label="Room")
    ward.record(REFUSED, REFUSED)
    before = ward.told()
    assert {by for _, by in before} == {other.id, third.id}
    for outcome in (REFUSED, REFUSED, REFUSED, GONE):
        claim = claim_of(ward.session, other.id, kind=AlertKind.DESTINATION_FAILING)
        record_outcomes(ward.session, [Recorded(claim, outcome)], audit_key=ward.vault.audit_key)
        ward.pass_time(COUNT_ONCE_IN)
    # `claim_of` made one for each try itself.
    assert len(ward.told()) == len(before) + 4
    assert ward.now(other).state is DestinationState.DISABLED
    assert ward.now(other).failures == 0


def test_only_ways_that_work_are_used(ward: Ward) -> None:
    off = ward.add(EmailAddress("off@example.org"), label="Off")
    bad = ward.add(EmailAddress("bad@example.org"), label="Bad")
    good = ward.add(EmailAddress("good@example.org"), label="Good")
    factories.make_destination(ward.session, ward.vault, label="Somebody else's")
    ward.record(BOUNCED, to=off)
    ward.record(REFUSED, REFUSED, to=bad)
    said = ward.told()
    ward.record(REFUSED, REFUSED)
    assert ward.told()[len(said) :] == [(AlertKind.DESTINATION_FAILING, good.id)]


def test_without_another_way_no_notice_is_written(ward: Ward) -> None:
    ward.record(REFUSED, REFUSED, GONE)
    assert ward.told() == []
    assert ward.session.scalars(select(Alert).where(Alert.kind != AlertKind.FOLLOW_UP)).all() == []


def test_the_same_warning_is_written_once_whoever_notices(ward: Ward) -> None:
    ward.add(EmailAddress("owner@example.org"), label="Owner")
    notice = failing(ward.failing.id, ward.owner.id, failures=2, since=NOW)
    for _ in range(2):
        tell_owners(ward.session, [notice], now=NOW)
    assert len(ward.told()) == 1


def test_a_batch_of_successes_costs_one_statement(ward: Ward) -> None:
    others = [ward.add(EmailAddress(f"r{n}@example.org"), label=f"R {n}") for n in range(20)]
    batch = [Recorded(claim_of(ward.session, one.id), Accepted(250)) for one in others]
    with statements_of(ward.session) as said:
        note_failures(ward.session, batch, now=NOW, audit_key=ward.vault.audit_key)
    assert len(said) == 1


@contextmanager
def statements_of(session: Session) -> Iterator[list[str]]:
    """What is said to the database meanwhile."""
    said: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        said.append(statement)

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    yield said
    event.remove(engine, "before_cursor_execute", note)


def test_workers_that_meet_at_the_same_destinations_do_not_lock_each_other_out(
    writing: sessionmaker[Session], vault: Vault
) -> None:
    with writing.begin() as session:
        ids = [factories.make_destination(session, vault).id for _ in range(12)]

    def work(turn: int) -> None:
        order = ids if turn % 2 else ids[::-1]
        with writing.begin() as session:
            tries = [
                Recorded(claim_of(session, one), REFUSED if (turn + n) % 3 else Accepted(250))
                for n, one in enumerate(order)
            ]
            record_outcomes(session, tries, audit_key=vault.audit_key)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(24)))
    with writing() as session:
        assert set(session.scalars(select(Destination.failures))) <= {0, 1}
