"""Keeps claims from leaving in their reader's quiet hours: they wait for the end of these, and none is dropped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog
from sqlalchemy import exists, select

from alerts.channels import CHANNELS
from alerts.facts import Level
from alerts.retries import GIVE_UP_AFTER
from service.commands.local_instants import first_instant
from service.records import Alert, Destination, Subscriber, Timetable, UrgentAction
from service.vocabulary import FOLLOWED, AlertKind

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.commands.claims import Claim

log = structlog.get_logger()

# What people follow can wait for a morning. Whatever else there is somebody has asked for just now, or works with;
# and a letter that would harm must not be written that same night.
_CAN_WAIT = (*(kind for kind in FOLLOWED if kind is not AlertKind.STOP_ACTION), AlertKind.CASE_CLOSED)
_DAY = timedelta(days=1)
# Where nobody has quiet hours, hundreds of claims need not be asked for theirs.
_ANYBODY = select(exists().where(Timetable.quiet_from.is_not(None)))


@dataclass(frozen=True, slots=True)
class _Told:
    """What an alert is; `over_at` (UTC) is when an urgent action is over."""

    kind: AlertKind
    level: Level | None
    over_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Quiet:
    """A reader's quiet hours, in which we are, and their end (UTC)."""

    until: datetime
    critical_may_wake: bool


def quiet_until(at: datetime, *, begin: time, end: time, time_zone: str) -> datetime | None:
    """The end (UTC) of the quiet hours [begin, end) in which an instant lies; None when it lies in none.

    Local times in an IANA zone; `end` is on the next day unless it is later than `begin`. A time that the clock skips
    is the instant of the jump, one that it shows twice the first of the two.
    """
    today = at.astimezone(ZoneInfo(time_zone)).date()
    # The night that began yesterday; and where the clock goes back over midnight, one that began tomorrow.
    for day in (today - _DAY, today, today + _DAY):
        last_day = day if end > begin else day + _DAY
        until = first_instant(last_day, end, time_zone)
        if first_instant(day, begin, time_zone) <= at < until:
            return until
    return None


def keep_quiet(session: Session, claims: Sequence[Claim], *, now: datetime) -> list[tuple[Claim, datetime]]:
    """Those of these claims that must wait at `now` (the database's clock), and until when.

    None waits that is no summary or alert that people follow, that is critical where the reader lets it wake them, or
    that the wait would bring to nothing: an urgent action that would be over, a try for which it would be too late.
    """
    if not session.scalar(_ANYBODY):
        return []
    quiet = _in_quiet_hours(session, {claim.destination_id for claim in claims}, now)
    if not quiet:
        return []
    those = [claim for claim in claims if claim.destination_id in quiet]
    told = _told(session, {claim.alert_id for claim in those if claim.alert_id is not None})
    waiting = []
    for claim in those:
        theirs = quiet[claim.destination_id]
        alert = told.get(claim.alert_id) if claim.alert_id is not None else None
        is_digest = claim.digest_id is not None
        can_wait = is_digest or (alert is not None and _can_wait(alert, theirs))
        if can_wait and theirs.until <= _latest_try(claim):
            waiting.append((claim, theirs.until))
    return waiting


def _in_quiet_hours(session: Session, destination_ids: Collection[UUID], now: datetime) -> Mapping[UUID, _Quiet]:
    rows = session.execute(
        select(
            Destination.id, Subscriber.time_zone, Timetable.quiet_from, Timetable.quiet_until,
            Timetable.critical_may_wake,
        )
        .join(Subscriber, Subscriber.id == Destination.subscriber_id)
        .join(Timetable, Timetable.subscriber_id == Subscriber.id)
        .where(Destination.id.in_(destination_ids), Timetable.quiet_from.is_not(None))
    )  # fmt: skip
    found = {}
    for destination_id, time_zone, begin, end, critical_may_wake in rows:
        if begin is None or end is None:
            continue
        try:
            until = quiet_until(now, begin=begin, end=end, time_zone=time_zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            # One row that cannot be read keeps nobody's messages, its own included.
            log.exception("quiet hours cannot be read", error=type(error).__name__, where=str(destination_id))
            continue
        if until is not None:
            found[destination_id] = _Quiet(until, critical_may_wake)
    return found


def _told(session: Session, alert_ids: Collection[UUID]) -> Mapping[UUID, _Told]:
    rows = session.execute(
        select(Alert.id, Alert.kind, Alert.level, UrgentAction.expires_at)
        .outerjoin(UrgentAction, UrgentAction.alert_id == Alert.id)
        .where(Alert.id.in_(alert_ids))
    )
    return {alert_id: _Told(kind, level, over_at) for alert_id, kind, level, over_at in rows}


def _can_wait(alert: _Told, quiet: _Quiet) -> bool:
    if alert.kind not in _CAN_WAIT or (alert.level is Level.CRITICAL and quiet.critical_may_wake):
        return False
    return alert.over_at is None or quiet.until < alert.over_at


def _latest_try(claim: Claim) -> datetime:
    """Until when another try is worth something: within the 72 hours, and while a repeat is known as one."""
    hold_after_s = CHANNELS[claim.channel].repeat_policy.hold_after_s
    if claim.maybe_sent and hold_after_s is not None:
        return claim.first_attempt_at + min(GIVE_UP_AFTER, timedelta(seconds=hold_after_s))
    return claim.first_attempt_at + GIVE_UP_AFTER
