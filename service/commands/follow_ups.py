"""The verbs of a follow-up: it is opened, moved, completed, waived or cancelled."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from service.commands.audit import audit
from service.commands.due_dates import known_kind, lift_snooze, plan_next_look, set_due, take_thresholds
from service.errors import Conflict, InvalidInput, Problem
from service.records import FollowUp
from service.records.base import new_id
from service.vocabulary import DatePrecision, FollowUpState

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.facts import Tier
    from service.records import Case
    from service.security.encryption import Vault


def open_follow_up(
    session: Session,
    case: Case,
    *,
    kind: str,
    title: str,
    basis: str,
    due_on: date,
    due_precision: DatePrecision = DatePrecision.DAY,
    person_id: UUID | None = None,
    tier: Tier | None = None,
    recurrence_days: int | None = None,
    follow_up_id: UUID | None = None,
    now: datetime,
    by: str,
    vault: Vault,
) -> FollowUp:
    """Open a follow-up with the kind's thresholds; `due_on` is a calendar day in the case's time zone.

    `tier` None takes the kind's own. A date of month or year precision counts as its last day.
    Raises InvalidInput for an unknown kind.
    """
    defaults = known_kind(kind)
    follow_up = FollowUp(
        id=follow_up_id or new_id(),
        case_id=case.id,
        person_id=person_id,
        title=title,
        basis=basis,
        tier=tier or defaults.tier,
        due_on=due_precision.latest(due_on),
        due_precision=due_precision,
        due_revision=1,
        time_zone=case.time_zone,
        recurrence_days=recurrence_days,
        state=FollowUpState.OPEN,
        level=None,
        created_at=now,
        updated_at=now,
    )
    take_thresholds(follow_up, defaults)
    plan_next_look(follow_up)
    session.add(follow_up)
    written(session, follow_up, "open", {"kind": kind, "due_on": str(follow_up.due_on)}, now, by, vault)
    return follow_up


def move(
    session: Session, follow_up: FollowUp, *, due_on: date, reason: str, now: datetime, by: str, vault: Vault
) -> None:
    """Give it another day (in its time zone), which is announced anew; its own day changes nothing.

    Raises Conflict unless it is open.
    """
    require_open(follow_up, "moved")
    if follow_up.due_on == due_on and follow_up.due_precision is DatePrecision.DAY:
        return
    detail = {"from": str(follow_up.due_on), "to": str(due_on), "reason": reason}
    set_due(follow_up, due_on=due_on, precision=DatePrecision.DAY)
    written(session, follow_up, "move", detail, now, by, vault)


def complete(session: Session, follow_up: FollowUp, *, evidence: str, now: datetime, by: str, vault: Vault) -> None:
    """It has happened; `evidence` says how we know.

    One that recurs stays open and is due again `recurrence_days` after today in its time zone.
    Raises Conflict unless it is open.
    """
    require_open(follow_up, "completed")
    today = now.astimezone(ZoneInfo(follow_up.time_zone)).date()
    follow_up.completed_on = today
    follow_up.evidence = evidence
    if follow_up.recurrence_days is None:
        _close(follow_up, FollowUpState.DONE)
    else:
        next_due_on = today + timedelta(days=follow_up.recurrence_days)
        set_due(follow_up, due_on=next_due_on, precision=DatePrecision.DAY)
    detail = {"on": str(today), "due_revision": follow_up.due_revision}
    written(session, follow_up, "complete", detail, now, by, vault)


def waive(session: Session, follow_up: FollowUp, *, reason: str, now: datetime, by: str, vault: Vault) -> None:
    """It will not happen, and that is accepted for a stated reason. Raises Conflict unless it is open."""
    _close_for_a_reason(session, follow_up, FollowUpState.WAIVED, reason, now, by, vault)


def cancel(session: Session, follow_up: FollowUp, *, reason: str, now: datetime, by: str, vault: Vault) -> None:
    """It should never have been opened, or has lost its object. Raises Conflict unless it is open."""
    _close_for_a_reason(session, follow_up, FollowUpState.CANCELLED, reason, now, by, vault)


def _close_for_a_reason(
    session: Session, follow_up: FollowUp, state: FollowUpState, reason: str, now: datetime, by: str, vault: Vault
) -> None:
    require_open(follow_up, state.value)
    if not reason.strip():
        raise InvalidInput([Problem("reason", "Say why.")])
    follow_up.waiver_reason = reason
    _close(follow_up, state)
    written(session, follow_up, {FollowUpState.WAIVED: "waive"}.get(state, "cancel"), {}, now, by, vault)


def _close(follow_up: FollowUp, state: FollowUpState) -> None:
    follow_up.state = state
    follow_up.level = None
    lift_snooze(follow_up)
    plan_next_look(follow_up)


def require_open(follow_up: FollowUp, verb: str) -> None:
    """Raise Conflict, which names the verb's participle, when it is closed."""
    if follow_up.state is not FollowUpState.OPEN:
        raise Conflict(f"this follow-up is {follow_up.state.value} and cannot be {verb}")


def written(
    session: Session, follow_up: FollowUp, action: str, detail: dict[str, Any], now: datetime, by: str, vault: Vault
) -> None:
    """Write it down with its audit entry; raises StaleDataError when somebody else was quicker."""
    follow_up.updated_at = now
    session.flush()
    audit(
        session, at=now, actor=by, action=action, record="follow_up", record_id=str(follow_up.id), detail=detail,
        key=vault.audit_key,
    )  # fmt: skip
