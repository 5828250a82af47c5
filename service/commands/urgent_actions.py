"""The verbs of an urgent action on its way to being issued: drafted, changed, reviewed, approved, taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm.attributes import flag_modified

from service.commands.audit import audit
from service.commands.inserting import insert_into
from service.commands.issue_checks import why_not_issued
from service.commands.urgent_action_words import write_words
from service.errors import Conflict, InvalidInput, NotAllowed
from service.records import UrgentAction, UrgentActionNumber
from service.records.base import new_id
from service.vocabulary import UrgentActionKind, UrgentActionStatus

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.commands.acting import Acting
    from service.commands.issue_checks import ConsentsOf
    from service.commands.urgent_action_words import Words
    from service.records import Case
    from service.security.encryption import Vault

# Long enough to see a mistake and take it back, and for what a worker holds of an earlier version to end.
HOLD_BACK = timedelta(seconds=60)

_UNISSUED = (UrgentActionStatus.IN_REVIEW, UrgentActionStatus.APPROVED, UrgentActionStatus.SUSPENDED)


def draft(session: Session, case: Case, words: Words, *, now: datetime, by: Acting, vault: Vault) -> UrgentAction:
    """Write the first version of a new urgent action, under the next number of the year.

    Raises InvalidInput for words that it cannot say.
    """
    year = now.year
    action = UrgentAction(
        id=new_id(), year=year, given=_next_number(session, year), edition=0, kind=UrgentActionKind.INITIAL,
        case=case, status=UrgentActionStatus.DRAFT, time_zone=case.time_zone, author_id=by.member_id,
        changed_by_id=by.member_id, headline="", summary="", created_at=now, updated_at=now,
    )  # fmt: skip
    session.add(action)
    write_words(session, action, words)
    written(session, action, "draft", {"kind": action.kind.value}, now=now, by=by.name, vault=vault)
    return action


def redraft(session: Session, action: UrgentAction, words: Words, *, now: datetime, by: Acting, vault: Vault) -> None:
    """Replace the words of a draft.

    Raises Conflict for anything but a draft: what was issued is never edited, and what is in review is taken back first.
    """
    if action.issued_at is not None:
        raise Conflict("What was issued is never edited: write further information, or a stop action.")
    _require(action, UrgentActionStatus.DRAFT, "changed")
    write_words(session, action, words)
    action.changed_by_id = by.member_id
    written(session, action, "redraft", {}, now=now, by=by.name, vault=vault)


def submit(session: Session, action: UrgentAction, *, now: datetime, by: Acting, vault: Vault) -> None:
    """Ask a second member to look at it. Raises Conflict unless it is a draft."""
    _require(action, UrgentActionStatus.DRAFT, "submitted")
    action.status = UrgentActionStatus.IN_REVIEW
    written(session, action, "submit", {}, now=now, by=by.name, vault=vault)


def approve(
    session: Session, action: UrgentAction, *, now: datetime, by: Acting, consents_of: ConsentsOf, vault: Vault
) -> None:
    """Let it go out at the end of the hold-back, 60 s from `now` (UTC). Whether the member may is the policy's matter.

    Raises Conflict unless it is in review, NotAllowed for whoever wrote it or changed it last, and InvalidInput with
    every reason for which it cannot go out.
    """
    _require(action, UrgentActionStatus.IN_REVIEW, "approved")
    if by.member_id is None or by.member_id in (action.author_id, action.changed_by_id):
        raise NotAllowed("Another member than the one who wrote it approves it.")
    problems = why_not_issued(session, action, now=now, consents_of=consents_of)
    if problems:
        raise InvalidInput(problems)
    action.status = UrgentActionStatus.APPROVED
    action.approver_id = by.member_id
    action.approved_at, action.leaves_at = now, now + HOLD_BACK
    written(session, action, "approve", {"leaves_at": str(action.leaves_at)}, now=now, by=by.name, vault=vault)


def take_back(session: Session, action: UrgentAction, *, now: datetime, by: Acting, vault: Vault) -> None:
    """Make it a draft again: out of the review, within the hold-back, or after it was suspended.

    Raises Conflict when it is out, or when its hold-back is over and it is about to be.
    """
    if action.issued_at is not None or action.status not in _UNISSUED:
        raise Conflict(f"This version is {action.status.value} and cannot be taken back.")
    if action.status is UrgentActionStatus.APPROVED and action.leaves_at is not None and action.leaves_at <= now:
        raise Conflict("Its hold-back is over: it is on its way. Write a stop action.")
    action.status = UrgentActionStatus.DRAFT
    action.approver_id = action.approved_at = action.leaves_at = action.suspended_because = None
    written(session, action, "take_back", {}, now=now, by=by.name, vault=vault)


def suspend(session: Session, action: UrgentAction, *, reason: str, now: datetime, by: str, vault: Vault) -> None:
    """Keep an unissued version from going out, for a stated reason; `take_back` makes it a draft again."""
    action.status = UrgentActionStatus.SUSPENDED
    action.suspended_because = reason
    action.leaves_at = None
    written(session, action, "suspend", {"reason": reason}, now=now, by=by, vault=vault)


def written(
    session: Session, action: UrgentAction, verb: str, detail: dict[str, Any], *, now: datetime, by: str, vault: Vault
) -> None:
    """Flush the change, and audit it."""
    action.updated_at = now
    # The words lie in other tables too: without this the version might not rise.
    flag_modified(action, "updated_at")
    session.flush()
    audit(
        session, at=now, actor=by, action=verb, record="urgent_action", record_id=str(action.id),
        detail={"number": action.number, **detail}, key=vault.audit_key,
    )  # fmt: skip


def _next_number(session: Session, year: int) -> int:
    table = UrgentActionNumber.__table__
    insert = insert_into(session, UrgentActionNumber).values(year=year, given=1)
    counted = insert.on_conflict_do_update(index_elements=[table.c.year], set_={"given": table.c.given + 1})
    return int(session.execute(counted.returning(table.c.given)).scalar_one())


def _require(action: UrgentAction, status: UrgentActionStatus, verb: str) -> None:
    if action.status is not status:
        raise Conflict(f"This version is {action.status.value} and cannot be {verb}.")
