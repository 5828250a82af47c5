"""Who has a follow-up in hand: acknowledged by whoever is on it, given to another owner or backup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from service.commands.audit import audit
from service.commands.follow_ups import require_open, written
from service.errors import Conflict, InvalidInput, Problem
from service.records import OverdueEpisode

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.facts import Level
    from service.records import Case, FollowUp, Member
    from service.security.encryption import Vault


def acknowledge(
    session: Session,
    follow_up: FollowUp,
    *,
    due_revision: int,
    level: Level,
    member: Member,
    now: datetime,
    by: str,
    vault: Vault,
) -> OverdueEpisode:
    """The member has seen that it is at this level of this date, and is on it: nobody else is told of that any more.

    It holds for this level alone: a later one, or another date, is announced and escalated as ever. Who was first
    stays, and a second time changes nothing. Raises Conflict unless it is open and this is the last thing announced.
    """
    require_open(follow_up, "acknowledged")
    episode = _last_episode(session, follow_up)
    if episode is None:
        raise Conflict("nothing of this follow-up was announced at its present date: there is nothing to acknowledge")
    if (episode.due_revision, episode.level) != (due_revision, level):
        raise Conflict(
            f"what was announced last is the level {episode.level} at revision {episode.due_revision} of its date: "
            "acknowledge that"
        )
    if episode.acknowledged_at is None:
        episode.acknowledged_by_id, episode.acknowledged_at = member.id, now
        detail = {"due_revision": due_revision, "level": level.value}
        written(session, follow_up, "acknowledge", detail, now, by, vault)
    return episode


def reassign(
    session: Session,
    follow_up: FollowUp,
    *,
    owner: Member | None,
    backup: Member | None,
    reason: str,
    now: datetime,
    by: str,
    vault: Vault,
) -> None:
    """Give it to another owner (None: to the case's) and backup (None: to nobody); both may write the case.

    Who answers for it no longer is told nothing that is still queued; who answers for it now is told of the next level.
    Raises InvalidInput for one member in both places or without a reason, and Conflict unless it is open.
    """
    require_open(follow_up, "reassigned")
    if owner is not None and backup is not None and owner.id == backup.id:
        raise InvalidInput([Problem("backup", "Name another member than the owner.")])
    if not reason.strip():
        raise InvalidInput([Problem("reason", "Say why.")])
    given = (owner.id if owner else None, backup.id if backup else None)
    before = (follow_up.owner_id, follow_up.backup_id)
    if before == given:
        return
    follow_up.owner_id, follow_up.backup_id = given
    named = ("owner", "backup")
    detail = {
        "from": {name: str(one) if one else None for name, one in zip(named, before, strict=True)},
        "to": {name: str(one) if one else None for name, one in zip(named, given, strict=True)},
        "reason": reason,
    }
    written(session, follow_up, "reassign", detail, now, by, vault)


def hand_over(session: Session, case: Case, *, owner: Member | None, now: datetime, by: str, vault: Vault) -> None:
    """Give the case to another owner, who owns all its follow-ups that have none of their own."""
    before, given = case.owner_id, owner.id if owner else None
    if before == given:
        return
    case.owner, case.owned_since = owner, now
    session.flush()
    audit(
        session, at=now, actor=by, action="hand_over", record="case", record_id=str(case.id),
        detail={"from": str(before) if before else None, "to": str(given) if given else None}, key=vault.audit_key,
    )  # fmt: skip


def _last_episode(session: Session, follow_up: FollowUp) -> OverdueEpisode | None:
    episodes = session.scalars(
        select(OverdueEpisode).where(
            OverdueEpisode.follow_up_id == follow_up.id, OverdueEpisode.due_revision == follow_up.due_revision
        )
    )
    return max(episodes, key=lambda episode: episode.level.rank, default=None)
