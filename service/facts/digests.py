"""A digest's alerts as facts: what still stands of what the period gathered."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import select

from alerts.facts import Digest as DigestFacts
from alerts.facts import Level
from alerts.overdue import is_quiet
from service.facts.snapshots import alert_from_json
from service.facts.withdrawn import says_too_much
from service.records import Alert, Case, Digest, DigestItem, FollowUp, OverdueEpisode
from service.vocabulary import FollowUpState, Monitoring

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.facts import Tier

# More than a reader acts on in one sitting; the rest stands on the case pages.
MOST_ALERTS = 25


def digest_facts(session: Session, digest_id: UUID, *, tier: Tier, time_zone: str, now: datetime) -> DigestFacts | None:
    """What the digest tells a reader of this tier; None when nothing of it stands any more.

    Each follow-up appears once, at the highest level that the period reached, if it is still open at the same date
    every consent that its words need is live at `now` (UTC), and nobody has snoozed it below `critical`.
    The days are calendar days in `time_zone` (IANA); the last one is the day on whose morning the period ends.
    """
    digest = session.get_one(Digest, digest_id)
    gathered = session.execute(
        select(Alert, FollowUp.snoozed_until, FollowUp.time_zone)
        .join(DigestItem, DigestItem.alert_id == Alert.id)
        .join(FollowUp, FollowUp.id == Alert.follow_up_id)
        .join(OverdueEpisode, OverdueEpisode.id == Alert.overdue_episode_id)
        .join(Case, Case.id == Alert.case_id)
        .where(
            DigestItem.digest_id == digest_id,
            FollowUp.state == FollowUpState.OPEN,
            FollowUp.due_revision == OverdueEpisode.due_revision,
            Case.monitoring == Monitoring.ACTIVE,
        )
        .order_by(Alert.created_at, Alert.id)
    )
    alerts = [
        alert
        for alert, snoozed_until, facility_time_zone in gathered
        if tier.value in alert.facts
        and (alert.level is Level.CRITICAL or not is_quiet(snoozed_until, facility_time_zone, now=now))
    ]
    withdrawn = says_too_much(session, [alert.id for alert in alerts], now=now)
    latest = {alert.follow_up_id: alert for alert in alerts if (alert.id, tier) not in withdrawn}
    standing = sorted(
        (alert_from_json(alert.facts[tier.value]) for alert in latest.values()),
        key=lambda alert: (-alert.level.rank, alert.due_on, alert.case_reference),
    )
    if not standing:
        return None
    zone = ZoneInfo(time_zone)
    return DigestFacts(
        cadence=digest.cadence.value,
        period_start=digest.period_start.astimezone(zone).date(),
        period_end=(digest.period_end - timedelta(microseconds=1)).astimezone(zone).date(),
        alerts=tuple(standing[:MOST_ALERTS]),
        more=max(len(standing) - MOST_ALERTS, 0),
    )
