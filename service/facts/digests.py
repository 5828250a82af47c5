"""A digest's alerts as facts: what still stands of what the period gathered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from alerts.digest_facts import CaseStop
from alerts.facts import Digest as DigestFacts
from alerts.facts import Level, Tier
from alerts.overdue import is_quiet
from service.facts.gathered import gathered
from service.facts.snapshots import alert_from_json
from service.facts.withdrawn import says_too_much
from service.records import Destination, Digest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.facts import FollowUpAlert
    from service.facts.gathered import Gathered
    from service.links import Links

# More than a reader acts on in one sitting; the rest stands on the case pages.
MOST_ALERTS = 25
# A digest that is closed later than this after its end was missed, and names its days instead of "this week".
CLOSED_IN_TIME = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DigestTold:
    """What a digest tells, and the oldest subscription by which its reader hears any of it."""

    facts: DigestFacts
    subscription_id: int


def digest_told(
    session: Session, digest_id: UUID, *, tier: Tier, time_zone: str, now: datetime, links: Links, organisation: str
) -> DigestTold | None:
    """What the digest tells a reader of this tier; None when nothing of it stands any more (see `standing_items`).

    The days are calendar days in `time_zone` (IANA); the last one is the day on whose morning the period ends.
    """
    items = standing_items(session, digest_id, tier=tier, now=now)
    if not items:
        return None
    digest = session.get_one(Digest, digest_id)
    zone = ZoneInfo(time_zone)
    # The organisation's own addresses have a label, and no page of their own.
    is_own = session.get_one(Destination, digest.destination_id).label
    told = items[:MOST_ALERTS]
    facts = DigestFacts(
        cadence=digest.cadence.value,
        period_start=digest.period_start.astimezone(zone).date(),
        period_end=(digest.period_end - timedelta(microseconds=1)).astimezone(zone).date(),
        alerts=tuple(_words(item, tier) for item in told),
        more=len(items) - len(told),
        organisation=organisation,
        more_url=links.first_page() if is_own else links.news,
        is_late=digest.closed_at is not None and digest.closed_at - digest.period_end >= CLOSED_IN_TIME,
        stops=_stops(told, tier, links),
    )
    return DigestTold(facts, min(item.subscription_id for item in items))


def standing_items(session: Session, digest_id: UUID, *, tier: Tier, now: datetime) -> list[Gathered]:
    """What of a digest may be told at `now` (UTC), the latest first.

    Each follow-up appears once, at the highest level that the period reached: if it is still open at the same date and
    as late as that, its case is watched, its reader still follows it and was told nothing newer of it at once, every
    consent that its words need is live, and nobody has snoozed it below `critical`.
    """
    found = [item for item in gathered(session, digest_id, tier=tier, now=now) if _may_be_told(item, tier, now)]
    withdrawn = says_too_much(session, [item.alert.id for item in found], now=now)
    latest = {item.alert.follow_up_id: item for item in found if (item.alert.id, tier) not in withdrawn}
    return sorted(latest.values(), key=lambda item: _order(item, tier))


def _may_be_told(item: Gathered, tier: Tier, now: datetime) -> bool:
    level = item.alert.level
    if tier.value not in item.alert.facts or level is None:
        return False
    if item.level_now is None or level.rank > item.level_now.rank:
        return False
    return level is Level.CRITICAL or not is_quiet(item.snoozed_until, item.facility_time_zone, now=now)


def _order(item: Gathered, tier: Tier) -> tuple[Any, ...]:
    # Read as plain data: words that are broken are found, and parked, when they are written.
    words = item.alert.facts[tier.value]
    return (-(item.alert.level or Level.UPCOMING).rank, words["due_on"], words["case_reference"])


def _words(item: Gathered, tier: Tier) -> FollowUpAlert:
    return alert_from_json(item.alert.facts[tier.value])


def _stops(items: Sequence[Gathered], tier: Tier, links: Links) -> tuple[CaseStop, ...]:
    """A way out of each case that the reader follows by name; who follows a country or a kind has no such wish."""
    by_case = {item.alert.facts[tier.value]["case_reference"]: item.case_subscription_id for item in items}
    return tuple(
        CaseStop(case_reference=reference, stop_url=links.unsubscribe(subscription_id))
        for reference, subscription_id in by_case.items()
        if subscription_id is not None
    )
