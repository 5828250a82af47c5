"""Who hears of an urgent action, and that stop beats start."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from alerts.facts import MatrixRoom, SignedWebhook, SlackWebhook, Tier
from alerts.outcomes import Refused
from service.commands.audience import owed
from service.commands.later_versions import further_information, stop_action
from service.commands.tell_again import untold_again
from service.commands.tell_corrected import uncorrected
from service.queries.completeness import completeness
from service.records import Case, Consent, Delivery, Destination, Subscription, UrgentAction
from service.vocabulary import (
    Cadence,
    DeliveryState,
    DestinationState,
    Monitoring,
    SubscriptionState,
    UrgentActionOutcome,
    UrgentActionStatus,
)
from service.worker.jobs import when_next_due
from service.worker.running import run_until_drained
from service.worker.urgent_jobs import Moved, move_urgent_actions
from tests import factories
from tests.urgent import desk_at, named_case

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.commands.urgent_action_words import Words
    from tests.service.worker.conftest import Worker
    from tests.urgent import Desk

STATES = DeliveryState


class Office:
    """Alice and Dora at their desks, each verb a transaction of its own."""

    def __init__(self, worker: Worker, **about: Any) -> None:
        self.worker = worker
        with worker.writing.begin() as session:
            desk = desk_at(session, worker.vault, worker.links, worker.clock.now())
            self._people = (desk.alice, desk.dora)
            self.case_id = named_case(session, **about).id

    def desk(self, session: Session) -> Desk:
        from tests.urgent import Desk

        alice, dora = self._people
        return Desk(session, self.worker.vault, self.worker.links, self.worker.clock.now(), alice, dora)

    def follow(self, **about: Any) -> int:
        with self.worker.writing.begin() as session:
            case = session.get_one(Case, self.case_id)
            made = factories.make_subscription(session, self.worker.vault, **{"case": case, **about})
            made.confirmed_at = self.worker.clock.now() - timedelta(minutes=6)
            return made.id

    def approve_first(self, **changed: Any) -> UUID:
        with self.worker.writing.begin() as session:
            return self.desk(session).approved(session.get_one(Case, self.case_id), **changed).id

    def issue_first(self, **changed: Any) -> UUID:
        action_id = self.approve_first(**changed)
        self.wait()
        return action_id

    def further(self, action_id: UUID) -> UUID:
        def words(desk: Desk, case: Case) -> Words:
            return desk.words(case, what_changed="She was moved.")

        with self.worker.writing.begin() as session:
            desk, action = self.desk(session), session.get_one(UrgentAction, action_id)
            later = further_information(
                session, action, words(desk, action.case), now=desk.now, by=desk.alice, vault=desk.vault
            )
            desk.submit(later)
            desk.approve(later)
        return later.id

    def stop(self, action_id: UUID) -> UUID:
        with self.worker.writing.begin() as session:
            desk, action = self.desk(session), session.get_one(UrgentAction, action_id)
            stop = stop_action(
                session, action, outcome=UrgentActionOutcome.RELEASED, why="We have learned of a release.", now=desk.now,
                by=desk.alice, vault=desk.vault,
            )  # fmt: skip
            desk.submit(stop)
            desk.approve(stop)
        return stop.id

    def wait(self, **time: int) -> Moved:
        self.worker.clock.at += timedelta(**(time or {"seconds": 60}))
        return move_urgent_actions(self.worker)

    def subjects(self) -> list[str]:
        """Of every message that left since the last look, without the reference of the case."""
        asyncio.run(run_until_drained(self.worker, channels=self.worker.post.channels()))
        sent, self.worker.post.sent[:] = list(self.worker.post.sent), []
        found = (
            getattr(one.message, "subject", "") or getattr(one.message, "title", "") or getattr(one.message, "type", "")
            for one in sent
        )
        return sorted(subject.partition(", case KAZ-")[0] for subject in found)

    def missing(self) -> list[str]:
        with self.worker.reading() as session:
            found = completeness(
                session, now=self.worker.clock.now(), owed=owed, owed_again=untold_again, uncorrected=uncorrected
            )
        return [one.clause for one in found.missing]

    def deliveries(self) -> list[Delivery]:
        with self.worker.reading() as session:
            return list(session.scalars(select(Delivery).order_by(Delivery.id)))

    def status(self, action_id: UUID) -> UrgentActionStatus:
        with self.worker.reading() as session:
            return session.get_one(UrgentAction, action_id).status


@pytest.fixture
def office(worker: Worker) -> Office:
    """A case that is public, whose person may be named."""
    return Office(worker)


FIRST = "Urgent action by 4 December"


def test_it_goes_to_every_channel_once_when_the_hold_back_is_over(office: Office) -> None:
    for address in (
        SlackWebhook("https://hooks.slack.com/services/T/B/x"),
        MatrixRoom("https://matrix.example.org", "!room:example.org", "token"),
        SignedWebhook("https://hooks.example.org/in", ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",)),
    ):
        with office.worker.writing.begin() as session:
            destination = factories.make_destination(session, office.worker.vault, address=address)
        office.follow(destination=destination)
    office.follow()
    office.approve_first()
    assert office.wait(seconds=59) == Moved(0, 0, 0)
    assert office.subjects() == []
    assert office.wait(seconds=1) == Moved(1, 0, 0)
    assert office.wait(seconds=1) == Moved(0, 0, 0)
    assert office.subjects() == [FIRST, FIRST, FIRST, "urgent_action.issued"]
    assert office.subjects() == []
    assert office.missing() == []


def test_the_bell_rings_at_the_end_of_the_hold_back_and_of_the_last_day(office: Office) -> None:
    assert when_next_due(office.worker) is None
    office.approve_first()
    assert when_next_due(office.worker) == office.worker.clock.now() + timedelta(seconds=60)
    office.wait()
    due_at = when_next_due(office.worker)
    assert due_at is not None
    assert due_at.isoformat() == "2014-12-04T18:00:00+00:00"


def test_whoever_asked_for_a_digest_or_for_late_levels_alone_hears_of_it_at_once(office: Office) -> None:
    from alerts.facts import Level

    office.follow(cadence=Cadence.WEEKLY)
    office.follow(least_level=Level.CRITICAL)
    office.follow(case=None, country="KZ")
    office.follow(case=None, follow_up_kind="complaint_reply")
    office.issue_first()
    assert office.subjects() == [FIRST] * 3
    assert office.missing() == []


def test_a_restricted_case_is_told_to_nobody_in_public(worker: Worker) -> None:
    office = Office(worker)
    with worker.writing.begin() as session:
        session.execute(update(Case).values(tier=Tier.RESTRICTED))
    office.follow()
    office.follow(tier=Tier.RESTRICTED)
    office.issue_first()
    assert len(office.subjects()) == 1
    assert office.missing() == []


def test_further_information_reaches_the_first_readers_and_those_who_came_since(office: Office) -> None:
    first = office.follow()
    away = office.follow()
    action = office.issue_first()
    assert len(office.subjects()) == 2
    with office.worker.writing.begin() as session:
        # Follows something else by now, and would not match any more.
        session.execute(update(Subscription).where(Subscription.id == first).values(case_id=None, country="FR"))
        session.execute(update(Subscription).where(Subscription.id == away).values(state=SubscriptionState.ENDED))
    office.wait(minutes=10)
    office.follow()
    office.further(action)
    office.wait()
    subject = "Urgent action, new facts: by 4 December"
    assert office.subjects() == [subject] * 2
    assert office.status(action) is UrgentActionStatus.CLOSED
    assert office.missing() == []


def test_a_stop_action_reaches_whoever_got_the_first_and_nobody_else(office: Office) -> None:
    paused = office.follow()
    weekly = office.follow(cadence=Cadence.WEEKLY)
    ended = office.follow()
    action = office.issue_first()
    assert len(office.subjects()) == 3
    with office.worker.writing.begin() as session:
        later = office.worker.clock.now() + timedelta(days=30)
        session.execute(update(Subscription).where(Subscription.id == paused).values(paused_until=later))
        session.execute(update(Subscription).where(Subscription.id == ended).values(state=SubscriptionState.ENDED))
        session.execute(update(Case).values(monitoring=Monitoring.CLOSED))
    office.wait(minutes=10)
    office.follow()  # never asked to write
    office.stop(action)
    office.wait()
    assert [one.subscription_id for one in office.deliveries()][3:] == [paused, weekly]
    assert office.subjects() == ["Urgent action over: write no more letters"] * 2
    assert office.missing() == []


def test_what_has_not_left_of_the_first_never_leaves_once_the_stop_action_is_out(office: Office) -> None:
    for _ in range(3):
        office.follow()
    action = office.issue_first()
    stop = office.stop(action)
    office.wait()
    assert office.status(stop) is UrgentActionStatus.ISSUED
    assert office.subjects() == []
    assert {one.state for one in office.deliveries()} == {STATES.CANCELLED}
    assert office.missing() == []


def test_a_reader_who_may_have_got_it_hears_that_it_is_over(office: Office) -> None:
    from alerts.outcomes import Unknown

    office.follow()
    action = office.issue_first()
    office.worker.post.answer = lambda _: Unknown("The line broke.")
    assert office.subjects() == [FIRST]
    office.worker.post.answer = type(office.worker.post)().answer
    office.stop(action)
    office.wait()
    assert office.subjects() == ["Urgent action over: write no more letters"]


@pytest.mark.parametrize("what", ["consent", "case", "closed", "suspended", "expired", "last day"])
def test_the_last_look_keeps_back_what_no_longer_stands(office: Office, what: str) -> None:
    office.follow()
    action = office.issue_first()
    with office.worker.writing.begin() as session:
        statuses = {
            "closed": UrgentActionStatus.CLOSED,
            "suspended": UrgentActionStatus.SUSPENDED,
            "expired": UrgentActionStatus.EXPIRED,
        }
        if what == "consent":
            session.execute(update(Consent).values(withdrawn_at=office.worker.clock.now()))
        elif what == "case":
            session.execute(update(Case).values(monitoring=Monitoring.DORMANT))
        elif what in statuses:
            session.execute(update(UrgentAction).where(UrgentAction.id == action).values(status=statuses[what]))
        else:
            # The worker was away for weeks, and sends before the job has rung.
            office.worker.clock.at += timedelta(days=15)
    assert office.subjects() == []
    (delivery,) = office.deliveries()
    assert delivery.state is STATES.CANCELLED
    assert delivery.reason


def test_what_cannot_go_out_any_more_is_suspended_with_the_reason(office: Office) -> None:
    office.follow()
    action, other = office.approve_first(), office.approve_first()
    with office.worker.writing.begin() as session:
        session.get_one(UrgentAction, action).targets[0].last_verified_on -= timedelta(days=400)
    assert office.wait() == Moved(1, 1, 0)
    assert (office.status(action), office.status(other)) == (UrgentActionStatus.SUSPENDED, UrgentActionStatus.ISSUED)
    with office.worker.reading() as session:
        assert "more than 90 days ago" in (session.get_one(UrgentAction, action).suspended_because or "")
    assert len(office.subjects()) == 1
    assert office.missing() == []


def test_what_is_over_is_marked_and_not_sent_any_more(office: Office) -> None:
    office.follow()
    action = office.issue_first()
    office.worker.post.answer = lambda _: Refused(False, "The mailbox is full.")
    office.subjects()
    assert office.wait(days=15) == Moved(0, 0, 1)
    assert office.status(action) is UrgentActionStatus.EXPIRED
    assert [one.state for one in office.deliveries()] == [STATES.CANCELLED]
    assert office.missing() == []


def test_two_workers_issue_it_once(office: Office) -> None:
    office.follow()
    office.approve_first()
    office.worker.clock.at += timedelta(seconds=61)

    async def both() -> list[Moved]:
        other = replace(office.worker)
        return list(
            await asyncio.gather(
                asyncio.to_thread(move_urgent_actions, office.worker), asyncio.to_thread(move_urgent_actions, other)
            )
        )

    moved = asyncio.run(both())
    assert sum(one.issued for one in moved) == 1
    assert len(office.subjects()) == 1


def test_an_earlier_reader_who_is_not_told_of_the_stop_is_missed(office: Office) -> None:
    office.follow()
    action = office.issue_first()
    office.subjects()
    stop = office.stop(action)
    office.wait()
    with office.worker.writing.begin() as session:
        told = session.get_one(UrgentAction, stop).alert_id
        session.execute(Delivery.__table__.delete().where(Delivery.alert_id == told))  # type: ignore[attr-defined] # a table
    assert office.missing() == ["owed_again"]
    with office.worker.writing.begin() as session:
        session.execute(update(Destination).values(state=DestinationState.DISABLED))
    assert office.missing() == []


def test_a_version_that_nobody_issues_is_missed(office: Office) -> None:
    office.approve_first()
    office.worker.clock.at += timedelta(minutes=3)
    assert office.missing() == []
    office.worker.clock.at += timedelta(minutes=1)
    assert office.missing() == ["unissued"]
