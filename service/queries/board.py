"""What staff see first: what is late, and whether anybody is being told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, literal_column, or_, select

from alerts.facts import FollowUp as Facts
from alerts.facts import Level, Thresholds, Tier
from alerts.overdue import days_late, level_of
from service.queries.in_hand import in_hand
from service.queries.members import granted
from service.records import Alert, Case, Delivery, FollowUp
from service.vocabulary import DatePrecision, DeliveryState, FollowUpState, Monitoring

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.queries.in_hand import InHand
    from service.security.policy import Actor

AHEAD = timedelta(days=30)
# A page that people read; what is older than these is reached through the cases.
MOST_ROWS = 300


@dataclass(frozen=True, slots=True)
class Dated:
    """One follow-up with its lateness and who has it in hand; `days` is negative before the due date.

    `due_on` None: there is no day just now, since the clock stands still. `working` is the sum by which a rule gave it.
    """

    reference: str
    country: str
    kind: str
    title: str
    basis: str
    working: str | None
    due_on: date | None
    time_zone: str
    level: Level | None
    days: int
    recurs: bool
    state: FollowUpState
    completed_on: date | None
    hand: InHand


def all_dated(session: Session, rows: Sequence[tuple[FollowUp, Case]], *, now: datetime) -> list[Dated]:
    """The follow-ups as the board shows them, with the lateness that the overdue rule gives at `now` (UTC)."""
    hands = in_hand(session, [follow_up.id for follow_up, _ in rows], now=now)
    return [_dated(follow_up, case, hands[follow_up.id], now) for follow_up, case in rows]


def _dated(follow_up: FollowUp, case: Case, hand: InHand, now: datetime) -> Dated:
    thresholds = Thresholds(
        follow_up.upcoming_days, follow_up.overdue_days, follow_up.very_overdue_days, follow_up.critical_days
    )
    known = follow_up.due_precision is not DatePrecision.UNKNOWN
    facts = Facts(due_on=follow_up.due_on, time_zone=follow_up.time_zone, thresholds=thresholds)
    return Dated(
        reference=case.reference,
        country=case.country,
        kind=follow_up.kind,
        title=follow_up.title,
        basis=follow_up.basis,
        working=follow_up.working,
        due_on=follow_up.due_on if known else None,
        time_zone=follow_up.time_zone,
        level=level_of(facts, now=now) if known and follow_up.state is FollowUpState.OPEN else None,
        days=days_late(facts, now=now),
        recurs=follow_up.recurrence_days is not None,
        state=follow_up.state,
        completed_on=follow_up.completed_on,
        hand=hand,
    )


def open_by_lateness(session: Session, actor: Actor, *, now: datetime) -> list[Dated]:
    """What is open, due within 30 days or past, in the cases this actor may read: by level, then by days, worst first."""
    query = (
        select(FollowUp, Case)
        .join(Case, Case.id == FollowUp.case_id)
        .where(FollowUp.state == FollowUpState.OPEN, FollowUp.tier != Tier.SEALED, granted(actor))
        .where(Case.monitoring != Monitoring.CLOSED, FollowUp.due_on <= (now + AHEAD).date())
        .where(FollowUp.due_precision != DatePrecision.UNKNOWN)
        .order_by(FollowUp.due_on, FollowUp.id)
        .limit(MOST_ROWS)
    )
    rows = all_dated(session, session.execute(query).all(), now=now)
    return sorted(rows, key=lambda row: (-(row.level.rank if row.level else 0), -row.days, row.reference))


def deliveries_by_state(session: Session) -> Mapping[DeliveryState, int]:
    """How many deliveries stand where; canaries tell nobody anything, and do not count."""
    canaries = select(Alert.id).where(Alert.kind == literal_column("'canary'"))
    counted = session.execute(
        select(Delivery.state, func.count())
        .where(or_(Delivery.alert_id.is_(None), Delivery.alert_id.not_in(canaries)))
        .group_by(Delivery.state)
    )
    return {row[0]: row[1] for row in counted}
