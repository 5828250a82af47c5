"""From a recorded fact to what followers hear, and to what they do not hear any more."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.facts import Level
from service.commands.apply_rules import apply_rules
from service.records import Alert, Case, Delivery, FollowUp, Heartbeat, IsolationPlacement, ParoleReview
from service.rules.reading import rule_book
from service.vocabulary import Beat, Cadence, DatePrecision, DeliveryState, FollowUpState, ParoleDecision, Position
from service.worker.jobs import apply_rules_again, check_overdue
from service.worker.running import run_until_drained
from tests import factories

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from tests.service.worker.conftest import Worker


def day(number: int) -> datetime:
    """Noon in Almaty on that day of isolation; day 1 is 1 March 2014."""
    return datetime(2014, 2, 28, 6, tzinfo=UTC) + timedelta(days=number)


def isolate(worker: Worker) -> UUID:
    """Somebody is put into isolation on 1 March 2014, and one mailbox follows the case."""
    worker.clock.at = day(1)
    with worker.writing.begin() as session:
        case = factories.make_case(session)
        factories.make_subscription(session, worker.vault, case=case, least_level=Level.UPCOMING)
        session.add(
            IsolationPlacement(
                case_id=case.id, person_id=case.persons[0].id, from_on=date(2014, 3, 1),
                from_precision=DatePrecision.DAY, as_of=date(2014, 3, 1),
            )
        )  # fmt: skip
        follow(worker, session, case)
        return case.id


def follow(worker: Worker, session: Session, case: Case) -> None:
    """Apply the rules, as every door does that records a fact."""
    apply_rules(session, case, book=rule_book(), now=worker.clock.now(), by="Test Officer", vault=worker.vault)


def end(worker: Worker, case_id: UUID, on: date) -> None:
    """The isolation ends."""
    with worker.writing.begin() as session:
        session.scalars(select(IsolationPlacement)).one().until_on = on
        follow(worker, session, session.get_one(Case, case_id))


def send(worker: Worker) -> None:
    asyncio.run(run_until_drained(worker, channels=worker.post.channels()))


def told(worker: Worker, kind: str) -> list[str]:
    """The levels that were announced of this kind, in their order."""
    with worker.reading() as session:
        found = session.scalars(select(Alert).where(Alert.follow_up_kind == kind).order_by(Alert.created_at, Alert.id))
        return [alert.level.value for alert in found if alert.level]


def test_isolation_is_told_on_day_1_day_10_and_day_15_as_the_rule_says(worker: Worker) -> None:
    isolate(worker)
    heard: dict[int, list[str]] = {}
    for number in range(1, 17):
        worker.clock.at = day(number)
        before = {kind: len(told(worker, kind)) for kind in ("isolation_daily_visit", "isolation_day_limit")}
        check_overdue(worker)
        new = [f"{kind} {level}" for kind, count in before.items() for level in told(worker, kind)[count:]]
        if new:
            heard[number] = new
    assert heard == {
        1: ["isolation_daily_visit due"],
        2: ["isolation_daily_visit overdue"],
        3: ["isolation_daily_visit very_overdue"],
        4: ["isolation_daily_visit critical"],
        10: ["isolation_day_limit upcoming"],
        15: ["isolation_day_limit due"],
        16: ["isolation_day_limit overdue"],
    }


def test_isolation_that_ends_on_day_12_is_never_told_on_day_15(worker: Worker) -> None:
    case_id = isolate(worker)
    for number in range(1, 13):
        worker.clock.at = day(number)
        check_overdue(worker)
        send(worker)
    sent = len(worker.post.sent)
    end(worker, case_id, date(2014, 3, 12))
    for number in range(12, 40):
        worker.clock.at = day(number)
        check_overdue(worker)
        send(worker)
    assert told(worker, "isolation_day_limit") == ["upcoming"]
    assert len(worker.post.sent) == sent


def test_what_is_queued_already_about_day_15_does_not_leave_when_isolation_has_ended(worker: Worker) -> None:
    case_id = isolate(worker)
    worker.clock.at = day(15)
    check_overdue(worker)
    end(worker, case_id, date(2014, 3, 12))
    send(worker)
    assert worker.post.sent == []
    with worker.reading() as session:
        assert set(session.scalars(select(Delivery.state))) == {DeliveryState.CANCELLED}


def test_a_hearing_that_was_announced_meets_the_eligibility_when_its_day_has_come(worker: Worker) -> None:
    worker.clock.at = datetime(2014, 3, 1, 6, tzinfo=UTC)
    with worker.writing.begin() as session:
        case = factories.make_case(session)
        session.add(
            ParoleReview(
                case_id=case.id, person_id=case.persons[0].id, eligible_on=date(2014, 3, 20),
                hearing_on=date(2014, 3, 10), decision=ParoleDecision.PENDING, as_of=date(2014, 3, 1),
                prosecutor_position=Position.UNKNOWN, administration_position=Position.UNKNOWN,
            )
        )  # fmt: skip
        follow(worker, session, case)
    assert apply_rules_again(worker) == 0
    worker.clock.at = datetime(2014, 3, 10, 6, tzinfo=UTC)
    assert apply_rules_again(worker) == 1
    with worker.reading() as session:
        row = session.scalars(select(FollowUp).where(FollowUp.kind == "parole_eligibility")).one()
        assert (row.state, row.completed_on) == (FollowUpState.DONE, date(2014, 3, 10))
        assert session.get(Heartbeat, Beat.APPLY_RULES.value) is not None


def test_a_case_that_no_rule_was_applied_to_is_left_as_people_stated_it(worker: Worker) -> None:
    with worker.writing.begin() as session:
        case = factories.make_case(session)
        factories.make_follow_up(session, case)
        factories.make_subscription(session, worker.vault, case=case, cadence=Cadence.DAILY)
        case.last_verified_on = date(2014, 3, 1)
    assert apply_rules_again(worker) == 0
