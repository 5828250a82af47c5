"""How often the stop sign was raised: more often than at the last look, and the look is out of date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from service.records import StopSign

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# Built once: a worker asks many times a second.
_RAISED = select(StopSign.__table__.c.raised)


def times_raised(session: Session) -> int:
    """So often, as far as this transaction sees."""
    return session.connection().execute(_RAISED).scalar() or 0
