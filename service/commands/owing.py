"""Queues deliveries for everybody whom one statement finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import false, literal, true

from service.commands.inserting import insert_into
from service.commands.ringing import ring_outbox
from service.database import database_now
from service.records import Delivery
from service.vocabulary import DeliveryState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

# How a delivery begins, whoever it is owed to.
QUEUED: Mapping[str, Any] = {
    "state": literal(DeliveryState.QUEUED.value),
    "open": true(),
    "attempts": literal(0),
    "maybe_sent": false(),
    "due_at": database_now(),
}


def owe(session: Session, columns: Mapping[str, Any], to: Select[Any]) -> int:
    """Queue one delivery for each row of `to`, which selects these columns; returns how many are new.

    One alert is owed to one destination once, however often this runs.
    """
    statement = insert_into(session, Delivery).from_select(list(columns), to).on_conflict_do_nothing()
    queued: int = session.execute(statement, execution_options={"preserve_rowcount": True}).rowcount  # type: ignore[attr-defined] # a cursor result
    if queued:
        ring_outbox(session)
    return queued
