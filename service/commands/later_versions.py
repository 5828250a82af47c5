"""Versions after the first: further information, and the stop action that ends it all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from service.commands.urgent_action_words import Words, write_words
from service.commands.urgent_actions import written
from service.errors import Conflict
from service.records import UrgentAction
from service.records.base import new_id
from service.vocabulary import UrgentActionKind, UrgentActionOutcome, UrgentActionStatus

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.commands.acting import Acting
    from service.security.encryption import Vault

# Told to somebody, and not over by anybody's decision.
OUT = (UrgentActionStatus.ISSUED, UrgentActionStatus.EXPIRED)
UNSENT = (UrgentActionStatus.DRAFT, UrgentActionStatus.IN_REVIEW, UrgentActionStatus.APPROVED)
_STOPPED = "Do not write any more letters about this urgent action. Thank you to everybody who wrote."


def further_information(
    session: Session, action: UrgentAction, words: Words, *, now: datetime, by: Acting, vault: Vault
) -> UrgentAction:
    """Draft the next version of an action that is out, under the same number.

    Raises Conflict unless a version is out that no stop action ended.
    """
    versions = versions_of(session, action)
    _require_out(versions)
    return _draft_next(session, versions, UrgentActionKind.FURTHER_INFORMATION, words, now=now, by=by, vault=vault)


def stop_action(
    session: Session, action: UrgentAction, *, outcome: UrgentActionOutcome, why: str, now: datetime, by: Acting,
    vault: Vault,
) -> UrgentAction:  # fmt: skip
    """Draft the version that asks everybody to stop writing; `why` is for the public, and names nobody.

    Raises Conflict unless a version is out that no stop action ended, or when a stop action is drafted already.
    """
    versions = versions_of(session, action)
    _require_out(versions)
    if _has_stop(versions):
        raise Conflict("A stop action is drafted already.")
    return _draft_stop(session, versions, outcome=outcome, why=why, now=now, by=by, vault=vault)


def stop_action_once(
    session: Session, action: UrgentAction, *, outcome: UrgentActionOutcome, why: str, now: datetime, by: Acting,
    vault: Vault,
) -> UrgentAction | None:  # fmt: skip
    """The same for an event that may be recorded twice: None where there is nothing to stop, or a stop action already."""
    versions = versions_of(session, action)
    if _has_stop(versions) or not any(one.status in OUT for one in versions):
        return None
    return _draft_stop(session, versions, outcome=outcome, why=why, now=now, by=by, vault=vault)


def versions_of(session: Session, action: UrgentAction) -> Sequence[UrgentAction]:
    """All versions of this number, the first one first, locked and as they stand: who comes second sees all of it."""
    same = (UrgentAction.year == action.year, UrgentAction.given == action.given)
    # A statement of its own: one that waits for a lock does not see what was added meanwhile.
    session.execute(select(UrgentAction.id).where(*same, UrgentAction.edition == 0).with_for_update())
    return session.scalars(
        select(UrgentAction)
        .where(*same)
        .order_by(UrgentAction.edition)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def _has_stop(versions: Sequence[UrgentAction]) -> bool:
    return any(one.kind is UrgentActionKind.STOP_ACTION for one in versions)


def _require_out(versions: Sequence[UrgentAction]) -> None:
    if any(one.kind is UrgentActionKind.STOP_ACTION and one.issued_at is not None for one in versions):
        raise Conflict("A stop action is out: nothing follows it.")
    if not any(one.status in OUT for one in versions):
        raise Conflict("No version of this urgent action is out.")


def _draft_stop(
    session: Session, versions: Sequence[UrgentAction], *, outcome: UrgentActionOutcome, why: str, now: datetime,
    by: Acting, vault: Vault,
) -> UrgentAction:  # fmt: skip
    words = Words(headline="Stop writing", summary=f"{why}\n{_STOPPED}", outcome=outcome)
    return _draft_next(session, versions, UrgentActionKind.STOP_ACTION, words, now=now, by=by, vault=vault)


def _draft_next(
    session: Session, versions: Sequence[UrgentAction], kind: UrgentActionKind, words: Words, *, now: datetime,
    by: Acting, vault: Vault,
) -> UrgentAction:  # fmt: skip
    first, last = versions[0], versions[-1]
    action = UrgentAction(
        id=new_id(), year=first.year, given=first.given, edition=last.edition + 1, kind=kind, case=first.case,
        previous_id=last.id, status=UrgentActionStatus.DRAFT, time_zone=first.time_zone, author_id=by.member_id,
        changed_by_id=by.member_id, headline="", summary="", created_at=now, updated_at=now,
    )  # fmt: skip
    session.add(action)
    write_words(session, action, words)
    written(session, action, "draft", {"kind": kind.value}, now=now, by=by.name, vault=vault)
    return action
