"""A year of digests where clocks change: each alert is told in the digest that the reader's own clock asks for, once."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from alerts.facts import Level
from service.commands.close_digests import close_digests
from service.commands.fan_out import fan_out
from service.commands.timetables import change_timetable
from service.records import Delivery, Digest, DigestItem
from service.vocabulary import Cadence
from tests import factories
from tests.service.commands.telling import make_alert

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.records import Case
    from service.security.encryption import Vault

HALF_HOUR = timedelta(minutes=30)
# Hours that the clock skips or shows twice where it can be had.
HOURS = {
    "Asia/Almaty": 23,
    "Europe/Berlin": 2,
    "America/New_York": 1,
    "Australia/Lord_Howe": 2,
    "Africa/Casablanca": 3,
    "Asia/Tehran": 0,
    "America/Sao_Paulo": 0,
}
# Around these somebody's clock changes: in 2018 in all zones but Almaty, in 2024 in Almaty and in those that still do it.
CHANGES = {
    2018: [(2, 18), (3, 11), (3, 22), (3, 25), (4, 1), (5, 13), (6, 17), (9, 22), (10, 7), (10, 28), (11, 4)],
    2024: [(3, 1), (3, 10), (3, 31), (4, 7), (4, 14), (10, 6), (10, 27), (11, 3)],
}
WEEKDAY = 7


@dataclass(frozen=True)
class Reader:
    """Somebody in one zone who hears once a day or once a week."""

    destination_id: UUID
    zone: str
    cadence: Cadence

    def hearings(self, year: int) -> list[datetime]:
        """Every half hour of that year, and a little more, at which their clock reaches their hour: read off, not reckoned."""
        zone, hour = ZoneInfo(self.zone), time(HOURS[self.zone])
        found, before = [], datetime(year, 1, 1, tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
        for n in range(1, 375 * 48):
            at = datetime(year, 1, 1, tzinfo=UTC) + n * HALF_HOUR
            shown = at.astimezone(zone).replace(tzinfo=None)
            is_day = self.cadence is Cadence.DAILY or shown.isoweekday() == WEEKDAY
            if is_day and before < datetime.combine(shown.date(), hour) <= shown:
                found.append(at)
            before = shown
        return found


def make_readers(session: Session, vault: Vault, case: Case, now: datetime) -> list[Reader]:
    readers = []
    for zone, hour in HOURS.items():
        for cadence in (Cadence.DAILY, Cadence.WEEKLY):
            subscriber = factories.make_subscriber(session, time_zone=zone)
            change_timetable(session, subscriber, {"digest_hour": hour, "digest_weekday": WEEKDAY}, now=now)
            mailbox = factories.make_destination(session, vault, subscriber=subscriber)
            factories.make_subscription(session, vault, case=case, destination=mailbox, cadence=cadence)
            readers.append(Reader(mailbox.id, zone, cadence))
    return readers


def instants_of(year: int) -> list[datetime]:
    """Some sixteen through the year, on half hours and off them, and two at each change of a clock."""
    chance = random.Random(year)  # noqa: S311 - a year that is the same each time
    beginning = datetime(year, 1, 1, tzinfo=UTC)
    found = {beginning + chance.randrange(364 * 48) * HALF_HOUR for _ in range(8)}
    found |= {beginning + timedelta(seconds=chance.randrange(364 * 86_400)) for _ in range(8)}
    for month, day in CHANGES[year]:
        midnight = datetime(year, month, day, tzinfo=UTC)
        found |= {midnight + chance.randrange(-24, 48) * HALF_HOUR for _ in range(2)}
    return sorted(found)


@pytest.mark.parametrize("year", CHANGES)
def test_a_year_of_digests_tells_everything_once_at_the_readers_hour(session: Session, vault: Vault, year: int) -> None:
    case = factories.make_case(session)
    readers = make_readers(session, vault, case, datetime(year, 1, 1, tzinfo=UTC))
    hearings = {one: one.hearings(year) for one in readers}
    alerts = {at: make_alert(session, case, at=at).id for at in instants_of(year)}
    # Two bells for each, so that the second finds nothing left; those with nothing to tell would only take time.
    bells = {
        bell
        for theirs in hearings.values()
        for at in alerts
        for bell in theirs[bisect_right(theirs, at) :][:2]
    }  # fmt: skip
    for at in sorted({*alerts, *bells}):
        if at in alerts:
            fan_out(session, [alerts[at]], now=at)
        if at in bells:
            close_digests(session, now=at)
    told = {
        (row.destination_id, row.alert_id): row.closed_at
        for row in session.execute(
            select(DigestItem.destination_id, DigestItem.alert_id, Digest.closed_at).join(
                Digest, Digest.id == DigestItem.digest_id
            )
        )
    }
    expected = {
        (one.destination_id, alert): theirs[bisect_right(theirs, at)]
        for one, theirs in hearings.items()
        for at, alert in alerts.items()
    }
    assert told == expected
    everything_was_told_once(session)


def everything_was_told_once(session: Session) -> None:
    """No digest is empty, none left twice or not at all, and no two of one reader's overlap."""
    digests = session.scalars(select(Digest).order_by(Digest.period_start)).all()
    filled = set(session.scalars(select(DigestItem.digest_id)))
    sent = Counter(session.scalars(select(Delivery.digest_id).where(Delivery.digest_id.is_not(None))))
    assert {one.id for one in digests} == filled == set(sent)
    assert set(sent.values()) <= {1}
    for destination_id in {one.destination_id for one in digests}:
        for cadence in Cadence:
            theirs = [one for one in digests if (one.destination_id, one.cadence) == (destination_id, cadence)]
            assert all(one.period_end <= other.period_start for one, other in pairwise(theirs))


def test_critical_alerts_of_a_year_are_told_at_once_and_in_no_digest(session: Session, vault: Vault) -> None:
    case = factories.make_case(session)
    readers = make_readers(session, vault, case, datetime(2018, 1, 1, tzinfo=UTC))
    for at in instants_of(2018):
        assert fan_out(session, [make_alert(session, case, level=Level.CRITICAL, at=at).id], now=at) == len(readers)
    assert session.scalars(select(DigestItem)).all() == []
