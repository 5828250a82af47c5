"""A follow-up is kept quiet for a while, or woken."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alerts.facts import Level
from alerts.overdue import is_quiet, level_of
from service.commands.due_dates import late_facts, lift_snooze, plan_next_look
from service.commands.follow_ups import require_open, written
from service.errors import Conflict, InvalidInput, Problem

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from service.records import FollowUp, Member
    from service.security.encryption import Vault

# Long enough for a prison's promise, short enough that nobody is forgotten by it; whoever needs more moves the date.
LONGEST_DAYS = 30


def snooze(
    session: Session,
    follow_up: FollowUp,
    *,
    until: date,
    reason: str,
    member: Member,
    now: datetime,
    by: str,
    vault: Vault,
) -> None:
    """Say nothing of it until the day `until` begins at the facility: nothing is announced, nobody is escalated to.

    When the snooze ends, the level then reached is announced, once. Two things a snooze does not do. It never hides
    `critical`: that is told whenever it is reached. And it keeps nothing for later: what was announced before and is
    still queued does not leave while the snooze lasts, but is cancelled at the last look, since its words ("1 day late")
    would be untrue by the time it ends. Whoever was not told of that level by then is told of the next; no level of one
    date is announced twice. A message on its way when the snooze is set has left.

    Raises InvalidInput for a day that is not within 30 days from tomorrow or without a reason, and Conflict unless it is
    open and not yet critical.
    """
    require_open(follow_up, "snoozed")
    today = now.astimezone(ZoneInfo(follow_up.time_zone)).date()
    problems = []
    if not today < until <= today + timedelta(days=LONGEST_DAYS):
        last = today + timedelta(days=LONGEST_DAYS)
        problems.append(Problem("until", f"Use a day from {today + timedelta(days=1)} to {last} at the facility."))
    if not reason.strip():
        problems.append(Problem("reason", "Say why."))
    if problems:
        raise InvalidInput(problems)
    if level_of(late_facts(follow_up), now=now) is Level.CRITICAL:
        raise Conflict("this follow-up is critical, which no snooze hides")
    follow_up.snoozed_until, follow_up.snoozed_by_id, follow_up.snooze_reason = until, member.id, reason
    plan_next_look(follow_up)
    written(session, follow_up, "snooze", {"until": str(until), "reason": reason}, now, by, vault)


def wake(session: Session, follow_up: FollowUp, *, now: datetime, by: str, vault: Vault) -> None:
    """End the snooze now: the next check announces the level that is reached. One that is not quiet is left alone.

    Raises Conflict unless it is open.
    """
    require_open(follow_up, "woken")
    if not is_quiet(follow_up.snoozed_until, follow_up.time_zone, now=now):
        return
    detail = {"until": str(follow_up.snoozed_until)}
    lift_snooze(follow_up)
    plan_next_look(follow_up)
    written(session, follow_up, "wake", detail, now, by, vault)
