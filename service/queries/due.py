"""When the check must look again, and what it announced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, literal_column, select

from service.database import instant_of
from service.records import Alert, Case, Delivery, DigestItem, FollowUp
from service.records.alerts import PRIORITIES
from service.records.deliveries import BY_MAIL, OVER_HTTP
from service.vocabulary import Monitoring

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.facts import Level


def next_due_at(session: Session) -> datetime | None:
    """The instant (UTC) at which the next open follow-up of a watched case reaches a level; None when none will."""
    return session.scalar(
        select(FollowUp.next_level_at)
        .join(Case, Case.id == FollowUp.case_id)
        .where(
            # Spelled like the index, or neither engine uses it.
            FollowUp.state == literal_column("'open'"),
            FollowUp.next_level_at.is_not(None),
            Case.monitoring == Monitoring.ACTIVE,
        )
        .order_by(FollowUp.next_level_at)
        .limit(1)
    )


def oldest_due_at(session: Session, *, by_mail: bool | None = None) -> datetime | None:
    """When the delivery that is due first is due (the database's clock); None when none is open.

    `by_mail` asks for one of the two lines. One look at the head of each line, however long it is.
    """
    lines = (BY_MAIL, OVER_HTTP) if by_mail is None else (BY_MAIL if by_mail else OVER_HTTP,)
    heads = [
        session.scalar(
            select(Delivery.due_at).where(line, Delivery.priority == priority).order_by(Delivery.due_at).limit(1)
        )
        for line in lines
        for priority in PRIORITIES
    ]
    return min((head for head in heads if head is not None), default=None)


def is_due(session: Session, *, by_mail: bool | None = None, within_s: float = 0.0) -> bool:
    """Whether a delivery can be claimed now, or within so many seconds, by the database's clock."""
    due_at = oldest_due_at(session, by_mail=by_mail)
    return due_at is not None and due_at <= instant_of(session, plus_s=within_s)


@dataclass(frozen=True, slots=True)
class Announcement:
    """One announcement, for staff: which follow-up, how late, and how many are told at once or in a digest."""

    alert_id: UUID
    case_reference: str
    kind: str
    level: Level
    due_on: date
    told: int
    in_digests: int


def announcements(session: Session, alert_ids: Collection[UUID]) -> list[Announcement]:
    """These alerts with their audience, the latest level first, then by case."""
    if not alert_ids:
        return []
    told = select(func.count()).where(Delivery.alert_id == Alert.id).scalar_subquery()
    gathered = select(func.count()).where(DigestItem.alert_id == Alert.id).scalar_subquery()
    rows = session.execute(
        select(Alert.id, Case.reference, FollowUp.kind, Alert.level, FollowUp.due_on, told, gathered)
        .join(Case, Case.id == Alert.case_id)
        .join(FollowUp, FollowUp.id == Alert.follow_up_id)
        .where(Alert.id.in_(alert_ids))
    )
    found = [Announcement(*row) for row in rows]
    return sorted(found, key=lambda one: (-one.level.rank, one.case_reference, one.due_on))
