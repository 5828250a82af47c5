"""Whether a version of an urgent action still stands: stop beats start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from service.records import Case, Footing, UrgentAction
from service.records.evidence import carried
from service.records.urgent_actions import RESTING
from service.statements import mark_of, statements_of
from service.vocabulary import Monitoring, UrgentActionKind, UrgentActionStatus

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

_Later = aliased(UrgentAction)
_NO_LONGER = {
    UrgentActionStatus.EXPIRED: "The last day to act has passed.",
    UrgentActionStatus.SUSPENDED: "The urgent action is suspended.",
    UrgentActionStatus.CLOSED: "The urgent action is closed.",
}


def fallen_calls(session: Session, alert_ids: Collection[UUID], *, now: datetime) -> dict[UUID, str]:
    """Those of these alerts that are urgent actions and must not leave at `now` (UTC), each with the reason."""
    superseded = (
        exists()
        .where(
            _Later.year == UrgentAction.year,
            _Later.given == UrgentAction.given,
            _Later.edition > UrgentAction.edition,
            _Later.issued_at.is_not(None),
        )
        .correlate(UrgentAction)
    )
    rows = session.execute(
        select(UrgentAction, superseded, Case.monitoring)
        .join(Case, Case.id == UrgentAction.case_id)
        .where(UrgentAction.alert_id.in_(alert_ids))
        .execution_options(populate_existing=True)
    )
    found = {}
    for action, is_superseded, monitoring in rows:
        reason = "A later version of it is out." if is_superseded else _why(session, action, monitoring, now)
        if reason is not None and action.alert_id is not None:
            found[action.alert_id] = reason
    return found


def _why(session: Session, action: UrgentAction, monitoring: Monitoring, now: datetime) -> str | None:
    # A call to stop is never out of date, and least of all when the case is closed.
    if action.kind is UrgentActionKind.STOP_ACTION:
        return None
    if action.status is not UrgentActionStatus.ISSUED:
        return _NO_LONGER.get(action.status, "It was never issued.")
    if action.expires_at is not None and action.expires_at <= now:
        return _NO_LONGER[UrgentActionStatus.EXPIRED]
    if monitoring is not Monitoring.ACTIVE:
        return "The case is not watched any more."
    return None if is_founded(session, action) else "An assertion on which it rests has lost its ground."


def is_founded(session: Session, action: UrgentAction) -> bool:
    """Whether every sentence still rests on an assertion; a stop action, which asks for nothing, needs none."""
    if action.kind is UrgentActionKind.STOP_ACTION:
        return True
    marks = set(session.scalars(carried(Footing.statement_mark, case_ids=[action.case_id])))
    said = (getattr(action, field) or "" for field in RESTING)
    return all(mark_of(statement) in marks for text in said for statement in statements_of(text))
