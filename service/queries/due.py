"""When the check must look again, and what it announced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Select, func, literal_column, select, type_coerce, union_all

from service.database import database_now
from service.records import Alert, Case, Delivery, DigestItem, FollowUp, UrgentAction
from service.records.alerts import PRIORITIES
from service.records.base import UtcDateTime
from service.records.deliveries import BY_MAIL, OVER_HTTP
from service.vocabulary import FollowUpState, Monitoring, UrgentActionStatus

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import TextClause
    from sqlalchemy.orm import Session

    from alerts.facts import Level


_D = Delivery.__table__.c


def next_due_at(session: Session) -> datetime | None:
    """The instant (UTC) at which something must be done next; None when nothing will.

    An open follow-up of a watched case reaches a level, the hold-back of an urgent action ends, or its last day to act.
    """
    instants = (_next_level_at(session), *(session.scalar(query) for query in _CALLS))
    return min((at for at in instants if at is not None), default=None)


_CALLS = (
    select(func.min(UrgentAction.leaves_at)).where(UrgentAction.status == UrgentActionStatus.APPROVED),
    select(func.min(UrgentAction.expires_at)).where(UrgentAction.status == UrgentActionStatus.ISSUED),
)


def _next_level_at(session: Session) -> datetime | None:
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


def _head_of(line: TextClause) -> Select[datetime | None, datetime]:
    heads = [
        select(_D.due_at).where(line, _D.priority == priority).order_by(_D.due_at).limit(1).subquery()
        for priority in PRIORITIES
    ]
    all_heads = union_all(*(select(head.c.due_at) for head in heads)).subquery()
    return select(func.min(all_heads.c.due_at), type_coerce(database_now(), UtcDateTime()))


# Built once: a worker asks many times a second.
_HEADS = {True: _head_of(BY_MAIL), False: _head_of(OVER_HTTP)}


def first_due(session: Session, *, by_mail: bool) -> tuple[datetime | None, datetime]:
    """When the delivery at the head of the line is due (None: none is open), and what the database's clock says.

    Looks at the head of the line only, however long it is.
    """
    due_at, now = session.execute(_HEADS[by_mail]).one()
    return due_at, now


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


def under_rules(session: Session) -> list[UUID]:
    """The watched cases in which a rule opened, or took over, something that is still open."""
    ruled = select(FollowUp.case_id).where(FollowUp.rule.is_not(None), FollowUp.state == FollowUpState.OPEN)
    watched = Case.monitoring == Monitoring.ACTIVE
    return list(session.scalars(select(Case.id).where(watched, Case.id.in_(ruled)).order_by(Case.id)))
