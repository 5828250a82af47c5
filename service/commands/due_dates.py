"""How a follow-up comes by its date, and when the check must look at it."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from alerts.facts import FollowUp as Facts
from alerts.facts import Level, Thresholds
from alerts.follow_up_kinds import UnknownKind, kind_named
from alerts.overdue import reached_at
from service.errors import InvalidInput, Problem
from service.vocabulary import DatePrecision, FollowUpState

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.follow_up_kinds import FollowUpKind
    from service.records import FollowUp


def known_kind(name: str) -> FollowUpKind:
    """The kind of this name. Raises InvalidInput that lists the known ones."""
    try:
        return kind_named(name)
    except UnknownKind as error:
        raise InvalidInput([Problem("kind", str(error))]) from None


def take_thresholds(follow_up: FollowUp, kind: FollowUpKind) -> None:
    """Copy the kind's days into the follow-up, where they may be edited since."""
    follow_up.kind = kind.name
    follow_up.upcoming_days = kind.thresholds.upcoming
    follow_up.overdue_days = kind.thresholds.overdue
    follow_up.very_overdue_days = kind.thresholds.very_overdue
    follow_up.critical_days = kind.thresholds.critical


def latest_possible(day: date, precision: DatePrecision) -> date:
    """The last day that a date of this precision can mean: nobody is called late too early."""
    if precision is DatePrecision.MONTH:
        return day.replace(day=monthrange(day.year, day.month)[1])
    if precision is DatePrecision.YEAR:
        return date(day.year, 12, 31)
    return day


def set_due(follow_up: FollowUp, *, due_on: date, precision: DatePrecision) -> None:
    """Give an open follow-up another date: a new revision, of which nothing has been announced yet."""
    follow_up.due_on = latest_possible(due_on, precision)
    follow_up.due_precision = precision
    follow_up.due_revision += 1
    follow_up.level = None
    plan_next_look(follow_up)


def plan_next_look(follow_up: FollowUp) -> None:
    """Set when the check must look: where the first level begins that nobody has announced, past or future.

    A closed follow-up, and one whose date is not known, is never looked at.
    """
    follow_up.next_level_at = None
    if follow_up.state is not FollowUpState.OPEN or follow_up.due_precision is DatePrecision.UNKNOWN:
        return
    facts = Facts(
        follow_up.due_on,
        follow_up.time_zone,
        Thresholds(
            upcoming=follow_up.upcoming_days,
            overdue=follow_up.overdue_days,
            very_overdue=follow_up.very_overdue_days,
            critical=follow_up.critical_days,
        ),
    )
    follow_up.next_level_at = _next_beginning(facts, follow_up.level.rank if follow_up.level else 0)


# An import plans thousands of follow-ups of few kinds, zones and days.
@lru_cache(maxsize=8_192)
def _next_beginning(facts: Facts, announced: int) -> datetime | None:
    beginnings = [reached_at(facts, level) for level in Level if level.rank > announced]
    return min((at for at in beginnings if at is not None), default=None)
