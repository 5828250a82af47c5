"""A reader ends, pauses or takes up again all that is gathered into summaries at one address of theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select, update

from service.commands.unsubscribe import tell_elsewhere
from service.records import Destination, Subscription
from service.vocabulary import Cadence, EndedReason, SubscriptionState

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

_GATHERED = Subscription.cadence.in_([Cadence.DAILY, Cadence.WEEKLY])
_ACTIVE = Subscription.state == SubscriptionState.ACTIVE
_STOPPED = Subscription.ended_reason == EndedReason.UNSUBSCRIBED


def summaries_are_on(session: Session, destination_id: UUID) -> bool:
    """Whether anything is gathered for this address, be it paused."""
    return _any(session, _of(destination_id), _ACTIVE)


def summaries_paused_until(session: Session, destination_id: UUID, *, now: datetime) -> datetime | None:
    """When the first summary may come again (UTC), where everything gathered for this address is paused at `now`."""
    speaks = or_(Subscription.paused_until.is_(None), Subscription.paused_until <= now)
    if _any(session, _of(destination_id), _ACTIVE, speaks):
        return None
    return session.scalar(select(func.min(Subscription.paused_until)).where(_of(destination_id), _ACTIVE))


def stop_summaries(session: Session, destination_id: UUID, *, now: datetime) -> None:
    """End every subscription that is gathered for this address; doing it twice does no more.

    As with one subscription, the reader's other ways are told.
    """
    if summaries_are_on(session, destination_id):
        reader = session.get_one(Destination, destination_id).subscriber_id
        tell_elsewhere(session, [destination_id], reader, now=now)
    _change(
        session, _of(destination_id), _ACTIVE,
        state=SubscriptionState.ENDED, ended_reason=EndedReason.UNSUBSCRIBED, ended_at=now,
    )  # fmt: skip


def pause_summaries(session: Session, destination_id: UUID, *, until: datetime) -> None:
    """Gather nothing for this address until this instant (UTC); what is announced meanwhile is not owed afterwards."""
    _change(session, _of(destination_id), _ACTIVE, paused_until=until)


def take_up_summaries(session: Session, destination_id: UUID, *, now: datetime) -> bool:
    """Undo the last stop, and every pause, at `now` (UTC); False when there is nothing to take up.

    What ended with one press begins again together; what the reader ended before by itself stays ended.
    """
    if not summaries_are_on(session, destination_id):
        last = select(func.max(Subscription.ended_at)).where(_of(destination_id), _STOPPED).scalar_subquery()
        _change(
            session, _of(destination_id), _STOPPED, Subscription.confirmed_at.is_not(None), Subscription.ended_at == last,
            state=SubscriptionState.ACTIVE, ended_reason=None, ended_at=None, paused_until=None, changed_at=now,
        )  # fmt: skip
    else:
        _change(
            session, _of(destination_id), _ACTIVE, Subscription.paused_until.is_not(None),
            paused_until=None, changed_at=now,
        )  # fmt: skip
    return summaries_are_on(session, destination_id)


def _of(destination_id: UUID) -> ColumnElement[bool]:
    return (Subscription.destination_id == destination_id) & _GATHERED


def _any(session: Session, *conditions: ColumnElement[bool]) -> bool:
    return session.scalar(select(Subscription.id).where(*conditions).limit(1)) is not None


def _change(session: Session, *conditions: ColumnElement[bool], **values: Any) -> None:
    session.flush()
    session.execute(
        update(Subscription).where(*conditions).values(**values, version=Subscription.version + 1),
        execution_options={"synchronize_session": False},
    )
    session.expire_all()
