"""Stops what is queued: in one statement, however many it is, and before the last look of whoever holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from service.commands.inserting import insert_into
from service.database import instant_of
from service.records import Delivery, StopSign
from service.records.stop_signs import THE_ONE
from service.vocabulary import DeliveryState

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

_D = Delivery.__table__.c
_TABLE = StopSign.__table__


def cancel_deliveries(session: Session, which: ColumnElement[bool], *, reason: str) -> int:
    """Cancel the open deliveries for which the condition holds, claimed ones too; returns how many.

    What a receiver is taking in at this moment is recorded as accepted all the same. Whatever a worker has claimed and
    not begun is looked at again, because the stop sign is raised.
    """
    # In the order of their ids: an UPDATE by itself locks in any order, and workers lock in this one.
    mine = select(_D.id).where(_D.open, which).order_by(_D.id).with_for_update()
    cancelled = session.execute(
        update(Delivery)
        .where(_D.id.in_(mine))
        .values(
            state=DeliveryState.CANCELLED,
            open=False,
            lease_token=None,
            reason=reason,
            finished_at=instant_of(session),
        ),
        execution_options={"synchronize_session": False, "preserve_rowcount": True},
    )
    count: int = cancelled.rowcount  # type: ignore[attr-defined] # a cursor result
    # What a worker holds is open too, so where there is none nobody need look again.
    if count:
        raise_stop_sign(session)
    return count


def raise_stop_sign(session: Session) -> None:
    """Have every worker look again at what it has prepared, from the commit of this transaction on."""
    insert = insert_into(session, StopSign).values(id=THE_ONE, raised=1)
    session.execute(insert.on_conflict_do_update(index_elements=[_TABLE.c.id], set_={"raised": _TABLE.c.raised + 1}))
