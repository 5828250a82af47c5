"""A death, a release, a consent that is withdrawn: from the commit on nothing more leaves."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.orm.exc import StaleDataError

from alerts.facts import EmailAddress, Tier
from service.commands.acting import Acting
from service.commands.record_fates import Stopped, record_death, record_release
from service.commands.withdraw_consent import withdraw_consent
from service.errors import Conflict, InvalidInput
from service.facts import says_too_much
from service.records import (
    Case,
    Delivery,
    Destination,
    FollowUp,
    Person,
    Subscriber,
    Subscription,
    UrgentAction,
)
from service.records.base import new_id
from service.security import addresses
from service.vocabulary import (
    ChannelName,
    ConsentScope,
    DeliveryState,
    DestinationState,
    DetentionStatus,
    FollowUpState,
    SubscriptionState,
    UrgentActionKind,
    UrgentActionOutcome,
    UrgentActionStatus,
)
from service.worker.dispatcher import PER_HOST, Dispatcher
from service.worker.jobs import check_overdue
from tests import factories
from tests.service.worker.test_urgent_actions import Office

if TYPE_CHECKING:
    from uuid import UUID

    from tests.fakes import Sent
    from tests.service.worker.conftest import Worker

FOLLOWERS = 5_000
BEFORE = 300
NOBODY = Acting(None, "tests")


def follow_in_thousands(worker: Worker, case_id: UUID) -> None:
    """5,000 mailboxes that follow the case, in a few statements."""
    with worker.writing.begin() as session:
        subscriber = factories.make_subscriber(session)
        rows: list[dict[str, Any]] = []
        for n in range(FOLLOWERS):
            one, address = new_id(), EmailAddress(f"reader{n}@example.org")
            rows.append(
                {
                    "id": one, "subscriber_id": subscriber.id, "channel": ChannelName.EMAIL, "label": "",
                    "address_hmac": addresses.index_of(worker.vault, ChannelName.EMAIL, address),
                    "address_sealed": addresses.sealed(worker.vault, ChannelName.EMAIL, address, one),
                    "gate_key": "mail", "state": DestinationState.READY, "verified_at": factories.LONG_AGO,
                    "failures": 0, "created_at": factories.LONG_AGO, "version": 1,
                }
            )  # fmt: skip
        session.execute(insert(Destination.__table__), rows)  # type: ignore[arg-type] # a record's table is a table
        session.execute(
            insert(Subscription.__table__),  # type: ignore[arg-type] # a record's table is a table
            [
                {
                    "subscriber_id": subscriber.id, "destination_id": row["id"], "case_id": case_id,
                    "least_level": "upcoming", "cadence": "immediate", "tier": Tier.PUBLIC,
                    "state": SubscriptionState.ACTIVE, "confirmed_at": factories.LONG_AGO,
                    "created_at": factories.LONG_AGO, "version": 1,
                }
                for row in rows
            ],
        )  # fmt: skip
        assert session.scalar(select(func.count()).select_from(Subscriber)) == 1


def death(worker: Worker) -> Stopped:
    with worker.writing.begin() as session:
        person = session.scalars(select(Person)).one()
        return record_death(
            session, person, on=date(2014, 11, 19), in_custody=True, now=worker.clock.now(), by=NOBODY,
            vault=worker.vault,
        )  # fmt: skip


def drafted(worker: Worker) -> list[UrgentAction]:
    with worker.reading() as session:
        return list(session.scalars(select(UrgentAction).where(UrgentAction.kind == UrgentActionKind.STOP_ACTION)))


def test_a_death_recorded_while_10_000_deliveries_are_queued_lets_none_leave(worker: Worker) -> None:
    office = Office(worker)
    with worker.writing.begin() as session:
        factories.make_follow_up(session, session.get_one(Case, office.case_id), kind="urgent_care")
    follow_in_thousands(worker, office.case_id)
    check_overdue(worker)
    office.issue_first()
    stopped: list[Stopped] = []

    async def run() -> None:
        release, in_flight = asyncio.Event(), Counter[str]()

        async def before_answer(_: Sent) -> None:
            if len(worker.post.sent) < BEFORE or release.is_set():
                return
            in_flight["mail"] += 1
            # Every place is taken by one that was begun before, and hundreds that are ready wait behind them.
            if in_flight["mail"] == PER_HOST:
                stopped.append(await asyncio.to_thread(death, worker))
                release.set()
            await release.wait()

        worker.post.before_answer = before_answer
        dispatcher = Dispatcher(worker, worker.post.channels(), paces={}, fresh_for_s=0.0)
        await dispatcher.run_until_drained()

    asyncio.run(run())
    begun = BEFORE - 1 + PER_HOST
    assert len(worker.post.sent) == begun
    with worker.reading() as session:
        states = {
            row[0]: row[1] for row in session.execute(select(Delivery.state, func.count()).group_by(Delivery.state))
        }
    assert states == {DeliveryState.ACCEPTED: begun, DeliveryState.CANCELLED: 2 * FOLLOWERS - begun}
    assert stopped[0].deliveries > 2 * FOLLOWERS - BEFORE - 2_000
    (stop,) = drafted(worker)
    assert (stop.status, stop.outcome, stop.id) == (
        UrgentActionStatus.DRAFT, UrgentActionOutcome.DIED, stopped[0].stop_actions[0],
    )  # fmt: skip
    assert office.missing() == []


def test_recorded_twice_it_drafts_one_stop_action(worker: Worker) -> None:
    office = Office(worker)
    office.follow()
    office.issue_first()
    first, second = death(worker), death(worker)
    assert (first.deliveries, len(first.stop_actions)) == (1, 1)
    assert second == Stopped(0, 0, (), ())
    assert len(drafted(worker)) == 1
    assert office.subjects() == []


def test_a_death_closes_what_lost_its_object_and_keeps_what_is_still_owed(worker: Worker) -> None:
    office = Office(worker)
    with worker.writing.begin() as session:
        case = session.get_one(Case, office.case_id)
        for kind in ("urgent_care", "parole_hearing", "authority_reply", "torture_exam"):
            factories.make_follow_up(session, case, kind=kind)
    office.follow()
    check_overdue(worker)
    assert death(worker).follow_ups == 2
    with worker.reading() as session:
        states = {row[0]: row[1] for row in session.execute(select(FollowUp.kind, FollowUp.state))}
        case = session.get_one(Case, office.case_id)
        assert (case.detention_status, case.persons[0].deceased_on) == (
            DetentionStatus.DIED_IN_CUSTODY, date(2014, 11, 19),
        )  # fmt: skip
    assert states == {
        "urgent_care": FollowUpState.CANCELLED, "parole_hearing": FollowUpState.CANCELLED,
        "authority_reply": FollowUpState.OPEN, "torture_exam": FollowUpState.OPEN,
    }  # fmt: skip
    assert office.subjects() == []
    assert office.missing() == []


def test_an_unsent_version_is_suspended_and_needs_no_stop_action(worker: Worker) -> None:
    office = Office(worker)
    office.follow()
    action = office.approve_first()
    assert death(worker) == Stopped(0, 0, (action,), ())
    office.wait()
    assert office.status(action) is UrgentActionStatus.SUSPENDED
    assert office.subjects() == []


def test_what_concerns_another_person_of_the_case_goes_on(worker: Worker) -> None:
    office = Office(worker)
    with worker.writing.begin() as session:
        case = session.get_one(Case, office.case_id)
        dead = case.persons[0]
        other = factories.make_person(session, "Erik Other")
        case.persons.append(other)
        for kind, person in (("surgery", dead), ("medication", other), ("court_hearing", None)):
            factories.make_follow_up(session, case, kind=kind, person=person)
        dead_id = dead.id
    office.follow()
    check_overdue(worker)
    with worker.writing.begin() as session:
        person = session.get_one(Person, dead_id)
        record_death(
            session, person, on=date(2014, 11, 19), in_custody=True, now=worker.clock.now(), by=NOBODY,
            vault=worker.vault,
        )  # fmt: skip
    assert len(office.subjects()) == 2
    with worker.reading() as session:
        assert session.get_one(Case, office.case_id).detention_status is DetentionStatus.SENTENCED


def test_a_release_stops_everything_and_says_so(worker: Worker) -> None:
    office = Office(worker)
    office.follow()
    office.issue_first()
    assert len(office.subjects()) == 1
    with worker.writing.begin() as session:
        stopped = record_release(
            session, session.scalars(select(Person)).one(), on=date(2014, 11, 19), status=DetentionStatus.PARDONED,
            now=worker.clock.now(), by=NOBODY, vault=worker.vault,
        )  # fmt: skip
    (stop,) = drafted(worker)
    assert (stopped.stop_actions, stop.outcome) == ((stop.id,), UrgentActionOutcome.RELEASED)
    with worker.writing.begin() as session:
        desk, again = office.desk(session), session.get_one(UrgentAction, stop.id)
        desk.submit(again)
        desk.approve(again)
    office.wait()
    assert office.subjects() == ["Urgent action over: write no more letters"]


@pytest.mark.parametrize(
    ("on", "status", "where"),
    [(timedelta(days=1), DetentionStatus.PARDONED, "on"), (timedelta(), DetentionStatus.SENTENCED, "status")],
)
def test_what_is_no_release_is_refused_with_nothing_changed(
    worker: Worker, on: timedelta, status: DetentionStatus, where: str
) -> None:
    office = Office(worker)
    with worker.writing() as session:
        person = session.scalars(select(Person)).one()
        with pytest.raises(InvalidInput) as raised:
            record_release(
                session, person, on=worker.clock.now().date() + on, status=status, now=worker.clock.now(), by=NOBODY,
                vault=worker.vault,
            )  # fmt: skip
        assert [problem.where for problem in raised.value.problems] == [where]
        assert not session.dirty
    assert office.subjects() == []


def withdraw(worker: Worker, scope: ConsentScope = ConsentScope.NAME_PUBLICLY) -> Stopped:
    with worker.writing.begin() as session:
        return withdraw_consent(
            session, session.scalars(select(Person)).one(), scope, now=worker.clock.now(), by=NOBODY,
            says_too_much=says_too_much, vault=worker.vault,
        )  # fmt: skip


def test_a_withdrawn_consent_stops_what_names_the_person_and_nothing_else(worker: Worker) -> None:
    office = Office(worker)
    with worker.writing.begin() as session:
        case = session.get_one(Case, office.case_id)
        factories.make_follow_up(session, case, kind="court_hearing", person=case.persons[0])
        other = factories.make_case(session)
        factories.make_follow_up(session, other)
        factories.make_subscription(session, worker.vault, case=other)
        session.delete(other.persons.pop())
    office.follow()
    check_overdue(worker)
    office.issue_first()
    stopped = withdraw(worker)
    assert (stopped.deliveries, stopped.follow_ups, len(stopped.stop_actions)) == (2, 0, 1)
    (stop,) = drafted(worker)
    assert stop.outcome is UrgentActionOutcome.UNKNOWN
    assert "Dana" not in stop.headline + stop.summary
    assert len(office.subjects()) == 1
    with pytest.raises(Conflict):
        withdraw(worker)


def test_a_consent_about_health_stops_calls_that_speak_of_it_alone(worker: Worker) -> None:
    office = Office(worker)
    with worker.writing.begin() as session:
        person = session.scalars(select(Person)).one()
        factories.make_consent(session, person, ConsentScope.PUBLISH_HEALTH)
    office.follow()
    office.issue_first()
    spoke = office.issue_first(speaks_of_health=True)
    stopped = withdraw(worker, ConsentScope.PUBLISH_HEALTH)
    assert (stopped.deliveries, len(stopped.stop_actions)) == (1, 1)
    with worker.reading() as session:
        stop = session.get_one(UrgentAction, stopped.stop_actions[0])
        assert stop.previous_id == spoke
    assert office.subjects() == ["Urgent action by 4 December"]


def test_two_who_record_a_death_at_once_draft_one_stop_action(worker: Worker) -> None:
    office = Office(worker)
    office.follow()
    office.issue_first()

    async def both() -> list[Stopped | BaseException]:
        tries = (asyncio.to_thread(death, worker) for _ in range(2))
        return list(await asyncio.gather(*tries, return_exceptions=True))

    results = asyncio.run(both())
    # Who comes second on one and the same version of the person is told so, and may try again.
    assert all(isinstance(one, Stopped | StaleDataError) for one in results), results
    assert len(drafted(worker)) == 1
    assert office.subjects() == []
