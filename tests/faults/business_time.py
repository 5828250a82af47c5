"""Business time in a test: what a check announces at an instant, when a day begins somewhere, and what then leaves."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from service.worker.jobs import check_overdue
from service.worker.running import run_until_drained
from tests.faults.passing_time import run

if TYPE_CHECKING:
    from alerts.facts import Level
    from tests.service.worker.conftest import Worker

HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)
SECOND = timedelta(seconds=1)


def newly_at(worker: Worker, at: datetime) -> list[Level]:
    """What a check announces at this business time."""
    worker.clock.at = at
    return [one.level for one in check_overdue(worker).announced]


def beginning_of(day: date, zone: str) -> datetime:
    """The first minute (UTC) in which the calendar there shows this day, or a later one if it left this one out."""
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) - 15 * HOUR
    while at.astimezone(ZoneInfo(zone)).date() < day:
        at += timedelta(minutes=1)
    return at


def send(worker: Worker) -> None:
    """Send what is due."""
    run(run_until_drained(worker, channels=worker.post.channels()))
