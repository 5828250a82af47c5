"""A mail came back: it is held against its mailbox, which is asked by a probe, and switched off when that comes back too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from alerts.bounces import STALE_AFTER, Points, counts, is_enough, is_hard
from alerts.destination_facts import OffReason
from service.commands.destination_failures import switch_off
from service.commands.inserting import insert_into
from service.commands.queue_personal import queue_personal
from service.commands.tell_owners import disabled, tell_owners
from service.records import BounceScore, Delivery, Destination
from service.records.alerts import PRIORITY_ALERT
from service.vocabulary import AlertKind, DestinationState, MailTakenIn

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

_WORDS = {
    OffReason.NO_SUCH_ADDRESS: "The mail server says that there is no such address.",
    OffReason.CAME_BACK: "Mail to it came back, and so did the question whether it works.",
}


def note_bounce(
    session: Session, delivery: Delivery, *, status: str | None, now: datetime, audit_key: bytes
) -> MailTakenIn:
    """Note at `now` (UTC) that this delivery came back with this status (RFC 3463; None: it has none).

    The delivery stays accepted. One point a day is held against the mailbox; at five, or when its server says that it
    is not there, it gets a probe, one in seven days; when the probe comes back it is switched off and its owner told.
    """
    session.execute(
        update(Delivery)
        .where(Delivery.id == delivery.id)
        .values(bounced_at=func.coalesce(Delivery.bounced_at, now))
        .execution_options(synchronize_session=False)
    )
    destination = session.get_one(Destination, delivery.destination_id)
    if not counts(status) or destination.state is DestinationState.DISABLED:
        return MailTakenIn.BOUNCE
    score = _score_of(session, destination)
    if score.probe_id == delivery.id:
        _give_up(session, destination, hard=is_hard(status), now=now, audit_key=audit_key)
        return MailTakenIn.SWITCHED_OFF
    points = Points(score.points, score.last_at).with_one_more(now)
    score.points, score.last_at = points.count, points.last_at
    asked = score.probed_at is not None and now - score.probed_at <= STALE_AFTER
    # Whoever never confirmed is not asked anything twice.
    may_ask = destination.state is DestinationState.READY and not asked
    if may_ask and is_enough(points, status):
        probe = queue_personal(session, destination, AlertKind.BOUNCE_PROBE, {}, now=now, priority=PRIORITY_ALERT)
        score.probe_id, score.probed_at = probe.id, now
        session.flush()
        return MailTakenIn.PROBED
    session.flush()
    return MailTakenIn.BOUNCE


def _score_of(session: Session, destination: Destination) -> BounceScore:
    """The mailbox's score, which nobody else changes meanwhile; what stood there before it was switched on again is forgotten."""
    fresh = insert_into(session, BounceScore).values(destination_id=destination.id, points=0)
    session.execute(fresh.on_conflict_do_nothing(index_elements=["destination_id"]))
    query = select(BounceScore).where(BounceScore.destination_id == destination.id).with_for_update()
    score = session.scalars(query.execution_options(populate_existing=True)).one()
    since = max((at for at in (destination.enabled_at, destination.verified_at) if at is not None), default=None)
    if since is not None and score.last_at is not None and score.last_at < since:
        score.points, score.last_at, score.probe_id, score.probed_at = 0, None, None, None
    return score


def _give_up(session: Session, destination: Destination, *, hard: bool, now: datetime, audit_key: bytes) -> None:
    reason = OffReason.NO_SUCH_ADDRESS if hard else OffReason.CAME_BACK
    off = switch_off(session, {destination.id: (reason, _WORDS[reason])}, now=now, audit_key=audit_key)
    tell_owners(session, [disabled(row.id, row.subscriber_id, reason=reason, at=now) for row in off], now=now)
