"""Whether somebody can be told: cases whose followers no channel reaches, and destinations that fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, exists, literal, or_, select, type_coerce

from alerts.facts import Tier
from service.records import Case, Destination, FollowUp, Subscription
from service.records.base import word
from service.records.subscribers import NOT_WORKING_AT, WARNED_AT
from service.vocabulary import CaseChannels, DestinationState, FollowUpState, Monitoring, SubscriptionState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

_KIND_IS_OPEN = and_(
    FollowUp.case_id == Case.id,
    FollowUp.kind == Subscription.follow_up_kind,
    FollowUp.state == FollowUpState.OPEN,
)
# One plain equality each, so that either engine can walk an index.
_FOLLOWS = (
    Subscription.case_id == Case.id,
    Subscription.country == Case.country,
    exists().where(_KIND_IS_OPEN).correlate(Case, Subscription),
)


def _is_followed_by(*which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether an active subscription with such a destination is about the case, by itself, its country or a kind."""
    following = (
        exists()
        .where(Subscription.destination_id == Destination.id, Subscription.state == SubscriptionState.ACTIVE, *which)
        .correlate(Case)
    )
    return or_(*(following.where(subject) for subject in _FOLLOWS))


_STATE: ColumnElement[Any] = case(
    (
        _is_followed_by(Destination.state == DestinationState.READY, Destination.failures < NOT_WORKING_AT),
        literal(CaseChannels.WORKING.value),
    ),
    (_is_followed_by(Destination.state != DestinationState.DISABLED), literal(CaseChannels.FAILING.value)),
    (_is_followed_by(), literal(CaseChannels.SWITCHED_OFF.value)),
    else_=literal(CaseChannels.NOBODY.value),
)
_WORD: Any = word(CaseChannels)
# Of the row of `Case` that the query looks at. A subscription that is paused, or asks for later levels, counts.
CHANNELS: ColumnElement[CaseChannels] = type_coerce(_STATE, _WORD)


class Unheard(NamedTuple):
    """A watched case of which nobody can be told."""

    reference: str
    channels: CaseChannels


def unheard_cases(session: Session, *which: ColumnElement[bool]) -> list[Unheard]:
    """The watched cases (those `which`) without one channel that works, by reference; what is sealed is never named."""
    query = (
        select(Case.reference, CHANNELS)
        .where(Case.monitoring == Monitoring.ACTIVE, Case.tier != Tier.SEALED, CHANNELS != CaseChannels.WORKING, *which)
        .order_by(Case.reference)
    )
    return [Unheard(*row) for row in session.execute(query)]


def off_by_failures(session: Session, *, since: datetime) -> Sequence[Destination]:
    """Every destination that its failures switched off at this instant (UTC, the database's clock) or later."""
    query = (
        select(Destination)
        .where(Destination.state == DestinationState.DISABLED, Destination.first_failure_at.is_not(None))
        .where(Destination.disabled_at >= since)
        .order_by(Destination.id)
    )
    return session.scalars(query).all()


def troubled_destinations(session: Session) -> Sequence[Destination]:
    """The organisation's own destinations that are off, or failed so often that their owner was warned."""
    query = (
        select(Destination)
        .where(Destination.label != "")
        .where(or_(Destination.state == DestinationState.DISABLED, Destination.failures >= WARNED_AT[0]))
        .order_by(Destination.label, Destination.id)
    )
    return session.scalars(query).all()
