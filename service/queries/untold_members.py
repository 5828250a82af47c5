"""Which announcements a member responsible for them was never told of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, or_

from alerts.facts import Tier
from service.database import seconds_before
from service.records import Alert, Case, Delivery, FollowUp, OverdueEpisode
from service.records.responsibility import REACHABLE, responsible
from service.vocabulary import AlertKind

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Select

# As long as `service.commands.audience` waits before it judges.
SETTLED_FOR_S = 300.0


def untold_members(*, since: datetime, until: datetime) -> Select[Any]:
    """An announcement, and a member responsible for it to whom no mail about it was ever queued.

    Of those announced between two instants (UTC). Judged as things stand now, so only where they stood so already, five minutes before it was announced: the same date,
    owner and backup, and a mailbox that was theirs and ready.
    """
    sent = exists().where(
        Alert.follow_up_id == FollowUp.id,
        # Not through what followers were told, of which there may be 100,000.
        Alert.kind == AlertKind.ESCALATION,
        Alert.escalated_episode_id == OverdueEpisode.id,
        Delivery.alert_id == Alert.id,
        Delivery.destination_id == REACHABLE.c.destination_id,
    )
    settled_at = seconds_before(OverdueEpisode.announced_at, SETTLED_FOR_S)
    recent = OverdueEpisode.announced_at.between(since, until)
    return responsible(OverdueEpisode.id, REACHABLE.c.member_id, among=recent).where(
        OverdueEpisode.tier != Tier.SEALED,
        OverdueEpisode.due_revision == FollowUp.due_revision,
        FollowUp.updated_at < settled_at,
        or_(Case.owned_since.is_(None), Case.owned_since < settled_at),
        REACHABLE.c.mailbox_since < settled_at,
        or_(REACHABLE.c.enabled_at.is_(None), REACHABLE.c.enabled_at < settled_at),
        ~sent,
    )
