"""Puts alerts into the digests of those who hear once a day or once a week."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, exists, func, literal, select
from sqlalchemy.orm import aliased

from service.commands.audience import IN_A_DIGEST, SUBJECTS, audience
from service.commands.digest_periods import Rhythm, period_of
from service.commands.inserting import insert_into
from service.records import Alert, Delivery, Digest, DigestItem, Subscriber, Subscription, Timetable
from service.records.base import new_id
from service.records.timetables import DIGEST_HOUR, DIGEST_WEEKDAY
from service.vocabulary import Cadence

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select, SQLColumnExpression
    from sqlalchemy.orm import Session

_hour = func.coalesce(Timetable.digest_hour, DIGEST_HOUR)
_weekday = case(
    (Subscription.cadence == Cadence.WEEKLY, func.coalesce(Timetable.digest_weekday, DIGEST_WEEKDAY)),
    else_=literal(DIGEST_WEEKDAY),
)
# Whoever was told at once, for another wish of theirs, is not told again.
_TOLD = exists().where(Delivery.alert_id == Alert.id, Delivery.destination_id == Subscription.destination_id)
_GATHERED = exists().where(DigestItem.alert_id == Alert.id, DigestItem.destination_id == Subscription.destination_id)
_Other = aliased(Digest)


@dataclass(frozen=True, slots=True)
class _Listeners:
    """Those who are to hear of these alerts for one subject in one rhythm."""

    alert_ids: Sequence[UUID]
    subject: ColumnElement[bool]
    rhythm: Rhythm
    now: datetime

    def select(self, *columns: SQLColumnExpression[Any]) -> Select[*tuple[Any, ...]]:
        """The given columns for each of them."""
        return _hearing(self.alert_ids, self.subject, *columns, now=self.now).where(
            Subscription.cadence == self.rhythm.cadence,
            Subscriber.time_zone == self.rhythm.time_zone,
            _hour == self.rhythm.hour,
            _weekday == self.rhythm.weekday,
        )


def gather_digests(session: Session, alert_ids: Sequence[UUID], *, now: datetime) -> None:
    """Add these alerts to the digests whose period holds `now` (UTC), opening those that are missing.

    An alert enters the digests of one destination at most once, and not at all where it was told at once. A period
    begins where the one before it ended, even if the subscriber has since moved the hour. Where the digest of the
    period is closed already, because the clock went back or somebody else closed it meanwhile, the next one is taken.
    """
    for subject in SUBJECTS:
        wanted = _hearing(alert_ids, subject, Subscription.cadence, Subscriber.time_zone, _hour, _weekday, now=now)
        for row in session.execute(wanted.order_by(None).distinct()).all():
            _gather(session, _Listeners(alert_ids, subject, Rhythm(*row), now))


def _hearing(
    alert_ids: Sequence[UUID], subject: ColumnElement[bool], *columns: SQLColumnExpression[Any], now: datetime
) -> Select[*tuple[Any, ...]]:
    return (
        audience(alert_ids, subject, *columns, now=now)
        .outerjoin(Timetable, Timetable.subscriber_id == Subscriber.id)
        .where(IN_A_DIGEST, ~_TOLD)
    )


def _gather(session: Session, listeners: _Listeners) -> None:
    instants = {listeners.now}
    while instants:
        at = instants.pop()
        _open_digests(session, listeners, at)
        _add_items(session, listeners, at)
        instants |= _later_ends(session, listeners, at)


def _open_digests(session: Session, listeners: _Listeners, at: datetime) -> None:
    """Open the digest that holds the instant for whoever has none and lacks an alert."""
    missing = session.execute(
        listeners.select(Subscription.subscriber_id, Subscription.destination_id, *_neighbours(listeners.rhythm, at))
        .outerjoin(Digest, _holding(listeners.rhythm, at))
        .where(Digest.id.is_(None), ~_GATHERED)
        .order_by(None)
        .distinct()
    ).all()
    period = period_of(at, listeners.rhythm)
    rows = [
        {
            "id": new_id(),
            "subscriber_id": subscriber_id,
            "destination_id": destination_id,
            "cadence": listeners.rhythm.cadence,
            "period_start": max(period.start, ended_at or period.start),
            "period_end": min(period.end, begins_at or period.end),
        }
        for subscriber_id, destination_id, ended_at, begins_at in missing
    ]
    if rows:
        session.execute(insert_into(session, Digest).on_conflict_do_nothing(), rows)


def _add_items(session: Session, listeners: _Listeners, at: datetime) -> None:
    items = (
        listeners.select(Digest.id, Alert.id, Subscription.destination_id, Subscription.id)
        .join(Digest, _holding(listeners.rhythm, at))
        .where(Digest.closed_at.is_(None))
        # Nobody closes it before the alert is in it.
        .with_for_update(read=True, of=Digest)
    )
    names = ["digest_id", "alert_id", "destination_id", "subscription_id"]
    session.execute(insert_into(session, DigestItem).from_select(names, items).on_conflict_do_nothing())


def _later_ends(session: Session, listeners: _Listeners, at: datetime) -> set[datetime]:
    """At which instants to look again for those whom a closed digest left out, or one that went meanwhile."""
    left_out = session.execute(
        listeners.select(Digest.period_end)
        .outerjoin(Digest, and_(_holding(listeners.rhythm, at), Digest.closed_at.is_not(None)))
        .where(~_GATHERED)
        .order_by(None)
        .distinct()
    )
    return {at if end is None else end for (end,) in left_out}


def _holding(rhythm: Rhythm, at: datetime) -> ColumnElement[bool]:
    """The digest of the reader's in whose period the instant lies."""
    return and_(_of_reader(Digest, rhythm), Digest.period_start <= at, Digest.period_end > at)


def _neighbours(rhythm: Rhythm, at: datetime) -> tuple[SQLColumnExpression[Any], SQLColumnExpression[Any]]:
    """Where the digest before an instant ended, and where one after it begins: the next fills no more than the gap."""
    theirs = _of_reader(_Other, rhythm)
    return (
        select(func.max(_Other.period_end)).where(theirs, _Other.period_end <= at).scalar_subquery(),
        select(func.min(_Other.period_start)).where(theirs, _Other.period_start > at).scalar_subquery(),
    )


def _of_reader(digest: Any, rhythm: Rhythm) -> ColumnElement[bool]:
    return and_(digest.destination_id == Subscription.destination_id, digest.cadence == rhythm.cadence)
