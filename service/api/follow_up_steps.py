"""What members do with a follow-up that stays open: acknowledge, snooze, wake, give to somebody else."""

from __future__ import annotations

from datetime import date
from functools import partial
from uuid import UUID

from fastapi import APIRouter
from pydantic import model_validator
from sqlalchemy.orm import Session

from alerts.facts import Level
from service.api.desk import Desk, WritingDesk
from service.api.follow_ups import FollowUpShown, one, read, shown
from service.api.reading import found_for_change
from service.api.shapes import Given, Line, Text, example
from service.api.versions import IfMatch, require_version, show_version
from service.commands import responsibility, snoozes
from service.errors import NotAuthenticated
from service.queries.members import member_named, writer_named
from service.records import FollowUp, Member
from service.security.policy import Action

router = APIRouter(prefix="/follow-ups", tags=["Follow-ups"])


class Acknowledgement(Given):
    """What the member has seen: a level at a revision of the date, as the follow-up was read."""

    model_config = example(due_revision=1, level="overdue")

    due_revision: int
    level: Level


class Snooze(Given):
    """Quiet until this day begins at the facility, 30 days ahead at most, and why."""

    model_config = example(until="2030-03-16", reason="The colony promised its answer for Friday.")

    until: date
    reason: Text


class Reassignment(Given):
    """Members who may write the case, by name; one that is not named stays, and null gives it to the case's owner, or nobody."""

    model_config = example(owner="alice", backup="bob", reason="Dora is away until April.")

    owner: Line | None = None
    backup: Line | None = None
    reason: Text

    @model_validator(mode="after")
    def _somebody(self) -> Reassignment:
        if not {"owner", "backup"} & self.model_fields_set:
            raise ValueError("Name `owner`, `backup` or both.")
        return self


@router.post("/{follow_up_id}/acknowledge", summary="Say that you have seen it and are on it")
def acknowledge(follow_up_id: UUID, seen: Acknowledgement, desk: WritingDesk) -> FollowUpShown:
    """No other member is told of this level any more; followers are. A second time changes nothing; a level that is not the one announced last is a conflict."""
    follow_up = _for_change(desk, follow_up_id)
    responsibility.acknowledge(
        desk.session, follow_up, due_revision=seen.due_revision, level=seen.level, member=_me(desk), now=desk.now,
        by=desk.caller.name, vault=desk.vault,
    )  # fmt: skip
    return _shown(desk, follow_up)


@router.post("/{follow_up_id}/snooze", summary="Keep a follow-up quiet for a while")
def snooze(follow_up_id: UUID, wanted: Snooze, desk: WritingDesk, if_match: IfMatch = None) -> FollowUpShown:
    """What is still queued about it is not sent; what it has become is announced when the snooze ends. `critical` is always told."""
    follow_up = _as_read(desk, follow_up_id, if_match, wanted)
    snoozes.snooze(
        desk.session, follow_up, until=wanted.until, reason=wanted.reason, member=_me(desk), now=desk.now,
        by=desk.caller.name, vault=desk.vault,
    )  # fmt: skip
    return _shown(desk, follow_up)


@router.post("/{follow_up_id}/wake", summary="End a snooze now")
def wake(follow_up_id: UUID, desk: WritingDesk, if_match: IfMatch = None) -> FollowUpShown:
    """The next check announces the level that it has reached; one that is not snoozed is left alone."""
    follow_up = _as_read(desk, follow_up_id, if_match)
    snoozes.wake(desk.session, follow_up, now=desk.now, by=desk.caller.name, vault=desk.vault)
    return _shown(desk, follow_up)


@router.post("/{follow_up_id}/reassign", summary="Give a follow-up to another owner or backup")
def reassign(follow_up_id: UUID, wanted: Reassignment, desk: WritingDesk, if_match: IfMatch = None) -> FollowUpShown:
    """Who answers for it now is told of the next level; who does no longer is not told what is still queued."""
    follow_up = _as_read(desk, follow_up_id, if_match, wanted)
    owner, backup = (_answering(desk.session, follow_up, place, wanted) for place in ("owner", "backup"))
    responsibility.reassign(
        desk.session, follow_up, owner=owner, backup=backup, reason=wanted.reason, now=desk.now,
        by=desk.caller.name, vault=desk.vault,
    )  # fmt: skip
    return _shown(desk, follow_up)


def _for_change(desk: Desk, follow_up_id: UUID) -> FollowUp:
    follow_up = found_for_change(desk.session, one(desk.caller, follow_up_id))
    desk.caller.require(Action.WRITE_CASE, follow_up.case_id)
    return follow_up


def _as_read(desk: Desk, follow_up_id: UUID, if_match: str | None, wanted: Given | None = None) -> FollowUp:
    follow_up = _for_change(desk, follow_up_id)
    now_shown = partial(read, desk.session, desk.caller, follow_up, now=desk.now, vault=desk.vault)
    require_version(follow_up.version, if_match, shown=now_shown, wanted=wanted)
    return follow_up


def _shown(desk: Desk, follow_up: FollowUp) -> FollowUpShown:
    show_version(desk.response, follow_up.version)
    return shown(desk.session, follow_up, now=desk.now)


def _me(desk: Desk) -> Member:
    member = member_named(desk.session, desk.caller.actor.name)
    if member is None:
        raise NotAuthenticated
    return member


def _answering(session: Session, follow_up: FollowUp, place: str, wanted: Reassignment) -> Member | None:
    if place not in wanted.model_fields_set:
        kept = follow_up.owner_id if place == "owner" else follow_up.backup_id
        return session.get(Member, kept) if kept is not None else None
    name = getattr(wanted, place)
    return writer_named(session, name, follow_up.case_id, where=place) if name is not None else None
