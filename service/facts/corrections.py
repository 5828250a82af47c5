"""Corrections as alerts: what everybody who was told of the case is told now."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from alerts.correction_facts import CorrectedHow, CorrectionAlert
from alerts.facts import Tier
from service.facts.consents import gates_for
from service.records import Correction
from service.records.cases import case_person

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.links import Links

_TEXTS = ("was", "reads", "reason")


def correction_snapshot(correction: Correction, *, links: Links) -> Mapping[str, Any]:
    """What every tier that may hear of it is told, as `Alert.facts` keeps it: it says the same to all."""
    case = correction.case
    told = correction_to_json(
        CorrectionAlert(
            how=CorrectedHow(correction.kind),
            case_reference=case.reference,
            country=case.country,
            case_url=links.case(case.slug),
            was=_paragraphs(correction.was),
            reads=_paragraphs(correction.reads),
            reason=_paragraphs(correction.reason),
        )
    )
    return {tier.value: told for tier in Tier if tier is not Tier.SEALED and tier.rank >= case.tier.rank}


def correction_to_json(told: CorrectionAlert) -> dict[str, Any]:
    """The facts as JSON can hold them."""
    return {**asdict(told), "how": told.how.value}


def correction_from_json(plain: Mapping[str, Any]) -> CorrectionAlert:
    """What `correction_to_json` made."""
    texts = {name: tuple(plain[name]) for name in _TEXTS}
    return CorrectionAlert(**{**plain, **texts, "how": CorrectedHow(plain["how"])})


def corrections_that_say_too_much(
    session: Session, alert_ids: Collection[UUID], *, now: datetime
) -> set[tuple[UUID, Tier]]:
    """The corrections among these alerts, with every tier, that speak of health without a consent live at `now` (UTC)."""
    rows = session.execute(
        select(Correction.alert_id, case_person.c.person_id)
        .outerjoin(case_person, case_person.c.case_id == Correction.case_id)
        .where(Correction.alert_id.in_(alert_ids), Correction.speaks_of_health)
    ).all()
    gates = gates_for(session, {person_id for _, person_id in rows if person_id is not None}, now=now)
    return {(alert_id, tier) for alert_id, person_id in rows if person_id not in gates.health for tier in Tier}


def _paragraphs(text: str | None) -> tuple[str, ...]:
    return tuple(line.strip() for line in (text or "").splitlines() if line.strip())
