"""A subscriber says when they want to be told; what is gathered and what waits follows them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
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
    from collections.abc import Iterator, Mapping
    from datetime import datetime, time

    from sqlalchemy.orm import Session

    from service.records import Subscriber

# The columns that a subscriber chooses; see records.timetables.
CHOSEN = ("digest_hour", "digest_weekday", "quiet_from", "quiet_until", "critical_may_wake")


def timetable_of(session: Session, subscriber: Subscriber) -> Timetable:
    """What this subscriber chose; for whoever chose nothing the defaults, in a row that is not stored."""
    return session.get(Timetable, subscriber.id) or Timetable(**_defaults(subscriber))


def change_timetable(
    session: Session, subscriber: Subscriber, changes: Mapping[str, Any], *, now: datetime
) -> Timetable:
    """Write these columns of the subscriber's timetable and leave the others as they are: all of it or nothing.

    What is gathered already waits for the next hour after `now` (UTC) that they want, and what waits for the end of quiet
    hours is judged anew. Raises InvalidInput with every problem, by the column's name.
    """
    chosen = timetable_of(session, subscriber)
    wanted = {name: changes.get(name, getattr(chosen, name)) for name in CHOSEN}
    if problems := list(_problems(**wanted)):
        raise InvalidInput(problems)
    timetable = _stored(session, subscriber)
    for name in changes:
        setattr(timetable, name, wanted[name])
    session.flush()
    _follow(session, subscriber, now)
    _look_again(session, subscriber)
    return timetable


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


def _problems(
    digest_hour: int, digest_weekday: int, quiet_from: time | None, quiet_until: time | None, **_: object
) -> Iterator[Problem]:
    if not 0 <= digest_hour <= 23:
        yield Problem("digest_hour", _msgid("Choose a full hour from 0 to 23"))
    if not 1 <= digest_weekday <= 7:
        yield Problem("digest_weekday", _msgid("Choose a day of the week"))
    if (quiet_from is None) != (quiet_until is None):
        where = "quiet_from" if quiet_from is None else "quiet_until"
        yield Problem(where, _msgid("Say both when the quiet hours begin and when they end"))
    elif quiet_from is not None and quiet_from == quiet_until:
        yield Problem("quiet_until", _msgid("The quiet hours cannot end when they begin"))


def _stored(session: Session, subscriber: Subscriber) -> Timetable:
    session.flush()  # the subscriber may be new
    session.execute(insert_into(session, Timetable).values(_defaults(subscriber)).on_conflict_do_nothing())
    return session.get_one(Timetable, subscriber.id, with_for_update=True)


def _defaults(subscriber: Subscriber) -> dict[str, Any]:
    return {
        "subscriber_id": subscriber.id,
        "digest_hour": DIGEST_HOUR,
        "digest_weekday": DIGEST_WEEKDAY,
        "critical_may_wake": True,
        "version": 0,
    }


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
