"""Follow-ups as alerts: what each tier is told when one reaches a level."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alerts.facts import FollowUp as LateFacts
from alerts.facts import FollowUpAlert, Level, Thresholds, Tier
from alerts.follow_up_kinds import FOLLOW_UP_KINDS
from alerts.overdue import days_late, level_of
from service.facts.cases import case_facts
from service.facts.snapshots import alert_to_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.facts.cases import CaseFacts
    from service.links import Links
    from service.records import FollowUp


def follow_up_facts(session: Session, follow_up: FollowUp, *, tier: Tier, now: datetime, links: Links) -> FollowUpAlert:
    """What a reader of this tier is told of the follow-up at `now` (UTC).

    The level is the one reached, or `upcoming` while nothing is near.
    """
    case = case_facts(session, [follow_up.case_id], now=now)[follow_up.case_id]
    level = level_of(late_facts(follow_up), now=now) or Level.UPCOMING
    return _projected(follow_up, case, level=level, tier=tier, now=now, links=links)


def snapshots_of(
    session: Session, reached: Sequence[tuple[FollowUp, Level]], *, now: datetime, links: Links
) -> Mapping[UUID, dict[str, Any]]:
    """For each follow-up, what every tier that may hear of it is told, as `Alert.facts` keeps it."""
    cases = case_facts(session, {follow_up.case_id for follow_up, _ in reached}, now=now)
    return {
        follow_up.id: {
            tier.value: alert_to_json(
                _projected(follow_up, cases[follow_up.case_id], level=level, tier=tier, now=now, links=links)
            )
            for tier in Tier
            if tier is not Tier.SEALED and tier.rank >= follow_up.tier.rank
        }
        for follow_up, level in reached
    }


def _projected(
    follow_up: FollowUp, case: CaseFacts, *, level: Level, tier: Tier, now: datetime, links: Links
) -> FollowUpAlert:
    kind = kind_for(follow_up, case, tier)
    return FollowUpAlert(
        case_reference=case.case.reference,
        country=case.case.country,
        case_url=links.case(case.case.slug),
        person_name=case.name(follow_up.person_id),
        kind=kind,
        level=level,
        title=follow_up.title if tier.rank >= Tier.CONFIDENTIAL.rank else None,
        due_on=follow_up.due_on,
        time_zone=follow_up.time_zone,
        days_late=days_late(late_facts(follow_up), now=now),
        basis=_basis_for(follow_up, kind, tier),
        demands=case.demands(tier),
        sources=case.sources(tier),
    )


def kind_for(follow_up: FollowUp, case: CaseFacts, tier: Tier) -> str | None:
    kind = FOLLOW_UP_KINDS.get(follow_up.kind)
    if kind is None:
        return None
    if tier is Tier.PUBLIC and kind.about_health and not case.speaks_of_health(follow_up.person_id):
        return None
    return kind.name


def _basis_for(follow_up: FollowUp, kind: str | None, tier: Tier) -> str | None:
    """The rule of the kind in public; the member's own words, which may tell of an illness, above."""
    if tier is not Tier.PUBLIC:
        return follow_up.basis
    return FOLLOW_UP_KINDS[kind].basis if kind else None


def late_facts(follow_up: FollowUp) -> LateFacts:
    thresholds = Thresholds(
        follow_up.upcoming_days, follow_up.overdue_days, follow_up.very_overdue_days, follow_up.critical_days
    )
    return LateFacts(follow_up.due_on, follow_up.time_zone, thresholds)
