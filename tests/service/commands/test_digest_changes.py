"""Whatever a reader changes about their digests, each alert is told to them once; and what was missed arrives once."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from alerts.facts import Level
from service.commands.close_digests import close_digests
from service.commands.fan_out import fan_out
from service.commands.timetables import change_timetable, set_time_zone
from service.errors import InvalidInput
from service.records import Case, Delivery, Digest, DigestItem, Timetable
from service.vocabulary import Cadence
from tests import factories
from tests.service.commands.telling import make_alert
from tests.service.commands.test_digest_year import everything_was_told_once

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.records import Destination, Subscription
    from service.security.encryption import Vault

# A Wednesday, one in the afternoon in Berlin.
NOW = datetime(2014, 11, 5, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "UTC")


def make_reader(
    session: Session, vault: Vault, cadence: Cadence = Cadence.DAILY, destination: Destination | None = None
) -> Subscription:
    """Somebody in Berlin who follows a case."""
    case = factories.make_case(session)
    return factories.make_subscription(session, vault, case=case, cadence=cadence, destination=destination)


def tell(session: Session, reader: Subscription, at: datetime, level: Level = Level.OVERDUE) -> UUID:
    alert = make_alert(session, session.get_one(Case, reader.case_id), at=at, level=level)
    fan_out(session, [alert.id], now=at)
    return alert.id


def periods(session: Session) -> list[str]:
    """Each digest in the reader's time: from when to when, and how much is in it."""
    counts = Counter(session.scalars(select(DigestItem.digest_id)))
    order = (Digest.period_start, Digest.period_end.desc())
    found = session.scalars(select(Digest).order_by(*order).execution_options(populate_existing=True))
    return [f"{in_berlin(one.period_start)} - {in_berlin(one.period_end)}: {counts[one.id]}" for one in found]


def in_berlin(at: datetime) -> str:
    return at.astimezone(ZoneInfo("Europe/Berlin")).strftime("%a %-d %H:%M")


deeds = st.one_of(
    st.just(("alert", None)),
    st.just(("alert", None)),
    st.tuples(st.just("hour"), st.tuples(st.integers(0, 23), st.integers(1, 7))),
    st.tuples(st.just("zone"), st.sampled_from(ZONES)),
    st.tuples(st.just("cadence"), st.sampled_from(list(Cadence))),
    st.just(("bell", None)),
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(deeds, st.integers(0, 60 * 24 * 4)), min_size=5, max_size=25))
def test_each_alert_is_told_once_whatever_the_reader_changes(
    session: Session, vault: Vault, steps: list[tuple[tuple[str, Any], int]]
) -> None:
    undo = session.begin_nested()
    reader = make_reader(session, vault)
    alerts = []
    at = datetime(2014, 10, 20, tzinfo=UTC)
    for (deed, value), minutes in steps:
        at += timedelta(minutes=minutes)
        match deed:
            case "alert":
                alerts.append(tell(session, reader, at))
            case "hour":
                change_timetable(
                    session, reader.subscriber, {"digest_hour": value[0], "digest_weekday": value[1]}, now=at
                )
            case "zone":
                set_time_zone(session, reader.subscriber, time_zone=value, now=at)
            case "cadence":
                reader.cadence = value
                session.flush()
            case _:
                close_digests(session, now=at)
    for day in range(16):
        close_digests(session, now=at + day * DAY)
    in_digests = session.scalars(select(DigestItem.alert_id)).all()
    at_once = session.scalars(select(Delivery.alert_id).where(Delivery.alert_id.is_not(None))).all()
    assert Counter([*in_digests, *at_once]) == Counter(alerts)
    everything_was_told_once(session)
    undo.rollback()
    session.expire_all()


def test_a_new_hour_moves_the_end_of_what_is_being_gathered(session: Session, vault: Vault) -> None:
    reader = make_reader(session, vault)
    tell(session, reader, NOW)
    assert periods(session) == ["Wed 5 08:00 - Thu 6 08:00: 1"]
    change_timetable(session, reader.subscriber, {"digest_hour": 20}, now=NOW)
    tell(session, reader, NOW)
    assert periods(session) == ["Wed 5 08:00 - Wed 5 20:00: 2"]
    assert close_digests(session, now=NOW + timedelta(hours=7)) == 1
    tell(session, reader, NOW + DAY)
    assert periods(session)[1:] == ["Wed 5 20:00 - Thu 6 20:00: 1"]


def test_a_new_zone_moves_the_end_of_what_is_being_gathered(session: Session, vault: Vault) -> None:
    reader = make_reader(session, vault)
    tell(session, reader, NOW)
    set_time_zone(session, reader.subscriber, time_zone="America/New_York", now=NOW)
    # Eight in New York has not been yet today.
    assert periods(session) == ["Wed 5 08:00 - Wed 5 14:00: 1"]


def test_a_new_day_of_the_week_moves_the_weekly_digest_alone(session: Session, vault: Vault) -> None:
    weekly = make_reader(session, vault, Cadence.WEEKLY)
    daily = make_reader(session, vault, destination=weekly.destination)
    tell(session, weekly, NOW)
    tell(session, daily, NOW)
    change_timetable(session, weekly.subscriber, {"digest_weekday": 5}, now=NOW)
    assert periods(session) == ["Mon 3 08:00 - Fri 7 08:00: 1", "Wed 5 08:00 - Thu 6 08:00: 1"]
    change_timetable(session, weekly.subscriber, {"digest_hour": 9}, now=NOW)
    assert session.get_one(Timetable, weekly.subscriber_id).digest_weekday == 5


def test_the_period_after_a_change_begins_where_the_last_one_ended(session: Session, vault: Vault) -> None:
    reader = make_reader(session, vault)
    tell(session, reader, NOW)
    close_digests(session, now=NOW + DAY)
    change_timetable(session, reader.subscriber, {"digest_hour": 6}, now=NOW + DAY)
    tell(session, reader, NOW + DAY)
    # By the new hour alone it would begin at six, and hold two hours of the one before.
    assert periods(session) == ["Wed 5 08:00 - Thu 6 08:00: 1", "Thu 6 08:00 - Fri 7 06:00: 1"]


def test_what_was_gathered_before_another_cadence_is_told_when_it_was_promised(session: Session, vault: Vault) -> None:
    reader = make_reader(session, vault, Cadence.WEEKLY)
    tell(session, reader, NOW)
    reader.cadence = Cadence.IMMEDIATE
    tell(session, reader, NOW)
    assert periods(session) == ["Mon 3 08:00 - Mon 10 08:00: 1"]
    assert close_digests(session, now=NOW + 5 * DAY) == 1


@pytest.mark.parametrize(
    "wish", [{"digest_hour": -1}, {"digest_hour": 24}, {"digest_weekday": 0}, {"digest_weekday": 8}]
)
def test_an_hour_or_a_day_that_there_is_not_is_refused(session: Session, vault: Vault, wish: dict[str, int]) -> None:
    reader = make_reader(session, vault)
    with pytest.raises(InvalidInput):
        change_timetable(session, reader.subscriber, wish, now=NOW)
    assert session.get(Timetable, reader.subscriber_id) is None


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../../etc/passwd", "Europe"])
def test_a_zone_that_there_is_not_is_refused(session: Session, vault: Vault, zone: str) -> None:
    reader = make_reader(session, vault)
    with pytest.raises(InvalidInput):
        set_time_zone(session, reader.subscriber, time_zone=zone, now=NOW)
    assert reader.subscriber.time_zone == "Europe/Berlin"


def test_what_another_wish_had_told_at_once_is_not_told_again_in_a_digest(session: Session, vault: Vault) -> None:
    daily = make_reader(session, vault)
    factories.make_subscription(session, vault, country="KZ", destination=daily.destination)
    tell(session, daily, NOW)
    assert session.scalars(select(Delivery.destination_id)).one() == daily.destination_id
    assert periods(session) == []


def test_each_of_the_last_seven_days_that_was_missed_is_caught_up_once(session: Session, vault: Vault) -> None:
    reader = make_reader(session, vault)
    for day in range(3):
        tell(session, reader, NOW + day * DAY)
    assert close_digests(session, now=NOW + 3 * DAY) == 3
    assert close_digests(session, now=NOW + 4 * DAY) == 0
    sent = session.execute(
        select(Digest.period_end).join(Delivery, Delivery.digest_id == Digest.id).order_by(Delivery.id)
    ).scalars()
    assert [in_berlin(at) for at in sent] == ["Thu 6 08:00", "Fri 7 08:00", "Sat 8 08:00"]


def test_what_was_missed_more_than_seven_days_ago_comes_as_one_digest(session: Session, vault: Vault) -> None:
    reader, another = make_reader(session, vault), make_reader(session, vault)
    weekly = make_reader(session, vault, Cadence.WEEKLY, destination=reader.destination)
    for day in range(12):
        tell(session, reader, NOW + day * DAY)
    tell(session, another, NOW)
    tell(session, weekly, NOW)
    assert close_digests(session, now=NOW + 12 * DAY) == 1 + 7 + 1 + 1
    assert periods(session) == [
        "Mon 3 08:00 - Mon 10 08:00: 1",
        "Wed 5 08:00 - Mon 10 08:00: 5",
        "Wed 5 08:00 - Thu 6 08:00: 1",
        "Mon 10 08:00 - Tue 11 08:00: 1",
        "Tue 11 08:00 - Wed 12 08:00: 1",
        "Wed 12 08:00 - Thu 13 08:00: 1",
        "Thu 13 08:00 - Fri 14 08:00: 1",
        "Fri 14 08:00 - Sat 15 08:00: 1",
        "Sat 15 08:00 - Sun 16 08:00: 1",
        "Sun 16 08:00 - Mon 17 08:00: 1",
    ]
    assert close_digests(session, now=NOW + 13 * DAY) == 0
    everything_was_told_once(session)


def test_a_clock_that_jumps_ahead_and_back_keeps_nobody_waiting(session: Session, vault: Vault) -> None:
    reader = make_reader(session, vault)
    tell(session, reader, NOW + 300 * DAY)
    tell(session, reader, NOW)
    assert close_digests(session, now=NOW + DAY) == 1
    # Half an hour before the end that has been.
    tell(session, reader, NOW + timedelta(hours=18, minutes=30))
    assert close_digests(session, now=NOW + DAY) == 0
    assert close_digests(session, now=NOW + 2 * DAY) == 1
    everything = close_digests(session, now=NOW + 301 * DAY)
    assert everything == 1
    everything_was_told_once(session)
