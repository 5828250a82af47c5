"""Who has follow-ups in hand: owners and backups by name, what is snoozed, and who acknowledged what was announced last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.overdue import is_quiet
from service.records import Case, FollowUp, Member, OverdueEpisode

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class InHand:
    """Members by name; `owner` is the follow-up's own, else the case's. `snoozed_until` is None where it is not quiet."""

    owner: str | None
    backup: str | None
    snoozed_until: date | None
    snoozed_by: str | None
    snooze_reason: str | None
    acknowledged_by: str | None
    acknowledged_at: datetime | None


def in_hand(session: Session, follow_up_ids: Collection[UUID], *, now: datetime) -> Mapping[UUID, InHand]:
    """For each of these follow-ups, who has it in hand at `now` (UTC)."""
    names: dict[UUID | None, str] = dict(session.execute(select(Member.id, Member.name)).all())
    acknowledged = _acknowledged(session, follow_up_ids)
    rows = session.execute(
        select(FollowUp, Case.owner_id.label("case_owner_id"))
        .join(Case, Case.id == FollowUp.case_id)
        .where(FollowUp.id.in_(follow_up_ids))
    )
    found = {}
    for follow_up, case_owner_id in rows:
        quiet = is_quiet(follow_up.snoozed_until, follow_up.time_zone, now=now)
        episode = acknowledged.get(follow_up.id)
        found[follow_up.id] = InHand(
            owner=names.get(follow_up.owner_id or case_owner_id),
            backup=names.get(follow_up.backup_id),
            snoozed_until=follow_up.snoozed_until if quiet else None,
            snoozed_by=names.get(follow_up.snoozed_by_id) if quiet else None,
            snooze_reason=follow_up.snooze_reason if quiet else None,
            acknowledged_by=names.get(episode.acknowledged_by_id) if episode else None,
            acknowledged_at=episode.acknowledged_at if episode else None,
        )
    return found


def _acknowledged(session: Session, follow_up_ids: Collection[UUID]) -> Mapping[UUID, OverdueEpisode]:
    """The episodes that were announced last at the present dates, where a member is on them."""
    latest: dict[UUID, OverdueEpisode] = {}
    for episode in session.scalars(
        select(OverdueEpisode)
        .join(FollowUp, FollowUp.id == OverdueEpisode.follow_up_id)
        .where(FollowUp.id.in_(follow_up_ids), OverdueEpisode.due_revision == FollowUp.due_revision)
    ):
        known = latest.get(episode.follow_up_id)
        if known is None or known.level.rank < episode.level.rank:
            latest[episode.follow_up_id] = episode
    return {key: episode for key, episode in latest.items() if episode.acknowledged_at is not None}
