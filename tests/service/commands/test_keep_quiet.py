"""Quiet hours delay what can wait, and drop nothing."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from alerts.facts import Level, MatrixRoom, Tier
from alerts.outcomes import Accepted, Refused
from service.commands.claim_deliveries import claim_deliveries
from service.commands.keep_quiet import quiet_until
from service.commands.record_outcomes import record_outcomes
from service.commands.settling import Recorded
from service.commands.timetables import change_timetable, set_time_zone
from service.database import database_now, instant_of
from service.errors import InvalidInput
from service.records import Alert, Attempt, Delivery, Destination, Digest, Subscriber, Timetable, UrgentAction
from service.records.base import new_id
from service.vocabulary import AlertKind, Cadence, DeliveryState, UrgentActionKind, UrgentActionStatus
from tests import factories

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.commands.claims import Claim
    from service.security.encryption import Vault

HOUR = timedelta(hours=1)
ZONE = "Australia/Lord_Howe"
BERLIN, NIGHT = "Europe/Berlin", (time(22), time(7))


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-01-10 21:59:59", None),
        ("2026-01-10 22:00", "2026-01-11 07:00"),
        ("2026-01-11 06:59:59", "2026-01-11 07:00"),
        ("2026-01-11 07:00", None),
        ("2026-01-11 12:00", None),
        # The nights in which the clock goes forward and back.
        ("2026-03-28 23:00", "2026-03-29 07:00"),
        ("2026-10-24 23:00", "2026-10-25 07:00"),
    ],
)
def test_a_night_may_pass_midnight(at: str, until: str | None) -> None:
    found = quiet_until(local(at), begin=NIGHT[0], end=NIGHT[1], time_zone=BERLIN)
    assert found == (local(until) if until else None)


def test_quiet_hours_within_a_day_are_of_that_day() -> None:
    ends = partial(quiet_until, begin=time(12), end=time(14, 30), time_zone=BERLIN)
    assert ends(local("2026-01-10 13:00")) == local("2026-01-10 14:30")
    assert ends(local("2026-01-10 15:00")) is None


def test_an_end_that_the_clock_skips_is_the_jump_and_one_shown_twice_the_first() -> None:
    ends = partial(quiet_until, begin=time(22), end=time(2, 30), time_zone=BERLIN)
    assert ends(local("2026-03-29 01:59")) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert ends(local("2026-10-25 01:59")) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    # The second time that the clock shows ten past two the night is over.
    assert ends(datetime(2026, 10, 25, 1, 10, tzinfo=UTC)) is None


@given(
    st.datetimes(datetime(2014, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants naive bounds
    st.times(),
    st.times(),
    st.sampled_from(["Europe/Berlin", ZONE, "America/Sao_Paulo", "America/St_Johns", "Asia/Almaty", "UTC"]),
)
def test_no_night_is_longer_than_a_day_and_an_hour_and_its_end_is_not_quiet(
    at: datetime, begin: time, end: time, zone: str
) -> None:
    found = quiet_until(at, begin=begin, end=end, time_zone=zone)
    if found is None:
        return
    assert at < found <= at + 26 * HOUR
    after = quiet_until(found, begin=begin, end=end, time_zone=zone)
    assert after is None or begin == end or after - found < 26 * HOUR


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(BERLIN)).astimezone(UTC)


def owe(session: Session, vault: Vault, *, kind: AlertKind = AlertKind.FOLLOW_UP, level: Level | None = None,
        address: Any = None) -> Delivery:  # fmt: skip
    """One delivery, due now."""
    alert = Alert(
        dedupe_key=str(new_id()), kind=kind, level=level, tier=Tier.PUBLIC, facts={}, created_at=factories.LONG_AGO
    )
    session.add(alert)
    session.flush()
    destination = factories.make_destination(session, vault, address=address)
    delivery = Delivery(
        alert_id=alert.id, destination_id=destination.id, channel=destination.channel, language="en", time_zone="UTC",
        tier=Tier.PUBLIC, due_at=database_now(),
    )  # fmt: skip
    session.add(delivery)
    session.flush()
    return delivery


def in_the_night(session: Session, delivery: Delivery, **wish: Any) -> datetime:
    """Let it be night for its reader, by the database's clock; the end of it."""
    now = instant_of(session)
    # Two hours at least, whatever the time is.
    begin, end = ((now + n * HOUR).replace(minute=0, second=0, microsecond=0) for n in (-1, 3))
    set_time_zone(session, reader_of(session, delivery), time_zone="UTC", now=now)
    hours = {"quiet_from": begin.time(), "quiet_until": end.time(), **wish}
    change_timetable(session, reader_of(session, delivery), hours, now=now)
    return end


def reader_of(session: Session, delivery: Delivery) -> Subscriber:
    return session.scalars(select(Subscriber).join(Destination).where(Destination.id == delivery.destination_id)).one()


def claim(session: Session) -> list[Claim]:
    mail = claim_deliveries(session, limit=100, lease_s=60, worker="test").leaving
    return mail + claim_deliveries(session, limit=100, lease_s=60, worker="test", by_mail=False).leaving


def stands(session: Session, delivery: Delivery) -> Delivery:
    session.refresh(delivery)
    return delivery


def test_what_can_wait_waits_for_the_end_of_the_night_and_nothing_is_tried(session: Session, vault: Vault) -> None:
    delivery = owe(session, vault)
    end = in_the_night(session, delivery)
    assert claim(session) == []
    waiting = stands(session, delivery)
    assert (waiting.state, waiting.open, waiting.attempts, waiting.due_at) == (DeliveryState.QUEUED, True, 0, end)
    assert waiting.first_attempt_at is None
    assert session.scalars(select(Attempt)).all() == []
    assert claim(session) == []


def test_after_the_night_it_leaves(session: Session, vault: Vault) -> None:
    delivery = owe(session, vault)
    in_the_night(session, delivery)
    assert claim(session) == []
    now = instant_of(session)
    session.execute(update(Timetable).values(quiet_until=(now - HOUR / 60).time(), quiet_from=(now - HOUR).time()))
    session.execute(update(Delivery).values(due_at=database_now()))
    assert [one.id for one in claim(session)] == [delivery.id]


@pytest.mark.parametrize(
    ("kind", "level"),
    [
        (AlertKind.FOLLOW_UP, Level.VERY_OVERDUE),
        (AlertKind.URGENT_ACTION, None),
        (AlertKind.FURTHER_INFORMATION, None),
        (AlertKind.CORRECTION, None),
        (AlertKind.CASE_CLOSED, None),
    ],
)
def test_what_people_follow_can_wait(session: Session, vault: Vault, kind: AlertKind, level: Level | None) -> None:
    in_the_night(session, owe(session, vault, kind=kind, level=level))
    assert claim(session) == []


WAKING = [
    (AlertKind.FOLLOW_UP, Level.CRITICAL),
    *((kind, None) for kind in AlertKind if kind not in {
        AlertKind.FOLLOW_UP, AlertKind.URGENT_ACTION, AlertKind.FURTHER_INFORMATION, AlertKind.CORRECTION,
        AlertKind.CASE_CLOSED,
    }),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "level"), WAKING)
def test_what_is_critical_or_asked_for_or_says_to_stop_does_not_wait(
    session: Session, vault: Vault, kind: AlertKind, level: Level | None
) -> None:
    delivery = owe(session, vault, kind=kind, level=level)
    in_the_night(session, delivery)
    assert [one.id for one in claim(session)] == [delivery.id]


def test_whoever_wants_to_sleep_through_what_is_critical_does(session: Session, vault: Vault) -> None:
    in_the_night(session, owe(session, vault, level=Level.CRITICAL), critical_may_wake=False)
    assert claim(session) == []
    stop = owe(session, vault, kind=AlertKind.STOP_ACTION)
    in_the_night(session, stop, critical_may_wake=False)
    assert [one.id for one in claim(session)] == [stop.id]


def test_a_digest_waits_too(session: Session, vault: Vault) -> None:
    delivery = owe(session, vault)
    digest = Digest(
        subscriber_id=reader_of(session, delivery).id, destination_id=delivery.destination_id, cadence=Cadence.DAILY,
        period_start=factories.LONG_AGO, period_end=factories.LONG_AGO, closed_at=factories.LONG_AGO,
    )  # fmt: skip
    session.add(digest)
    session.flush()
    session.execute(update(Delivery).values(alert_id=None, digest_id=digest.id))
    in_the_night(session, delivery)
    assert claim(session) == []


def test_nobody_else_waits(session: Session, vault: Vault) -> None:
    asleep, awake = owe(session, vault), owe(session, vault)
    in_the_night(session, asleep)
    found = claim_deliveries(session, limit=100, lease_s=60, worker="test")
    assert [one.id for one in found.leaving] == [awake.id]
    # Others may be due behind those that were put back.
    assert found.some_wait


def test_an_urgent_action_that_would_be_over_by_morning_does_not_wait(session: Session, vault: Vault) -> None:
    delivery = owe(session, vault, kind=AlertKind.URGENT_ACTION)
    end = in_the_night(session, delivery)
    case = factories.make_case(session)
    action = UrgentAction(
        case_id=case.id, alert_id=delivery.alert_id, year=2026, given=1, edition=0, kind=UrgentActionKind.INITIAL,
        status=UrgentActionStatus.ISSUED, headline="Ask for a doctor", summary="", time_zone="UTC",
        expires_at=end - HOUR / 2, created_at=factories.LONG_AGO, updated_at=factories.LONG_AGO,
    )  # fmt: skip
    session.add(action)
    session.flush()
    assert [one.id for one in claim(session)] == [delivery.id]


def test_a_retry_waits_for_the_end_of_the_night_unless_its_72_hours_would_be_over(
    session: Session, vault: Vault
) -> None:
    delivery = owe(session, vault)
    (first,) = claim(session)
    refused = Recorded(first, Refused(permanent=False, reason="Later."))
    record_outcomes(session, [refused], audit_key=vault.audit_key)
    end = in_the_night(session, delivery)
    session.execute(update(Delivery).values(due_at=database_now()))
    assert claim(session) == []
    assert (stands(session, delivery).due_at, delivery.attempts, delivery.reason) == (end, 1, "Later.")
    session.execute(update(Delivery).values(due_at=database_now(), first_attempt_at=end - 73 * HOUR))
    (second,) = claim(session)
    record_outcomes(session, [Recorded(second, Accepted(250))], audit_key=vault.audit_key)
    assert stands(session, delivery).state is DeliveryState.ACCEPTED


def test_a_repeat_that_would_not_be_known_as_one_by_morning_does_not_wait(session: Session, vault: Vault) -> None:
    room = MatrixRoom("https://matrix.example.org", "!room:example.org", "token")
    delivery = owe(session, vault, address=room)
    end = in_the_night(session, delivery)
    may_have_arrived = {"maybe_sent": True, "state": DeliveryState.UNKNOWN, "attempts": 1}
    session.execute(update(Delivery).values(**may_have_arrived, first_attempt_at=end - 22 * HOUR))
    assert claim(session) == []
    assert (stands(session, delivery).state, delivery.open) == (DeliveryState.UNKNOWN, True)
    session.execute(update(Delivery).values(due_at=database_now(), first_attempt_at=end - 24 * HOUR))
    assert [one.id for one in claim(session)] == [delivery.id]


def test_what_waits_is_judged_anew_when_the_night_is_given_up(session: Session, vault: Vault) -> None:
    delivery = owe(session, vault)
    in_the_night(session, delivery)
    assert claim(session) == []
    no_hours = {"quiet_from": None, "quiet_until": None}
    change_timetable(session, reader_of(session, delivery), no_hours, now=instant_of(session))
    assert [one.id for one in claim(session)] == [delivery.id]


@pytest.mark.parametrize(("begin", "end"), [(time(22), None), (None, time(7)), (time(7), time(7))])
def test_half_a_night_and_a_whole_day_are_refused(
    session: Session, vault: Vault, begin: time | None, end: time | None
) -> None:
    reader, hours = reader_of(session, owe(session, vault)), {"quiet_from": begin, "quiet_until": end}
    with pytest.raises(InvalidInput):
        change_timetable(session, reader, hours, now=instant_of(session))


def test_a_time_zone_that_cannot_be_read_keeps_nobody_waiting(session: Session, vault: Vault) -> None:
    spoilt, other = owe(session, vault), owe(session, vault)
    in_the_night(session, spoilt)
    reader_of(session, spoilt).time_zone = "Mars/Olympus"
    session.flush()
    assert {one.id for one in claim(session)} == {spoilt.id, other.id}
