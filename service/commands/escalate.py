"""The members who must act are told, beside those who follow: owner, backup and coordinators by level."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from alerts.facts import Tier
from service.commands.inserting import insert_into
from service.commands.ringing import ring_outbox
from service.database import database_now
from service.records import Alert, Case, Delivery, Destination, FollowUp, Member, OverdueEpisode, Subscriber
from service.records.alerts import PRIORITY_ALERT
from service.records.base import new_id
from service.records.responsibility import responsible
from service.vocabulary import AlertKind

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

# What a member is told, taken from what was announced: staff with a grant may read the title, and no message names a person.
_TOLD = ("case_reference", "kind", "level", "title", "due_on", "time_zone", "days_late", "basis")


def escalate(session: Session, announced_ids: Sequence[UUID], *, now: datetime) -> int:
    """Queue a mail to every member responsible for what was just announced; returns how many.

    `announced_ids` are alerts about follow-ups. One alert for each, and one delivery for each member's mailbox: a level
    of a date is told to a member once, whatever runs twice. What nobody is responsible for is told to nobody here.
    """
    if not announced_ids:
        return 0
    pairs = session.execute(
        responsible(
            OverdueEpisode.id.label("episode_id"),
            Destination.id.label("destination_id"),
            Destination.channel,
            Subscriber.language,
            Subscriber.time_zone,
            among=OverdueEpisode.id.in_(select(Alert.overdue_episode_id).where(Alert.id.in_(announced_ids))),
        )
    ).all()
    if not pairs:
        return 0
    alert_ids = _write_alerts(session, {pair.episode_id for pair in pairs}, now)
    rows = [
        {
            "alert_id": alert_ids[pair.episode_id],
            "destination_id": pair.destination_id,
            "channel": pair.channel,
            "language": pair.language,
            "time_zone": pair.time_zone,
            "tier": Tier.CONFIDENTIAL,
            "priority": PRIORITY_ALERT,
        }
        for pair in pairs
        if pair.episode_id in alert_ids
    ]
    if rows:
        session.execute(insert_into(session, Delivery).values(due_at=database_now()).on_conflict_do_nothing(), rows)
        ring_outbox(session)
    return len(rows)


def _write_alerts(session: Session, episode_ids: Collection[UUID], now: datetime) -> dict[UUID, UUID]:
    """The ids of the alerts that were not there before, by their episode."""
    announced = session.execute(
        select(Alert, FollowUp.owner_id, FollowUp.backup_id, Case.owner_id.label("case_owner_id"))
        .join(FollowUp, FollowUp.id == Alert.follow_up_id)
        .join(Case, Case.id == FollowUp.case_id)
        .where(Alert.overdue_episode_id.in_(episode_ids))
    ).all()
    names: dict[UUID | None, str] = dict(session.execute(select(Member.id, Member.name)).all())
    rows = [
        {
            "id": new_id(),
            "dedupe_key": f"escalation:{alert.overdue_episode_id}",
            "kind": AlertKind.ESCALATION,
            "priority": PRIORITY_ALERT,
            "tier": alert.tier,
            "case_id": alert.case_id,
            "country": alert.country,
            "follow_up_id": alert.follow_up_id,
            "follow_up_kind": alert.follow_up_kind,
            "escalated_episode_id": alert.overdue_episode_id,
            "level": alert.level,
            "facts": _facts(alert, names.get(owner_id or case_owner_id), names.get(backup_id)),
            "created_at": now,
        }
        for alert, owner_id, backup_id, case_owner_id in announced
    ]
    insert = insert_into(session, Alert).on_conflict_do_nothing(index_elements=["dedupe_key"])
    table = Alert.__table__.c
    written = session.execute(insert.returning(table.escalated_episode_id, table.id), rows)
    return {episode_id: alert_id for episode_id, alert_id in written}  # noqa: C416 - a result is no mapping


def _facts(alert: Alert, owner: str | None, backup: str | None) -> dict[str, Any]:
    told = alert.facts[Tier.CONFIDENTIAL.value]
    return {Tier.CONFIDENTIAL.value: {**{name: told[name] for name in _TOLD}, "owner": owner, "backup": backup}}
