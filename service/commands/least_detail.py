"""How much may be said to one destination of one alert: what the most reticent of its wishes allows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, literal_column, or_, select
from sqlalchemy.orm import aliased

from service.commands.ranks import detail_rank
from service.records import Alert, Subscription
from service.vocabulary import Detail, SubscriptionState

_Wish = aliased(Subscription)
# Spelled like the index, or neither engine uses it: for most readers it has no row, and costs nothing to ask.
_LOWERED = _Wish.detail != literal_column("'full'")
_ABOUT_THIS = or_(
    _Wish.case_id == Alert.case_id,
    _Wish.country == Alert.country,
    _Wish.follow_up_kind == Alert.follow_up_kind,
)
_MOST_RETICENT = (
    select(func.max(detail_rank(_Wish.detail)))
    .where(
        _Wish.destination_id == Subscription.destination_id,
        _LOWERED,
        or_(_Wish.id == Subscription.id, and_(_Wish.state == SubscriptionState.ACTIVE, _ABOUT_THIS)),
    )
    .correlate(Subscription, Alert)
    .scalar_subquery()
)

# For statements that join Alert and Subscription. Counted is every active wish of the destination that is about the
# alert, paused or for graver levels though it may be: a pause does not take back how much may be said of a case.
LEAST_DETAIL_RANK: ColumnElement[int] = func.coalesce(_MOST_RETICENT, literal(Detail.FULL.rank))


def detail_of_rank(rank: Any) -> ColumnElement[str]:
    """The word for a rank; what is no rank says least."""
    return case({detail.rank: literal(detail.value) for detail in Detail}, value=rank, else_=Detail.NOTICE.value)


LEAST_DETAIL = detail_of_rank(LEAST_DETAIL_RANK)
