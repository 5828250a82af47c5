"""How a follow-up comes by its date, and when the check must look at it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from alerts.facts import FollowUp as Facts
from alerts.facts import Level, Thresholds
from alerts.follow_up_kinds import UnknownKind, kind_named
from alerts.overdue import begins_at, reached_at
from service.errors import InvalidInput, Problem
from service.vocabulary import DatePrecision, FollowUpState

if TYPE_CHECKING:
    from datetime import date, datetime

    from alerts.follow_up_kinds import FollowUpKind
    from service.records import FollowUp


def known_kind(name: str) -> FollowUpKind:
    """The kind of this name. Raises InvalidInput that lists the known ones."""
    try:
        return kind_named(name)
    except UnknownKind as error:
        raise InvalidInput([Problem("kind", str(error))]) from None


def take_thresholds(follow_up: FollowUp, kind: FollowUpKind, instead: Thresholds | None = None) -> None:
    """Copy the kind's days, or those that a rule has `instead`, into the follow-up, where they may be edited since."""
    thresholds = instead or kind.thresholds
    follow_up.kind = kind.name
    follow_up.upcoming_days = thresholds.upcoming
    follow_up.overdue_days = thresholds.overdue
    follow_up.very_overdue_days = thresholds.very_overdue
    follow_up.critical_days = thresholds.critical


def set_due(follow_up: FollowUp, *, due_on: date, precision: DatePrecision) -> None:
    """Give an open follow-up another date: a new revision, of which nothing has been announced yet.

    A snooze ends with the date that it was for.
    """
    follow_up.due_on = precision.latest(due_on)
    follow_up.due_precision = precision
    follow_up.due_revision += 1
    follow_up.level = None
    lift_snooze(follow_up)
    plan_next_look(follow_up)


def lift_snooze(follow_up: FollowUp) -> None:
    """Nobody wants it quiet any more; the caller plans the next look."""
    follow_up.snoozed_until = follow_up.snoozed_by_id = follow_up.snooze_reason = None


def plan_next_look(follow_up: FollowUp) -> None:
    """Set when the check must look: see `next_look`."""
    follow_up.next_level_at = next_look(follow_up)


def next_look(follow_up: FollowUp) -> datetime | None:
    """Where the first level begins (UTC) that nobody has announced, past or future.

    A snooze puts it off until the snooze ends, but never past the beginning of `critical`. A closed follow-up, and one
    whose date is not known, is never looked at: None.
    """
    if follow_up.state is not FollowUpState.OPEN or follow_up.due_precision is DatePrecision.UNKNOWN:
        return None
    facts = late_facts(follow_up)
    first, critical = _beginnings(facts, follow_up.level.rank if follow_up.level else 0)
    if first is None or follow_up.snoozed_until is None:
        return first
    put_off = max(first, begins_at(follow_up.snoozed_until, follow_up.time_zone))
    return put_off if critical is None else min(put_off, critical)


# An import plans thousands of follow-ups of few kinds, zones and days.
@lru_cache(maxsize=8_192)
def _beginnings(facts: Facts, announced: int) -> tuple[datetime | None, datetime | None]:
    """Where the first level above this rank begins, and where `critical` does; None where there is none."""
    begins = {level: reached_at(facts, level) for level in Level if level.rank > announced}
    return min((at for at in begins.values() if at is not None), default=None), begins.get(Level.CRITICAL)


def late_facts(follow_up: FollowUp) -> Facts:
    """What the overdue rule needs to know of it."""
    thresholds = Thresholds(
        follow_up.upcoming_days, follow_up.overdue_days, follow_up.very_overdue_days, follow_up.critical_days
    )
    return Facts(follow_up.due_on, follow_up.time_zone, thresholds)
