"""The alerts in a digest whose reader still wants to hear of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from alerts.facts import Tier
from service.records import Alert, Case, Delivery, DigestItem, FollowUp, OverdueEpisode, Subscription
from service.vocabulary import DeliveryState, FollowUpState, Monitoring, SubscriptionState

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from alerts.facts import Level

_Newer = aliased(Alert)

# Told at once of the same date since, which only what is critical is: the lesser news would only be stale.
_OVERTAKEN = exists().where(
    _Newer.follow_up_id == Alert.follow_up_id,
    _Newer.overdue_episode_id.is_not(None),
    _Newer.id != Alert.id,
    _Newer.created_at >= Alert.created_at,
    Delivery.alert_id == _Newer.id,
    Delivery.destination_id == DigestItem.destination_id,
    Delivery.state.not_in((DeliveryState.DEAD, DeliveryState.CANCELLED)),
)


@dataclass(frozen=True, slots=True)
class Gathered:
    """One alert with how its follow-up stands now, and by which subscriptions its reader follows it.

    `subscription_id` is the oldest of them; `case_subscription_id` the oldest to this very case, None if there is none.
    """

    alert: Alert
    level_now: Level | None
    snoozed_until: date | None
    facility_time_zone: str
    subscription_id: int
    case_subscription_id: int | None


def gathered(session: Session, digest_id: UUID, *, tier: Tier, now: datetime) -> list[Gathered]:
    """What a digest holds of follow-ups that are open at the announced date, oldest first.

    Its reader follows it while any subscription of that destination does that is active, not paused at `now` (UTC), and
    may hear what is said at this tier, be it not the one for which it was gathered.
    """
    case_subscription = func.min(Subscription.id).filter(Subscription.case_id.is_not(None))
    followed = (
        select(Alert.id, func.min(Subscription.id).label("any_id"), case_subscription.label("case_id"))
        .join(DigestItem, DigestItem.alert_id == Alert.id)
        .join(Subscription, Subscription.destination_id == DigestItem.destination_id)
        .where(DigestItem.digest_id == digest_id, _follows(tier), ~_OVERTAKEN)
        .where(
            Subscription.state == SubscriptionState.ACTIVE,
            or_(Subscription.paused_until.is_(None), Subscription.paused_until <= now),
        )
        .group_by(Alert.id)
        .subquery()
    )
    rows = session.execute(
        select(Alert, FollowUp.level, FollowUp.snoozed_until, FollowUp.time_zone, followed.c.any_id, followed.c.case_id)
        .join(followed, followed.c.id == Alert.id)
        .join(FollowUp, FollowUp.id == Alert.follow_up_id)
        .join(OverdueEpisode, OverdueEpisode.id == Alert.overdue_episode_id)
        .join(Case, Case.id == Alert.case_id)
        .where(
            FollowUp.state == FollowUpState.OPEN,
            FollowUp.due_revision == OverdueEpisode.due_revision,
            Case.monitoring == Monitoring.ACTIVE,
        )
        .order_by(Alert.created_at, Alert.id)
    )
    return [Gathered(*row) for row in rows]


def _follows(tier: Tier) -> ColumnElement[bool]:
    # Whoever follows a kind learns the kind from being told at all, so it must be one that their tier is told.
    may_learn_kind = or_(
        literal(tier.rank > Tier.PUBLIC.rank), Alert.facts[("public", "kind")].as_string() == Alert.follow_up_kind
    )
    return and_(
        Subscription.tier.in_([one for one in Tier if one.rank >= tier.rank]),
        or_(
            Subscription.case_id == Alert.case_id,
            Subscription.country == Alert.country,
            and_(Subscription.follow_up_kind == Alert.follow_up_kind, may_learn_kind),
        ),
    )
