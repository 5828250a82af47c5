"""The scheduled check: everything that is late is announced, once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, func, select, update

from alerts.facts import Level, Tier
from service.commands.subscribe import ask
from service.records import (
    Alert,
    Case,
    Delivery,
    Destination,
    FollowUp,
    Heartbeat,
    OverdueEpisode,
    Subscriber,
    Subscription,
)
from service.vocabulary import (
    Cadence,
    DestinationState,
    EndedReason,
    FollowUpState,
    Monitoring,
    SubscriptionState,
)
from service.worker.jobs import (
    CHECK_OVERDUE,
    check_overdue,
    close_ended_digests,
    expire_unconfirmed,
    rehearse,
    run_recorded,
    when_next_due,
)
from tests import factories

if TYPE_CHECKING:
    from tests.service.worker.conftest import Worker

# A complaint_reply is upcoming 7 days before, overdue from day 1, very overdue from 15, critical from 30.
DUE = date(2014, 11, 10)


def at(worker: Worker, year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> None:
    """Move business time to this instant (UTC)."""
    worker.clock.at = datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def follow(
    worker: Worker,
    *,
    count: int = 1,
    tier: Tier | None = None,
    case_tier: Tier = Tier.PUBLIC,
    monitoring: Monitoring = Monitoring.ACTIVE,
) -> None:
    """A case with open follow-ups, all due on the same day, and one mailbox that may hear of everything."""
    with worker.writing.begin() as session:
        case = factories.make_case(session, tier=case_tier, monitoring=monitoring)
        factories.make_subscription(session, worker.vault, case=case, tier=Tier.SEALED)
        for _ in range(count):
            factories.make_follow_up(session, case, due_on=DUE, tier=tier)


def counted(worker: Worker, record: type[Alert | Delivery | OverdueEpisode]) -> int:
    with worker.reading() as session:
        return session.scalar(select(func.count()).select_from(record)) or 0


def levels(worker: Worker) -> list[Level | None]:
    with worker.reading() as session:
        return list(session.scalars(select(Alert.level).order_by(Alert.created_at, Alert.id)))


def test_a_second_check_at_the_same_instant_announces_nothing(worker: Worker) -> None:
    follow(worker, count=3)
    assert len(check_overdue(worker).announced) == 3
    again = check_overdue(worker)
    assert (again.looked_at, again.announced) == (0, ())
    assert counted(worker, Alert) == counted(worker, Delivery) == 3


def test_each_level_is_announced_once_as_the_days_pass(worker: Worker) -> None:
    follow(worker)
    for day in (0, 2, 3, 8, 9, 10, 20, 24, 25, 38, 39, 60):
        worker.clock.at = datetime(2014, 11, 1, 6, tzinfo=UTC) + timedelta(days=day)
        check_overdue(worker)
    assert levels(worker) == list(Level)
    assert counted(worker, Delivery) == 5


def test_three_days_later_only_what_is_newly_late_is_announced(worker: Worker) -> None:
    follow(worker)
    at(worker, 2014, 11, 9, 6)
    check_overdue(worker)
    at(worker, 2014, 11, 12, 6)
    announced = check_overdue(worker).announced
    assert [(one.level, one.told) for one in announced] == [(Level.OVERDUE, 1)]
    assert check_overdue(worker).announced == ()


def test_after_an_outage_each_is_announced_once_at_the_highest_level(worker: Worker) -> None:
    follow(worker, count=2)
    at(worker, 2015, 2, 1)
    check_overdue(worker)
    assert levels(worker) == [Level.CRITICAL, Level.CRITICAL]
    with worker.reading() as session:
        assert session.scalars(select(FollowUp.next_level_at)).all() == [None, None]


def test_more_than_one_batch_is_announced_in_one_pass(worker: Worker) -> None:
    follow(worker, count=520)
    assert len(check_overdue(worker).announced) == 520


def test_a_moved_due_date_is_announced_again(worker: Worker) -> None:
    follow(worker)
    check_overdue(worker)
    with worker.writing.begin() as session:
        session.execute(
            update(FollowUp).values(
                due_on=date(2014, 11, 18), due_revision=2, level=None, next_level_at=worker.clock.now()
            )
        )
    check_overdue(worker)
    assert levels(worker) == [Level.OVERDUE, Level.OVERDUE]


def test_looser_thresholds_do_not_announce_a_lower_level_after_a_higher(worker: Worker) -> None:
    follow(worker)
    check_overdue(worker)
    with worker.writing.begin() as session:
        session.execute(update(FollowUp).values(overdue_days=90, next_level_at=worker.clock.now()))
    check_overdue(worker)
    assert levels(worker) == [Level.OVERDUE]


def test_a_case_that_is_not_watched_is_silent_until_it_is_again(worker: Worker) -> None:
    follow(worker, monitoring=Monitoring.DORMANT)
    assert check_overdue(worker).announced == ()
    assert when_next_due(worker) is None
    with worker.writing.begin() as session:
        session.execute(update(Case).values(monitoring=Monitoring.ACTIVE))
    assert [one.level for one in check_overdue(worker).announced] == [Level.OVERDUE]


def test_a_follow_up_that_is_done_is_not_announced(worker: Worker) -> None:
    follow(worker)
    with worker.writing.begin() as session:
        session.execute(update(FollowUp).values(state=FollowUpState.DONE))
    assert check_overdue(worker).announced == ()


@pytest.mark.parametrize("where", ["case", "follow-up"])
def test_what_is_sealed_is_noted_as_late_and_told_to_nobody(worker: Worker, where: str) -> None:
    follow(
        worker,
        tier=Tier.SEALED if where == "follow-up" else None,
        case_tier=Tier.SEALED if where == "case" else Tier.PUBLIC,
    )
    check_overdue(worker)
    assert counted(worker, OverdueEpisode) == 1
    assert counted(worker, Alert) == counted(worker, Delivery) == 0


def test_a_row_whose_zone_cannot_be_read_keeps_nobody_waiting(worker: Worker) -> None:
    follow(worker, count=2)
    with worker.writing.begin() as session:
        first = session.scalars(select(FollowUp.id).order_by(FollowUp.id)).first()
        session.execute(update(FollowUp).where(FollowUp.id == first).values(time_zone="Nowhere/Atall"))
    assert len(check_overdue(worker).announced) == 1
    assert check_overdue(worker).looked_at == 0


def test_a_day_begins_when_the_clocks_of_the_facility_say_so(worker: Worker) -> None:
    # In São Paulo the night of 19 October 2014 had no hour from 0 to 1: the day began at 3:00 UTC.
    with worker.writing.begin() as session:
        case = factories.make_case(session, time_zone="America/Sao_Paulo", country="BR")
        factories.make_follow_up(
            session, case, kind="urgent_care", due_on=date(2014, 10, 19), opened_at=datetime(2014, 10, 1, tzinfo=UTC)
        )
    at(worker, 2014, 10, 19, 2, 59, 59)
    assert check_overdue(worker).announced == ()
    assert when_next_due(worker) == datetime(2014, 10, 19, 3, tzinfo=UTC)
    at(worker, 2014, 10, 19, 3)
    assert [one.level for one in check_overdue(worker).announced] == [Level.DUE]


def test_a_clock_that_jumps_back_announces_nothing_twice(worker: Worker) -> None:
    follow(worker)
    check_overdue(worker)
    at(worker, 2013, 11, 20)
    assert check_overdue(worker).announced == ()
    at(worker, 2014, 11, 20)
    assert check_overdue(worker).announced == ()


def test_a_rehearsal_says_what_would_be_announced_and_writes_nothing(worker: Worker) -> None:
    follow(worker, count=2)
    checked, _ = rehearse(worker)
    assert len(checked.announced) == 2
    assert counted(worker, Alert) == counted(worker, OverdueEpisode) == 0
    assert len(check_overdue(worker).announced) == 2


def test_the_check_leaves_a_sign_of_life_by_the_machines_clock(worker: Worker) -> None:
    follow(worker)
    before = datetime.now(UTC)
    check_overdue(worker)
    with worker.reading() as session:
        beat = session.get_one(Heartbeat, CHECK_OVERDUE)
    assert beat.at >= before
    assert beat.detail == {"looked_at": 1, "announced": 1}


def test_a_job_that_raises_is_noted_and_leaves_the_last_sign_of_life_alone(worker: Worker) -> None:
    check_overdue(worker)
    with worker.reading() as session:
        lived_at = session.get_one(Heartbeat, CHECK_OVERDUE).at
    run_recorded(worker, CHECK_OVERDUE, lambda: 1 // 0)
    with worker.reading() as session:
        assert session.get_one(Heartbeat, CHECK_OVERDUE).at == lived_at
        assert session.get_one(Heartbeat, f"{CHECK_OVERDUE}.failed").detail == {"error": "ZeroDivisionError"}


def test_a_daily_reader_hears_in_the_morning_and_once(worker: Worker) -> None:
    with worker.writing.begin() as session:
        case = factories.make_case(session)
        factories.make_subscription(session, worker.vault, case=case, cadence=Cadence.DAILY)
        factories.make_follow_up(session, case, due_on=DUE)
    check_overdue(worker)
    assert close_ended_digests(worker) == 0
    worker.clock.at += timedelta(days=1)
    assert close_ended_digests(worker) == 1
    assert close_ended_digests(worker) == 0


def test_a_wish_that_nobody_confirmed_ends_after_seven_days(worker: Worker) -> None:
    with worker.writing.begin() as session:
        case = factories.make_case(session)
        made = factories.make_subscription(session, worker.vault, case=case, state=SubscriptionState.PENDING)
        made.created_at = worker.clock.now()
        factories.make_subscription(session, worker.vault, case=case)
    worker.clock.at += timedelta(days=6, hours=23)
    assert expire_unconfirmed(worker) == 0
    worker.clock.at += timedelta(hours=1)
    assert expire_unconfirmed(worker) == 1
    with worker.reading() as session:
        ended = session.get_one(Subscription, made.id)
    assert (ended.state, ended.ended_reason) == (SubscriptionState.ENDED, EndedReason.NEVER_CONFIRMED)


def test_thirty_days_later_the_wish_is_forgotten_and_a_mailbox_that_nobody_confirmed_with_it(worker: Worker) -> None:
    with worker.writing.begin() as session:
        case = factories.make_case(session)
        mailbox = factories.make_destination(session, worker.vault, state=DestinationState.PENDING)
        strangers = factories.make_subscription(
            session, worker.vault, case=case, destination=mailbox, state=SubscriptionState.PENDING
        )
        readers = factories.make_subscription(session, worker.vault, case=case)
        also = factories.make_subscription(
            session, worker.vault, country="KZ", destination=readers.destination, state=SubscriptionState.PENDING
        )
        for made in (strangers, mailbox, also):
            made.created_at = worker.clock.now()
        ask(session, strangers, now=worker.clock.now())
    worker.clock.at += timedelta(days=7)
    expire_unconfirmed(worker)
    worker.clock.at += timedelta(days=29, hours=23)
    expire_unconfirmed(worker)
    with worker.reading() as session:
        assert session.get(Subscription, strangers.id) is not None  # its link can still send a new one
    worker.clock.at += timedelta(hours=1)
    expire_unconfirmed(worker)
    with worker.reading() as session:
        assert session.scalars(select(Subscription.id)).all() == [readers.id]
        assert session.scalars(select(Destination.id)).all() == [readers.destination_id]
        assert session.scalars(select(Subscriber.id)).all() == [readers.subscriber_id]
        assert [*session.scalars(select(Alert.id)), *session.scalars(select(Delivery.id))] == []


def test_a_check_that_finds_nothing_looks_once_and_notes_only_that_it_ran(worker: Worker) -> None:
    follow(worker)
    check_overdue(worker)
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(worker.engine, "before_cursor_execute", note)
    check_overdue(worker)
    event.remove(worker.engine, "before_cursor_execute", note)
    asked = [statement.split(maxsplit=3)[:3] for statement in said if not statement.startswith(("BEGIN", "PRAGMA"))]
    assert [words[0] for words in asked] == ["SELECT", "INSERT"]
    assert asked[1] == ["INSERT", "INTO", "heartbeat"]
