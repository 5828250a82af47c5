"""Puts alerts into the digests of those who hear once a day or once a week."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_

from service.commands.audience import IN_A_DIGEST, SUBJECTS, audience
from service.commands.digest_periods import period_of
from service.commands.inserting import insert_into
from service.records import Alert, Digest, DigestItem, Subscriber, Subscription
from service.records.base import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from service.commands.digest_periods import Period
    from service.vocabulary import Cadence


def gather_digests(session: Session, alert_ids: Sequence[UUID], *, now: datetime) -> None:
    """Add these alerts to the open digests that the period of `now` (UTC) asks for, opening those that are missing.

    An alert enters the digests of one destination at most once. Where the period's digest is closed already, because
    the clock went back or somebody else closed it meanwhile, the alert waits for the next one.
    """
    for subject in SUBJECTS:
        periods = session.execute(
            audience(alert_ids, subject, Subscription.cadence, Subscriber.time_zone, now=now)
            .where(IN_A_DIGEST)
            .order_by(None)
            .distinct()
        ).all()
        for cadence, time_zone in periods:
            period = period_of(now, cadence=cadence, time_zone=time_zone)
            listening = (IN_A_DIGEST, Subscription.cadence == cadence, Subscriber.time_zone == time_zone)
            while True:
                _open_digests(session, alert_ids, subject, listening, cadence, period, now=now)
                _add_items(session, alert_ids, subject, listening, cadence, period, now=now)
                if not _came_too_late(session, alert_ids, subject, listening, cadence, period, now=now):
                    break
                period = period_of(period.end, cadence=cadence, time_zone=time_zone)


def _add_items(
    session: Session,
    alert_ids: Sequence[UUID],
    subject: ColumnElement[bool],
    listening: tuple[ColumnElement[bool], ...],
    cadence: Cadence,
    period: Period,
    *,
    now: datetime,
) -> None:
    items = (
        audience(alert_ids, subject, Digest.id, Alert.id, Subscription.destination_id, Subscription.id, now=now)
        .join(Digest, _digest_of(cadence, period))
        .where(*listening, Digest.closed_at.is_(None))
        # Nobody closes it before the alert is in it.
        .with_for_update(read=True, of=Digest)
    )
    names = ["digest_id", "alert_id", "destination_id", "subscription_id"]
    session.execute(insert_into(session, DigestItem).from_select(names, items).on_conflict_do_nothing())


def _came_too_late(
    session: Session,
    alert_ids: Sequence[UUID],
    subject: ColumnElement[bool],
    listening: tuple[ColumnElement[bool], ...],
    cadence: Cadence,
    period: Period,
    *,
    now: datetime,
) -> bool:
    left_out = (
        audience(alert_ids, subject, Digest.id, now=now)
        .join(Digest, _digest_of(cadence, period))
        .outerjoin(
            DigestItem,
            (DigestItem.destination_id == Subscription.destination_id) & (DigestItem.alert_id == Alert.id),
        )
        .where(*listening, Digest.closed_at.is_not(None), DigestItem.alert_id.is_(None))
        .order_by(None)
        .limit(1)
    )
    return session.execute(left_out).first() is not None


def _digest_of(cadence: Cadence, period: Period) -> ColumnElement[bool]:
    return and_(
        Digest.destination_id == Subscription.destination_id,
        Digest.cadence == cadence,
        Digest.period_start == period.start,
    )


def _open_digests(
    session: Session,
    alert_ids: Sequence[UUID],
    subject: ColumnElement[bool],
    listening: tuple[ColumnElement[bool], ...],
    cadence: Cadence,
    period: Period,
    *,
    now: datetime,
) -> None:
    missing = session.execute(
        audience(alert_ids, subject, Subscription.subscriber_id, Subscription.destination_id, now=now)
        .outerjoin(Digest, _digest_of(cadence, period))
        .where(*listening, Digest.id.is_(None))
        .order_by(None)
        .distinct()
    ).all()
    if missing:
        rows = [
            {
                "id": new_id(),
                "subscriber_id": subscriber_id,
                "destination_id": destination_id,
                "cadence": cadence,
                "period_start": period.start,
                "period_end": period.end,
            }
            for subscriber_id, destination_id in missing
        ]
        session.execute(insert_into(session, Digest).on_conflict_do_nothing(), rows)
