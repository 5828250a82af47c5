"""Whether what is owed still stands: the last look before it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select

from alerts.facts import Level
from alerts.overdue import is_quiet
from service.queries.urgent_standing import fallen_calls
from service.records import Alert, Case, Delivery, Destination, FollowUp, OverdueEpisode, Subscription, Suppression
from service.records.responsibility import REACHABLE, responsible
from service.vocabulary import (
    ABOUT_DESTINATIONS,
    ABOUT_FOLLOW_UPS,
    URGENT,
    AlertKind,
    ChannelName,
    DestinationState,
    Detail,
    FollowUpState,
    Monitoring,
    SubscriptionState,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session


_ENDING_WHAT_WAS_TOLD = (AlertKind.STOP_ACTION, AlertKind.CORRECTION)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one claimed delivery stands: `gone` says in plain words why it must not leave; None: it may.

    `subscription_made_at` (UTC) and `detail`, which its reader may have lowered since, are None where no subscription is
    the reason.
    """

    delivery_id: int
    time_zone: str
    channel: ChannelName
    address_sealed: str
    subscription_made_at: datetime | None
    detail: Detail | None
    gone: str | None


def standing_of(session: Session, delivery_ids: Collection[int], *, now: datetime) -> dict[int, Standing]:
    """The standing of these deliveries at `now` (UTC), in one statement, and one more for urgent actions; who was erased meanwhile is missing."""
    rows = session.execute(
        select(
            Delivery.id,
            Delivery.alert_id,
            Delivery.time_zone,
            Destination.channel,
            Destination.address_sealed,
            Destination.state.label("destination_state"),
            Suppression.reason.label("suppressed_for"),
            Subscription.created_at.label("subscription_made_at"),
            Subscription.detail,
            Subscription.state.label("subscription_state"),
            Subscription.paused_until,
            Alert.kind,
            Alert.level,
            FollowUp.state.label("follow_up_state"),
            FollowUp.due_revision,
            FollowUp.level.label("level_now"),
            FollowUp.snoozed_until,
            FollowUp.time_zone.label("facility_time_zone"),
            OverdueEpisode.acknowledged_at,
            OverdueEpisode.due_revision.label("announced_revision"),
            Case.monitoring,
        )
        .select_from(Delivery)
        .join(Destination, Destination.id == Delivery.destination_id)
        .outerjoin(
            Suppression,
            and_(
                Suppression.address_hmac == Destination.address_hmac,
                or_(Suppression.until.is_(None), Suppression.until > now),
            ),
        )
        .outerjoin(Subscription, Subscription.id == Delivery.subscription_id)
        .outerjoin(Alert, Alert.id == Delivery.alert_id)
        .outerjoin(FollowUp, FollowUp.id == Alert.follow_up_id)
        .outerjoin(
            OverdueEpisode, OverdueEpisode.id == func.coalesce(Alert.overdue_episode_id, Alert.escalated_episode_id)
        )
        .outerjoin(Case, Case.id == Alert.case_id)
        .where(Delivery.id.in_(delivery_ids))
    ).all()
    calls = {row.alert_id for row in rows if row.kind in URGENT}
    fallen = fallen_calls(session, calls, now=now) if calls else {}
    answerable = _answerable(session, [row.id for row in rows if row.kind is AlertKind.ESCALATION])
    return {
        row.id: Standing(
            delivery_id=row.id,
            time_zone=row.time_zone,
            channel=row.channel,
            address_sealed=row.address_sealed,
            subscription_made_at=row.subscription_made_at,
            detail=row.detail,
            gone=_why_gone(row, answerable, now) or fallen.get(row.alert_id),
        )
        for row in rows
    }


def _answerable(session: Session, delivery_ids: Collection[int]) -> frozenset[int]:
    """Those of these deliveries whose reader is still responsible for what they tell, and may still read the case."""
    if not delivery_ids:
        return frozenset()
    still = (
        responsible(Delivery.id, among=Delivery.id.in_(delivery_ids))
        .join(Alert, Alert.escalated_episode_id == OverdueEpisode.id)
        .join(Delivery, and_(Delivery.alert_id == Alert.id, Delivery.destination_id == REACHABLE.c.destination_id))
    )
    return frozenset(session.scalars(still))


def _why_gone(row: Row[*tuple[Any, ...]], answerable: Collection[int], now: datetime) -> str | None:
    if row.suppressed_for is not None:
        return "Nothing may be sent to this address."
    if row.destination_state is DestinationState.DISABLED:
        return "The destination is switched off."
    if row.kind in ABOUT_DESTINATIONS:
        return None
    if row.kind is AlertKind.CONFIRMATION:
        waiting = row.subscription_state is SubscriptionState.PENDING
        return None if waiting else "It is confirmed already, or not wanted any more."
    if row.destination_state is DestinationState.PENDING:
        return "The address is not confirmed."
    if row.kind is AlertKind.ESCALATION:
        return _why_nothing_is_late(row, now) or _why_it_is_not_theirs(row, answerable)
    if row.alert_id is None:
        # A digest has as many reasons as lines: each is judged when it is written.
        return None
    return _why_nobody_listens(row, now) or _why_nothing_is_late(row, now)


def _why_it_is_not_theirs(row: Row[*tuple[Any, ...]], answerable: Collection[int]) -> str | None:
    if row.acknowledged_at is not None:
        return "A member has it in hand."
    return None if row.id in answerable else "Its reader does not answer for it any more."


def _why_nobody_listens(row: Row[*tuple[Any, ...]], now: datetime) -> str | None:
    if row.kind is AlertKind.CASE_CLOSED:
        # Its subscription ended with the case.
        return None if row.monitoring is Monitoring.CLOSED else "The case is watched again."
    if row.subscription_state is not SubscriptionState.ACTIVE:
        return "The subscription has ended."
    # Whoever asked for silence was asked to write before that, or told what was wrong, and hears that it is over.
    if row.kind not in _ENDING_WHAT_WAS_TOLD and row.paused_until is not None and row.paused_until > now:
        return "The subscription is paused."
    return None


def _why_nothing_is_late(row: Row[*tuple[Any, ...]], now: datetime) -> str | None:
    if row.kind not in ABOUT_FOLLOW_UPS:
        return None
    if row.monitoring is not Monitoring.ACTIVE:
        return "The case is not watched any more."
    if row.follow_up_state is not FollowUpState.OPEN:
        return f"The follow-up is {row.follow_up_state or 'gone'}."
    if row.due_revision != row.announced_revision:
        return "The date was moved."
    return _why_not_now(row, now)


def _why_not_now(row: Row[*tuple[Any, ...]], now: datetime) -> str | None:
    rank_now = row.level_now.rank if row.level_now else 0
    if row.level is not None and row.level.rank > rank_now:
        return "It is not as late as that any more."
    if row.level is not Level.CRITICAL and is_quiet(row.snoozed_until, row.facility_time_zone, now=now):
        return "The follow-up is snoozed."
    return None


@dataclass(frozen=True, slots=True)
class ToldAlert:
    """An alert as the worker tells it; `facts` is what `Alert.facts` keeps."""

    id: UUID
    kind: AlertKind
    facts: dict[str, object]
    created_at: datetime
    case_id: UUID | None = None


def alerts_to_tell(session: Session, alert_ids: Collection[UUID]) -> dict[UUID, ToldAlert]:
    """These alerts, each once, however many are owed them."""
    columns = (Alert.id, Alert.kind, Alert.facts, Alert.created_at, Alert.case_id)
    rows = session.execute(select(*columns).where(Alert.id.in_(alert_ids)))
    return {row.id: ToldAlert(*row) for row in rows}
