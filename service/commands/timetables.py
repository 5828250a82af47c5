"""A subscriber says when they want to be told; what is gathered and what waits follows them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select, update

from service.commands.digest_periods import Rhythm, period_of
from service.commands.inserting import insert_into
from service.commands.ringing import ring_outbox
from service.database import database_now
from service.errors import InvalidInput, Problem
from service.records import Delivery, Destination, Digest, Timetable
from service.records.timetables import DIGEST_HOUR, DIGEST_WEEKDAY

if TYPE_CHECKING:
    from datetime import datetime, time

    from sqlalchemy.orm import Session

    from service.records import Subscriber


def timetable_of(session: Session, subscriber: Subscriber) -> Timetable:
    """What this subscriber chose; for whoever chose nothing the defaults, in a row that is not stored."""
    found = session.get(Timetable, subscriber.id)
    return found or Timetable(
        subscriber_id=subscriber.id, digest_hour=DIGEST_HOUR, digest_weekday=DIGEST_WEEKDAY, critical_may_wake=True
    )


def set_digest_hour(
    session: Session, subscriber: Subscriber, *, hour: int, weekday: int | None = None, now: datetime
) -> None:
    """From now on digests close at this hour (0 to 23) of the subscriber's clock, weekly ones on this ISO weekday.

    `weekday` (1 is Monday) stays as it is when None. What is gathered already waits for the next such hour after `now`
    (UTC). Raises InvalidInput.
    """
    if problems := _with_the_hour(hour, weekday):
        raise InvalidInput(problems)
    timetable = _stored(session, subscriber)
    timetable.digest_hour = hour
    timetable.digest_weekday = timetable.digest_weekday if weekday is None else weekday
    session.flush()
    _follow(session, subscriber, now)


def set_timetable(
    session: Session,
    subscriber: Subscriber,
    *,
    hour: int,
    weekday: int,
    begin: time | None,
    end: time | None,
    critical_may_wake: bool,
    now: datetime,
) -> None:
    """Both at once, `set_digest_hour` and `set_quiet_hours`: all of it or, with every problem named, nothing.

    Raises InvalidInput.
    """
    if problems := [*_with_the_hour(hour, weekday), *_with_the_quiet(begin, end)]:
        raise InvalidInput(problems)
    set_digest_hour(session, subscriber, hour=hour, weekday=weekday, now=now)
    set_quiet_hours(session, subscriber, begin=begin, end=end, critical_may_wake=critical_may_wake)


def set_time_zone(session: Session, subscriber: Subscriber, *, time_zone: str, now: datetime) -> None:
    """The subscriber lives in another time zone (IANA) from now on; gathered digests follow as for another hour.

    Raises InvalidInput.
    """
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput([Problem("time_zone", _msgid("Choose a time zone from the list"))]) from None
    subscriber.time_zone = time_zone
    session.flush()
    _follow(session, subscriber, now)
    _look_again(session, subscriber)


def set_quiet_hours(
    session: Session,
    subscriber: Subscriber,
    *,
    begin: time | None,
    end: time | None,
    critical_may_wake: bool = True,
) -> None:
    """Send nothing that can wait from `begin` until `end` of the subscriber's clock; None for both: at any hour.

    They may pass midnight. With `critical_may_wake` a critical alert does not wait. Raises InvalidInput.
    """
    if problems := _with_the_quiet(begin, end):
        raise InvalidInput(problems)
    timetable = _stored(session, subscriber)
    timetable.quiet_from, timetable.quiet_until, timetable.critical_may_wake = begin, end, critical_may_wake
    session.flush()
    _look_again(session, subscriber)


def _with_the_hour(hour: int, weekday: int | None) -> list[Problem]:
    problems = []
    if not 0 <= hour <= 23:
        problems.append(Problem("digest_hour", _msgid("Choose a full hour from 0 to 23")))
    if weekday is not None and not 1 <= weekday <= 7:
        problems.append(Problem("digest_weekday", _msgid("Choose a day of the week")))
    return problems


def _with_the_quiet(begin: time | None, end: time | None) -> list[Problem]:
    if (begin is None) != (end is None):
        where = "quiet_from" if begin is None else "quiet_until"
        return [Problem(where, _msgid("Say both when the quiet hours begin and when they end"))]
    if begin is not None and begin == end:
        return [Problem("quiet_until", _msgid("The quiet hours cannot end when they begin"))]
    return []


def _stored(session: Session, subscriber: Subscriber) -> Timetable:
    session.flush()  # the subscriber may be new
    fresh = {
        "subscriber_id": subscriber.id,
        "digest_hour": DIGEST_HOUR,
        "digest_weekday": DIGEST_WEEKDAY,
        "critical_may_wake": True,
    }
    session.execute(insert_into(session, Timetable).values(fresh).on_conflict_do_nothing())
    return session.get_one(Timetable, subscriber.id, with_for_update=True)


def _follow(session: Session, subscriber: Subscriber, now: datetime) -> None:
    """Let the digests that are being gathered end at the next hour that the subscriber now wants.

    Each keeps its beginning, and what comes after it begins where it ends: nothing is lost, and nothing is told twice.
    """
    timetable = timetable_of(session, subscriber)
    theirs = select(Digest).where(Digest.subscriber_id == subscriber.id)
    running = session.scalars(
        theirs.where(Digest.closed_at.is_(None), Digest.period_start <= now, Digest.period_end > now)
        .order_by(Digest.id)
        .with_for_update()
    ).all()
    for digest in running:
        rhythm = Rhythm(digest.cadence, subscriber.time_zone, timetable.digest_hour, timetable.digest_weekday)
        next_begins_at = session.scalar(
            select(Digest.period_start)
            .where(
                Digest.destination_id == digest.destination_id,
                Digest.cadence == digest.cadence,
                Digest.period_start > digest.period_start,
            )
            .order_by(Digest.period_start)
            .limit(1)
        )
        end = period_of(now, rhythm).end
        digest.period_end = min(end, next_begins_at) if next_begins_at is not None else end
    session.flush()


def _look_again(session: Session, subscriber: Subscriber) -> None:
    """Let the outbox judge anew what may be waiting for the end of other quiet hours; of which nothing was tried yet."""
    theirs = select(Destination.id).where(Destination.subscriber_id == subscriber.id)
    waiting = update(Delivery).where(
        Delivery.destination_id.in_(theirs),
        Delivery.open,
        Delivery.attempts == 0,
        Delivery.due_at > database_now(),
    )
    session.execute(waiting.values(due_at=database_now()), execution_options={"synchronize_session": False})
    ring_outbox(session)


def _msgid(english: str) -> str:
    """Marks a text for the translators."""
    return english
