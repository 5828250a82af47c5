"""Alerts as plain rows, for tests of who is told of them and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.facts import Level, Tier
from service.records import Alert
from service.records.base import new_id
from service.vocabulary import AlertKind

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.records import Case


def make_alert(session: Session, case: Case, *, at: datetime, level: Level = Level.OVERDUE) -> Alert:
    """An alert of a follow-up of this case, written at this instant."""
    alert = Alert(
        dedupe_key=str(new_id()),
        kind=AlertKind.FOLLOW_UP,
        tier=Tier.PUBLIC,
        case_id=case.id,
        country=case.country,
        follow_up_kind="complaint_reply",
        level=level,
        facts={},
        created_at=at,
    )
    session.add(alert)
    session.flush()
    return alert
