"""Whatever is missing is found: each clause has a planted fault, and the heartbeat outside is withheld for it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, select, update

from alerts.facts import Level
from service.clock import FixedClock
from service.commands.audience import owed
from service.commands.member_mail import set_mailbox
from service.commands.queue_alert import queue_for_subscription
from service.commands.tell_again import untold_again
from service.commands.tell_corrected import uncorrected
from service.queries import completeness as looking
from service.queries.completeness import CLAUSES, Missing, completeness
from service.records import (
    Alert,
    Delivery,
    Destination,
    Digest,
    DigestItem,
    FollowUp,
    Heartbeat,
    OverdueEpisode,
    Subscription,
)
from service.vocabulary import AlertKind, Beat, Cadence, DeliveryState
from service.worker.jobs import (
    CHECK_COMPLETENESS,
    check_completeness,
    check_overdue,
    close_ended_digests,
    run_recorded,
)
from service.worker.running import run_until_drained
from tests import factories
from tests.service.api.calling import make_member

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from tests.service.worker.conftest import Worker


def send(worker: Worker) -> None:
    asyncio.run(run_until_drained(worker, channels=worker.post.channels()))


def look(worker: Worker) -> dict[str, Missing]:
    """What is missing at business time, by clause."""
    with worker.reading() as session:
        found = completeness(
            session, now=worker.clock.now(), owed=owed, owed_again=untold_again, uncorrected=uncorrected
        )
    return {one.clause: one for one in found.missing}


def live_a_day(worker: Worker) -> None:
    """A late follow-up that two mailboxes follow, at once and by the day, and a member owns; told, and the digest sent."""
    with worker.writing.begin() as session:
        case = factories.make_case(session)
        factories.make_follow_up(session, case)
        now = worker.clock.now()
        case.owner = make_member(session, "alice", cases=[case])
        set_mailbox(
            session, case.owner, address="alice@example.org", language="en", time_zone="UTC",
            now=now - timedelta(days=1), by="tests", vault=worker.vault,
        )  # fmt: skip
        one = factories.make_subscription(session, worker.vault, case=case)
        factories.make_subscription(session, worker.vault, case=case, cadence=Cadence.DAILY)
        queue_for_subscription(
            session, kind=AlertKind.ALREADY_FOLLOWING, subscription=one, dedupe_key="already", now=now,
            facts={"case_reference": case.reference, "case_slug": case.slug},
        )  # fmt: skip
    check_overdue(worker)
    send(worker)
    worker.clock.at += timedelta(days=1)
    close_ended_digests(worker)
    send(worker)


def _is_late(session: Session) -> None:
    session.execute(update(FollowUp).values(next_level_at=datetime(2014, 11, 20, tzinfo=UTC)))


def _is_never_looked_at(session: Session) -> None:
    session.execute(update(FollowUp).values(next_level_at=None))


def _is_at_a_level_of_its_own(session: Session) -> None:
    session.execute(update(FollowUp).values(level=Level.VERY_OVERDUE))


def _lost_its_alert(session: Session) -> None:
    session.execute(delete(Alert).where(Alert.kind == AlertKind.FOLLOW_UP))


def _lost_a_delivery(session: Session) -> None:
    told = select(Alert.id).where(Alert.kind == AlertKind.FOLLOW_UP)
    session.execute(delete(Delivery).where(Delivery.alert_id.in_(told)))


def _lost_a_digest_item(session: Session) -> None:
    session.execute(delete(DigestItem))


def _lost_a_notice(session: Session) -> None:
    notices = select(Alert.id).where(Alert.kind == AlertKind.ALREADY_FOLLOWING)
    session.execute(delete(Delivery).where(Delivery.alert_id.in_(notices)))


def _lost_a_members_mail(session: Session) -> None:
    escalations = select(Alert.id).where(Alert.kind == AlertKind.ESCALATION)
    session.execute(delete(Delivery).where(Delivery.alert_id.in_(escalations)))


def _waits(session: Session) -> None:
    long_due = datetime.now(UTC) - timedelta(minutes=11)
    session.execute(update(Delivery).values(state=DeliveryState.QUEUED, open=True, due_at=long_due))


def _is_held_by_a_dead_worker(session: Session) -> None:
    _waits(session)
    session.execute(update(Delivery).values(state=DeliveryState.SENDING))


def _is_neither_open_nor_final(session: Session) -> None:
    session.execute(update(Delivery).values(state=DeliveryState.QUEUED))


def _is_not_closed(session: Session) -> None:
    session.execute(update(Digest).values(closed_at=None))


def _lost_the_digests_delivery(session: Session) -> None:
    session.execute(delete(Delivery).where(Delivery.digest_id.is_not(None)))


PLANTED: list[tuple[str, Callable[[Session], None], int]] = [
    ("unannounced", _is_late, 1),
    ("forgotten", _is_never_looked_at, 1),
    ("without_episode", _is_at_a_level_of_its_own, 1),
    ("without_alert", _lost_its_alert, 1),
    ("owed", _lost_a_delivery, 1),
    ("owed", _lost_a_digest_item, 1),
    ("owed_to_members", _lost_a_members_mail, 1),
    ("owed_to_one", _lost_a_notice, 1),
    ("overdue", _waits, 4),
    ("overdue", _is_held_by_a_dead_worker, 4),
    ("stranded", _is_neither_open_nor_final, 4),
    ("not_closed", _is_not_closed, 1),
    ("closed_unsent", _lost_the_digests_delivery, 1),
]


def test_where_nothing_is_missing_nothing_is_found(worker: Worker) -> None:
    assert look(worker) == {}
    live_a_day(worker)
    assert look(worker) == {}


@pytest.mark.parametrize(("clause", "plant", "count"), PLANTED, ids=[plant.__name__ for _, plant, _ in PLANTED])
def test_each_fault_is_found_by_its_clause_alone(
    worker: Worker, clause: str, plant: Callable[[Session], None], count: int
) -> None:
    live_a_day(worker)
    with worker.writing.begin() as session:
        plant(session)
    found = look(worker)
    assert list(found) == [clause]
    assert found[clause].count == len(found[clause].ids) == count


def test_every_clause_has_a_planted_fault_and_its_words() -> None:
    clauses = looking._clauses(datetime(2014, 11, 20, tzinfo=UTC), owed, untold_again, uncorrected)
    # The faults of urgent actions and corrections are planted where these are tested.
    assert (
        set(clauses) == set(CLAUSES) == {clause for clause, _, _ in PLANTED} | {"owed_again", "unissued", "uncorrected"}
    )


def test_a_lost_alert_is_named_with_the_subscription_that_was_to_hear_of_it(worker: Worker) -> None:
    live_a_day(worker)
    with worker.writing.begin() as session:
        _lost_a_delivery(session)
        alert_id = session.scalars(select(Alert.id).where(Alert.kind == AlertKind.FOLLOW_UP)).one()
        subscription_id = session.scalars(select(Subscription.id).order_by(Subscription.id)).first()
    assert look(worker)["owed"].ids == (f"{alert_id} {subscription_id}",)


def test_many_that_are_missing_are_counted_and_a_few_are_named(worker: Worker) -> None:
    with worker.writing.begin() as session:
        case = factories.make_case(session)
        for _ in range(7):
            factories.make_follow_up(session, case)
    found = look(worker)["unannounced"]
    assert (found.count, len(found.ids)) == (7, 5)


def test_what_is_older_than_a_week_is_not_looked_for(worker: Worker) -> None:
    live_a_day(worker)
    with worker.writing.begin() as session:
        _lost_a_delivery(session)
    worker.clock.at += timedelta(days=5, hours=23)
    assert "owed" in look(worker)
    worker.clock.at += timedelta(days=1, hours=1)
    assert "owed" not in look(worker)


def beats(worker: Worker) -> dict[str, Heartbeat]:
    with worker.reading() as session:
        return {beat.name: beat for beat in session.scalars(select(Heartbeat))}


def run_every_rhythm(worker: Worker) -> None:
    check_overdue(worker)
    close_ended_digests(worker)
    run_recorded(worker, CHECK_COMPLETENESS, lambda: check_completeness(worker))


@pytest.fixture
def timed(worker: Worker) -> Worker:
    """The same with a machine's clock that the test moves."""
    return replace(worker, wall_clock=FixedClock(datetime.now(UTC)))


def later(worker: Worker, **span: float) -> None:
    worker.wall_clock.at += timedelta(**span)  # type: ignore[attr-defined] # the test's own clock


def test_what_a_look_found_is_noted_without_personal_data(timed: Worker) -> None:
    live_a_day(timed)
    run_every_rhythm(timed)
    assert beats(timed)[Beat.CHECK_COMPLETENESS].detail == {"missing": {}, "well": True}
    with timed.writing.begin() as session:
        _lost_the_digests_delivery(session)
        digest_id = session.scalars(select(Digest.id)).one()
    later(timed, minutes=5)
    # A close at the very same instant would queue it anew.
    timed.clock.at += timedelta(minutes=5)
    run_every_rhythm(timed)
    noted: dict[str, Any] = beats(timed)[Beat.CHECK_COMPLETENESS].detail
    assert noted == {"missing": {"closed_unsent": {"count": 1, "ids": [str(digest_id)]}}, "well": False}


def test_one_look_in_five_minutes_is_enough_for_all_workers(timed: Worker) -> None:
    run_every_rhythm(timed)
    assert check_completeness(timed) is None
    later(timed, minutes=4)
    assert check_completeness(timed) is None
    later(timed, minutes=1)
    check_overdue(timed)
    assert check_completeness(timed) is not None


def test_after_a_fault_somebody_looks_again_a_minute_later(timed: Worker) -> None:
    live_a_day(timed)
    with timed.writing.begin() as session:
        _is_not_closed(session)
    assert check_completeness(timed) is not None
    assert check_completeness(timed) is None
    later(timed, minutes=1)
    run_every_rhythm(timed)
    assert beats(timed)[Beat.CHECK_COMPLETENESS].detail == {"missing": {}, "well": True}


def test_a_look_writes_nothing_but_its_heartbeat(worker: Worker) -> None:
    live_a_day(worker)
    with worker.reading() as session:
        before = [repr(session.execute(record.__table__.select()).all()) for record in (Alert, Delivery, Destination)]
        episodes = session.scalars(select(OverdueEpisode.id)).all()
    check_completeness(worker)
    with worker.reading() as session:
        after = [repr(session.execute(record.__table__.select()).all()) for record in (Alert, Delivery, Destination)]
        assert session.scalars(select(OverdueEpisode.id)).all() == episodes
    assert before == after
