"""Tells waiting workers, at the commit, that the outbox holds something new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from service.commands.inserting import is_postgresql

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

OUTBOX_CHANNEL = "vigil_outbox"


def ring_outbox(session: Session) -> None:
    """Notify listeners when this transaction commits; on SQLite the file itself tells them."""
    if is_postgresql(session):
        session.execute(select(func.pg_notify(OUTBOX_CHANNEL, "")))
