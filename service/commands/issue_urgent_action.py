"""An approved version goes out when its hold-back is over, and is over itself when its last day to act has passed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import insert, select

from alerts.facts import Tier
from service.commands.fan_out import fan_out
from service.commands.issue_checks import why_not_issued
from service.commands.later_versions import OUT, UNSENT, versions_of
from service.commands.stop_queued import cancel_deliveries
from service.commands.tell_again import tell_again, told_of
from service.commands.urgent_actions import suspend, written
from service.errors import Conflict, InvalidInput
from service.records import Alert, UrgentAction
from service.records.alerts import PRIORITY_ALERT, PRIORITY_URGENT
from service.records.base import new_id
from service.vocabulary import AlertKind, UrgentActionKind, UrgentActionStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.commands.issue_checks import ConsentsOf
    from service.security.encryption import Vault

ACTOR = "worker"
A_LATER_ONE = "A later version of the urgent action is out."

_ALERTS = {
    UrgentActionKind.INITIAL: AlertKind.URGENT_ACTION,
    UrgentActionKind.FURTHER_INFORMATION: AlertKind.FURTHER_INFORMATION,
    UrgentActionKind.STOP_ACTION: AlertKind.STOP_ACTION,
}


class Snapshot(Protocol):
    """Takes what each tier is told of a version; `service.facts.urgent_snapshot` is one."""

    def __call__(self, session: Session, action: UrgentAction, *, now: datetime) -> Mapping[str, Any]:
        """What `Alert.facts` keeps."""
        ...


def issue(
    session: Session, action: UrgentAction, *, now: datetime, by: str, consents_of: ConsentsOf, snapshot: Snapshot,
    vault: Vault,
) -> UUID:  # fmt: skip
    """Tell everybody who must hear of it, once; returns the alert's id.

    A first version goes to all who match; further information also to whoever got an earlier version; a stop action to
    those alone. Whatever of the earlier versions has not left does not leave any more.
    Raises Conflict unless it is approved and its hold-back is over, InvalidInput with every reason against it.
    """
    versions = versions_of(session, action)
    is_ripe = action.leaves_at is not None and action.leaves_at <= now
    if action.status is not UrgentActionStatus.APPROVED or not is_ripe:
        raise Conflict("This version is not approved, or its hold-back is not over.")
    problems = why_not_issued(session, action, now=now, consents_of=consents_of)
    if problems:
        raise InvalidInput(problems)
    _retire_others(session, action, versions, now=now, vault=vault)
    alert_id = new_id()
    session.execute(
        insert(Alert).values(
            id=alert_id, dedupe_key=f"urgent_action:{action.id}", kind=_ALERTS[action.kind],
            priority=PRIORITY_URGENT if action.kind is UrgentActionKind.STOP_ACTION else PRIORITY_ALERT,
            tier=max(Tier.PUBLIC, action.case.tier, key=lambda tier: tier.rank), case_id=action.case_id,
            country=action.case.country, facts=snapshot(session, action, now=now), created_at=now,
        )
    )  # fmt: skip
    action.alert_id, action.status, action.issued_at = alert_id, UrgentActionStatus.ISSUED, now
    session.flush()
    queued = 0 if action.kind is UrgentActionKind.STOP_ACTION else fan_out(session, [alert_id], now=now)
    queued += tell_again(session, alert_id)
    written(session, action, "issue", {"queued": queued}, now=now, by=by, vault=vault)
    return alert_id


def issue_next(
    session: Session, *, now: datetime, consents_of: ConsentsOf, snapshot: Snapshot, vault: Vault
) -> UrgentAction | None:
    """Issue the first approved version whose hold-back is over at `now` (UTC); None when there is none.

    One that cannot go out any more is suspended with the reasons, and keeps no other waiting.
    """
    while (action := _ripe(session, now)) is not None:
        versions_of(session, action)
        # Another worker may have been quicker while we waited for it.
        if action.status is UrgentActionStatus.APPROVED:
            break
    if action is None:
        return None
    try:
        issue(session, action, now=now, by=ACTOR, consents_of=consents_of, snapshot=snapshot, vault=vault)
    except InvalidInput as error:
        reasons = " ".join(problem.reason for problem in error.problems)
        suspend(session, action, reason=reasons, now=now, by=ACTOR, vault=vault)
    return action


def expire_ended(session: Session, *, now: datetime, vault: Vault) -> int:
    """Mark what is out and whose last day to act is over at `now` (UTC), and stop what of it is queued; how many."""
    ended = session.scalars(
        select(UrgentAction)
        .where(UrgentAction.status == UrgentActionStatus.ISSUED, UrgentAction.expires_at <= now)
        .order_by(UrgentAction.id)
        .with_for_update(skip_locked=True)
    ).all()
    if ended:
        cancel_deliveries(session, told_of(ended), reason="The last day to act has passed.")
    for action in ended:
        action.status = UrgentActionStatus.EXPIRED
        written(session, action, "expire", {"act_by": str(action.act_by)}, now=now, by=ACTOR, vault=vault)
    return len(ended)


def _ripe(session: Session, now: datetime) -> UrgentAction | None:
    return session.scalar(
        select(UrgentAction)
        .where(UrgentAction.status == UrgentActionStatus.APPROVED, UrgentAction.leaves_at <= now)
        .order_by(UrgentAction.leaves_at, UrgentAction.id)
        .limit(1)
    )


def _retire_others(
    session: Session, action: UrgentAction, versions: Sequence[UrgentAction], *, now: datetime, vault: Vault
) -> None:
    """The versions before it are over, and with a stop action also what was still to come."""
    is_stop = action.kind is UrgentActionKind.STOP_ACTION
    others = [one for one in versions if one.id != action.id]
    for other in others:
        if other.status in OUT:
            other.status, other.closed_at = UrgentActionStatus.CLOSED, now
            other.outcome = action.outcome or other.outcome
            written(session, other, "supersede", {"with": action.number}, now=now, by=ACTOR, vault=vault)
        elif other.status in UNSENT and is_stop:
            suspend(session, other, reason="A stop action is out.", now=now, by=ACTOR, vault=vault)
    if others:
        cancel_deliveries(session, told_of(others), reason=A_LATER_ONE)
