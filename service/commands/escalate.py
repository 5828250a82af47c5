"""The members who must act are told, beside those who follow: owner, backup and coordinators by level."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, literal, select

from alerts.facts import Tier
from service.commands.inserting import insert_new
from service.commands.owing import QUEUED, owe
from service.records import Alert, Case, FollowUp, Member, OverdueEpisode
from service.records.alerts import PRIORITY_ALERT
from service.records.base import new_id
from service.records.responsibility import REACHABLE, responsible
from service.vocabulary import AlertKind, Detail

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

# What a member is told, taken from what was announced: staff with a grant may read the title, and no message names a person.
_TOLD = ("case_reference", "kind", "level", "title", "due_on", "time_zone", "days_late", "basis")
# What an escalation has in common with the alert to those who follow.
_TAKEN = ("tier", "case_id", "country", "follow_up_id", "follow_up_kind", "overdue_episode_id", "level")
_COLUMNS = {
    "alert_id": Alert.id,
    "destination_id": REACHABLE.c.destination_id,
    "channel": REACHABLE.c.channel,
    "language": REACHABLE.c.language,
    "time_zone": REACHABLE.c.time_zone,
    "tier": literal(Tier.CONFIDENTIAL.value),
    # A member who must act is told what there is to do.
    "detail": literal(Detail.FULL.value),
    "priority": Alert.priority,
    **QUEUED,
}


def escalate(session: Session, announced_ids: Sequence[UUID], *, now: datetime) -> int:
    """Queue a mail to every member responsible for what was just announced; returns how many.

    `announced_ids` are alerts about follow-ups. One alert for each, and one delivery for each member's mailbox: a level
    of a date is told to a member once, whatever runs twice. What nobody is responsible for is told to nobody here.
    """
    alert_ids = _write_alerts(session, announced_ids, now) if announced_ids else ()
    if not alert_ids:
        return 0
    owed = responsible(*_COLUMNS.values(), among=Alert.id.in_(alert_ids)).join(
        Alert, Alert.escalated_episode_id == OverdueEpisode.id
    )
    return owe(session, _COLUMNS, owed)


def _write_alerts(session: Session, announced_ids: Sequence[UUID], now: datetime) -> Sequence[UUID]:
    """The alerts that were not there before, for what somebody is responsible for."""
    these = select(Alert.overdue_episode_id).where(Alert.id.in_(announced_ids)).correlate(None)
    answered_for = responsible(OverdueEpisode.id, among=OverdueEpisode.id.in_(these)).correlate(None)
    announced = session.execute(
        select(
            *(getattr(Alert, name) for name in _TAKEN),
            Alert.facts[Tier.CONFIDENTIAL.value].label("told"),
            func.coalesce(FollowUp.owner_id, Case.owner_id).label("owner_id"),
            FollowUp.backup_id,
        )
        .join(FollowUp, FollowUp.id == Alert.follow_up_id)
        .join(Case, Case.id == FollowUp.case_id)
        .where(Alert.id.in_(announced_ids), Alert.overdue_episode_id.in_(answered_for))
    ).all()
    names: dict[UUID | None, str] = dict(session.execute(select(Member.id, Member.name)).all())
    rows = [
        {
            **{name: getattr(row, name) for name in _TAKEN if name != "overdue_episode_id"},
            "id": new_id(),
            "dedupe_key": f"escalation:{row.overdue_episode_id}",
            "kind": AlertKind.ESCALATION,
            "priority": PRIORITY_ALERT,
            "escalated_episode_id": row.overdue_episode_id,
            "facts": _facts(row.told, names.get(row.owner_id), names.get(row.backup_id)),
            "created_at": now,
        }
        for row in announced
    ]
    return insert_new(session, Alert, rows, unless_same=("dedupe_key",))


def _facts(told: dict[str, Any], owner: str | None, backup: str | None) -> dict[str, Any]:
    return {Tier.CONFIDENTIAL.value: {**{name: told[name] for name in _TOLD}, "owner": owner, "backup": backup}}
