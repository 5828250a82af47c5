"""Members say when the organisation's own readers are told, for a room has nobody who would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from service.commands.audit import audit
from service.commands.timetables import change_timetable
from service.errors import Conflict
from service.records import Destination

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.records import Subscriber, Timetable
    from service.security.encryption import Vault


def reader_without_page(session: Session, destination: Destination) -> Subscriber:
    """Those who read what goes to this destination of the organisation's.

    Raises Conflict where one of the ways to them is a person's own: they choose on their own page, and nobody else looks.
    """
    own = select(Destination.id).where(Destination.subscriber_id == destination.subscriber_id, Destination.label == "")
    if session.scalar(own.limit(1)) is not None:
        raise Conflict("Its reader has a page of their own and chooses their hours there.")
    return destination.subscriber


def change_timetable_of(
    session: Session, destination: Destination, changes: Mapping[str, Any], *, now: datetime, by: str, vault: Vault
) -> Timetable:
    """Change the timetable of this destination's readers, and so of each other way to them (`change_timetable`).

    Raises InvalidInput, and Conflict as `reader_without_page` does.
    """
    reader = reader_without_page(session, destination)
    timetable = change_timetable(session, reader, changes, now=now)
    audit(
        session, at=now, actor=by, action="change_timetable", record="destination", record_id=str(destination.id),
        detail={"columns": sorted(changes)}, key=vault.audit_key,
    )  # fmt: skip
    return timetable
