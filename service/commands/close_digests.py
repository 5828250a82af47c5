"""Closes the digests whose period has ended, and queues one delivery for each."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, case, delete, exists, func, literal, select, update
from sqlalchemy.orm import aliased

from alerts.facts import Tier
from service.commands.audience import EFFECTIVE_TIER
from service.commands.least_detail import LEAST_DETAIL_RANK, detail_of_rank
from service.commands.owing import QUEUED, owe
from service.commands.ranks import tier_rank
from service.records import Alert, Destination, Digest, DigestItem, Subscriber, Subscription
from service.records.alerts import PRIORITY_DIGEST

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

# Missed periods of the last seven days are caught up one by one; a month of mornings at once would be read by nobody.
CAUGHT_UP_WITHIN = timedelta(days=7)

# A digest may say what the most guarded of its subscriptions may hear.
_LEAST_TIER = case(
    *((func.min(tier_rank(EFFECTIVE_TIER)) == tier.rank, literal(tier.value)) for tier in Tier),
    else_=Tier.PUBLIC.value,
)
_COLUMNS = {
    "digest_id": Digest.id,
    "destination_id": Digest.destination_id,
    "subscription_id": func.min(DigestItem.subscription_id),
    "channel": Destination.channel,
    "language": Subscriber.language,
    "time_zone": Subscriber.time_zone,
    "tier": _LEAST_TIER,
    # One message, and so as few words as any alert in it asks for.
    "detail": detail_of_rank(func.max(LEAST_DETAIL_RANK)),
    "priority": literal(PRIORITY_DIGEST),
    **QUEUED,
}
_Older = aliased(Digest)
_Newer = aliased(Digest)


def close_digests(session: Session, *, now: datetime) -> int:
    """Close every digest whose period ended at or before `now` (UTC), each once; returns how many were queued.

    A digest exists only once something is in it, so none that is sent is empty. What one reader missed more than
    seven days ago becomes one digest.
    """
    _merge_old(session, now)
    # One to which somebody is adding an alert just now is closed at the next bell, with that alert in it.
    ended = (
        select(Digest.id).where(Digest.period_end <= now, Digest.closed_at.is_(None)).with_for_update(skip_locked=True)
    )
    session.execute(
        update(Digest).where(Digest.id.in_(ended)).values(closed_at=now),
        execution_options={"synchronize_session": False},
    )
    rows = (
        select(*_COLUMNS.values())
        .select_from(Digest)
        .join(DigestItem, DigestItem.digest_id == Digest.id)
        .join(Subscription, Subscription.id == DigestItem.subscription_id)
        .join(Alert, Alert.id == DigestItem.alert_id)
        .join(Destination, Destination.id == Digest.destination_id)
        .join(Subscriber, Subscriber.id == Digest.subscriber_id)
        .where(Digest.period_end <= now, Digest.closed_at == now)
        .group_by(Digest.id, Digest.destination_id, Destination.channel, Subscriber.language, Subscriber.time_zone)
        # What was missed is told in the order in which it happened.
        .order_by(Digest.period_end, Digest.id)
    )
    return owe(session, _COLUMNS, rows)


def _merge_old(session: Session, now: datetime) -> None:
    """Let the oldest of a reader's digests that were missed long ago take in the others: its period then ends with theirs."""
    missed_until = now - CAUGHT_UP_WITHIN
    locked = select(Digest.id).where(_is_missed(Digest, missed_until)).order_by(Digest.id).with_for_update()
    if len(session.scalars(locked).all()) < 2:
        return
    has_older = exists().where(_is_missed(_Older, missed_until), _precedes(_Older, Digest))
    _run(
        session,
        update(Digest)
        .where(_is_missed(Digest, missed_until), ~has_older)
        .values(
            period_end=select(func.max(_Newer.period_end))
            .where(_is_missed(_Newer, missed_until), _same_reader(_Newer, Digest))
            .scalar_subquery()
        ),
    )
    oldest = (
        select(_Older.id)
        .join(_Newer, _same_reader(_Newer, _Older))
        .where(_Newer.id == DigestItem.digest_id, _is_missed(_Older, missed_until))
        .order_by(_Older.period_start)
        .limit(1)
        .correlate(DigestItem)
        .scalar_subquery()
    )
    missed = select(Digest.id).where(_is_missed(Digest, missed_until))
    _run(session, update(DigestItem).where(DigestItem.digest_id.in_(missed)).values(digest_id=oldest))
    _run(session, delete(Digest).where(_is_missed(Digest, missed_until), has_older))


def _is_missed(digest: type[Digest], until: datetime) -> ColumnElement[bool]:
    return and_(digest.closed_at.is_(None), digest.period_end <= until)


def _same_reader(one: type[Digest], other: type[Digest]) -> ColumnElement[bool]:
    return and_(one.destination_id == other.destination_id, one.cadence == other.cadence)


def _precedes(one: type[Digest], other: type[Digest]) -> ColumnElement[bool]:
    return and_(_same_reader(one, other), one.period_start < other.period_start)


def _run(session: Session, statement: object) -> None:
    session.execute(statement, execution_options={"synchronize_session": False})  # type: ignore[call-overload]
