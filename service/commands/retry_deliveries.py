"""Puts dead and held deliveries back in line, because somebody of the staff decided so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from service.commands.audit import audit
from service.commands.ringing import ring_outbox
from service.database import database_now
from service.records import Delivery
from service.vocabulary import DeliveryState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.security.encryption import Vault

RETRIABLE = (DeliveryState.DEAD, DeliveryState.HELD)
# As many as one statement may name and one transaction keep to itself: the audit is written one by one.
MOST_AT_ONCE = 200

NO_SUCH = "There is no such delivery."
MEANWHILE = "It changed just now. Look at it again."
_NOT_AGAIN: Mapping[DeliveryState, str] = {
    DeliveryState.ACCEPTED: "The receiving server has accepted it, and what is accepted is never sent again.",
    DeliveryState.CANCELLED: "It was cancelled, because what it says no longer stood.",
    DeliveryState.QUEUED: "It waits for its next try already.",
    DeliveryState.UNKNOWN: "It waits for its next try already.",
    DeliveryState.SENDING: "It is being sent at this moment.",
}

_D = Delivery.__table__.c


@dataclass(frozen=True, slots=True)
class Retried:
    """The ids that are queued again, and why each of the others is not."""

    queued: tuple[int, ...]
    refused: Mapping[int, str]


def retry(
    session: Session, delivery_ids: Collection[int], *, gone: Mapping[int, str], now: datetime, by: str, vault: Vault
) -> Retried:
    """Queue those of these deliveries that are dead or held, at most 200 in a call; each with the key that it had.

    `gone` says which no longer stand, and why (`why_not` of the last look); they stay as they are. The numbers of tries
    go on, and the 72 hours of trying begin anew, as do the hours in which a channel can tell a repeat: somebody decided
    that it is to be sent. Whoever comes second, be it at the same instant, finds nothing to queue.
    """
    if len(delivery_ids) > MOST_AT_ONCE:
        raise ValueError(f"{len(delivery_ids)} deliveries are more than one transaction should hold")
    queued = _queue(session, [one for one in delivery_ids if one not in gone], by)
    for one in queued:
        audit(
            session, at=now, actor=by, action="retry", record="delivery", record_id=str(one.id),
            detail={"tries": one.attempts, "maybe_sent": one.maybe_sent}, key=vault.audit_key,
        )  # fmt: skip
    if queued:
        ring_outbox(session)
    ids = tuple(one.id for one in queued)
    return Retried(ids, _why_others_not(session, set(delivery_ids).difference(ids), gone))


def _queue(session: Session, delivery_ids: Collection[int], by: str) -> Sequence[Any]:
    taken = session.execute(
        update(Delivery)
        # The state is asked for in the statement itself: what was claimed, accepted or queued meanwhile is left alone.
        .where(_D.id.in_(delivery_ids), _D.state.in_(RETRIABLE))
        .values(
            state=DeliveryState.QUEUED,
            open=True,
            due_at=database_now(),
            first_attempt_at=None,
            lease_token=None,
            finished_at=None,
            reason=f"Queued again by {by}.",
        )
        .returning(_D.id, _D.attempts, _D.maybe_sent)
        .execution_options(synchronize_session=False)
    )
    return sorted(taken, key=lambda row: row.id)


def _why_others_not(session: Session, delivery_ids: Collection[int], gone: Mapping[int, str]) -> dict[int, str]:
    rows = session.execute(select(_D.id, _D.state).where(_D.id.in_(delivery_ids)))
    states = {row.id: row.state for row in rows}
    return {one: _why_not(states.get(one), gone.get(one)) for one in sorted(delivery_ids)}


def _why_not(state: DeliveryState | None, gone: str | None) -> str:
    if state is None:
        return NO_SUCH
    return _NOT_AGAIN.get(state) or gone or MEANWHILE
