"""Which alerts say what may not be said any more, because a consent ended meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from alerts.facts import Tier
from service.facts.cases import case_facts
from service.facts.corrections import corrections_that_say_too_much
from service.facts.follow_ups import kind_for
from service.facts.urgent_actions import calls_that_say_too_much
from service.records import Alert, FollowUp

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.facts.cases import CaseFacts


def says_too_much(session: Session, alert_ids: Collection[UUID], *, now: datetime) -> set[tuple[UUID, Tier]]:
    """The alerts, each with the tiers, whose words need a consent that is not live at `now` (UTC)."""
    rows = session.execute(
        select(Alert.id, Alert.facts, FollowUp)
        .join(FollowUp, FollowUp.id == Alert.follow_up_id)
        .where(Alert.id.in_(alert_ids))
    ).all()
    cases = case_facts(session, {follow_up.case_id for _, _, follow_up in rows}, now=now)
    late = {
        (alert_id, Tier(tier))
        for alert_id, facts, follow_up in rows
        for tier, words in facts.items()
        if _too_much(words, Tier(tier), follow_up, cases[follow_up.case_id])
    }
    return (
        late
        | calls_that_say_too_much(session, alert_ids, now=now)
        | corrections_that_say_too_much(session, alert_ids, now=now)
    )


def _too_much(words: Mapping[str, Any], tier: Tier, follow_up: FollowUp, case: CaseFacts) -> bool:
    # Read as plain data: words that are broken are found, and parked, when they are written.
    if words.get("person_name") is not None and case.name(follow_up.person_id) is None:
        return True
    if words.get("kind") is not None and kind_for(follow_up, case, tier) is None:
        return True
    # Demands name people too.
    said = {demand["code"] for demand in words.get("demands", ())}
    return not said <= {demand.code for demand in case.demands(tier)}
