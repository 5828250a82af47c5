"""Whether somebody can be told: cases whose followers no channel reaches, and destinations that fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import CTE, ColumnElement, and_, case, func, literal, or_, select, type_coerce

from alerts.facts import Tier
from service.records import Case, Destination, FollowUp, Subscription
from service.records.base import word
from service.records.subscribers import NOT_WORKING_AT, WARNED_AT
from service.vocabulary import CaseChannels, DestinationState, FollowUpState, Monitoring, SubscriptionState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import InstrumentedAttribute, Session

_WORKS, _FAILS, _IS_OFF = 3, 2, 1
_RANK = case(
    (and_(Destination.state == DestinationState.READY, Destination.failures < NOT_WORKING_AT), _WORKS),
    (Destination.state != DestinationState.DISABLED, _FAILS),
    else_=_IS_OFF,
)


def _best(subject: InstrumentedAttribute[Any], name: str) -> CTE:
    """How well the best of the active subscriptions to each of these subjects is served, worked out once for them all."""
    return (
        select(subject.label("subject"), func.max(_RANK).label("rank"))
        .join(Destination, Destination.id == Subscription.destination_id)
        .where(Subscription.state == SubscriptionState.ACTIVE, subject.is_not(None))
        .group_by(subject)
        .cte(name)
        .prefix_with("MATERIALIZED")
    )


_BY_CASE = _best(Subscription.case_id, "by_case")
_BY_COUNTRY = _best(Subscription.country, "by_country")
_BY_KIND = _best(Subscription.follow_up_kind, "by_kind")
_OF_ITS_KINDS = (
    select(func.max(_BY_KIND.c.rank))
    .join(FollowUp, FollowUp.kind == _BY_KIND.c.subject)
    .where(FollowUp.case_id == Case.id, FollowUp.state == FollowUpState.OPEN)
    .correlate(Case)
    .scalar_subquery()
)


def _some_is(rank: int) -> ColumnElement[bool]:
    return or_(_BY_CASE.c.rank == rank, _BY_COUNTRY.c.rank == rank, literal(rank) == _OF_ITS_KINDS)


_WORD: Any = word(CaseChannels)
# `case_id` and `channels` of every case. A subscription that is paused, or asks for later levels, counts as any other.
CHANNELS = (
    select(
        Case.id.label("case_id"),
        type_coerce(
            case(
                (_some_is(_WORKS), literal(CaseChannels.WORKING.value)),
                (_some_is(_FAILS), literal(CaseChannels.FAILING.value)),
                (_some_is(_IS_OFF), literal(CaseChannels.SWITCHED_OFF.value)),
                else_=literal(CaseChannels.NOBODY.value),
            ),
            _WORD,
        ).label("channels"),
    )
    .outerjoin(_BY_CASE, _BY_CASE.c.subject == Case.id)
    .outerjoin(_BY_COUNTRY, _BY_COUNTRY.c.subject == Case.country)
    .subquery("channels_of_cases")
)


class Unheard(NamedTuple):
    """A watched case of which nobody can be told."""

    reference: str
    channels: CaseChannels


def unheard_cases(session: Session, *which: ColumnElement[bool]) -> list[Unheard]:
    """The watched cases (those `which`) without one channel that works, by reference; what is sealed is never named."""
    query = (
        select(Case.reference, CHANNELS.c.channels)
        .join(CHANNELS, CHANNELS.c.case_id == Case.id)
        .where(Case.monitoring == Monitoring.ACTIVE, Case.tier != Tier.SEALED, *which)
        .where(CHANNELS.c.channels != CaseChannels.WORKING)
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
