"""What was, or would be, told of a case on record, for staff to look at; the looking is in the audit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.facts import Tier
from service.commands.audit import audit
from service.errors import InvalidInput, NotFound, Problem
from service.facts import follow_up_facts, says_too_much, told_from_json
from service.records import Alert, Case, FollowUp
from service.vocabulary import FOLLOWED, AlertKind, FollowUpState

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.facts import MessageFacts
    from service.links import Links
    from service.security.encryption import Vault


def facts_on_record(
    session: Session, kind: str, *, reference: str, tier: Tier, now: datetime, links: Links, by: str, vault: Vault
) -> MessageFacts:
    """The newest alert of this kind about the case, as this tier is told it; appends one audit entry.

    Where no follow-up was announced yet, the next open one as it would be told at `now` (UTC). What is not told any more,
    because a consent ended, is not shown either. Raises NotFound and InvalidInput.
    """
    if kind not in {one.value for one in FOLLOWED}:
        known = ", ".join(one.value for one in FOLLOWED)
        raise InvalidInput([Problem("--case", f"a case has messages of these kinds only: {known}")])
    case = session.scalar(select(Case).where(Case.reference == reference, Case.tier != Tier.SEALED))
    if case is None:
        raise NotFound(f"no case bears the reference {reference}")
    facts = _told(session, AlertKind(kind), case, tier, now) or _untold(
        session, AlertKind(kind), case, tier, now, links
    )
    if facts is None:
        raise NotFound(f"case {reference} has nothing of the kind {kind} that a reader of what is {tier} is told")
    audit(
        session, at=now, actor=by, action="preview", record="case", record_id=reference,
        detail={"kind": kind, "tier": tier.value}, key=vault.audit_key,
    )  # fmt: skip
    return facts


def _told(session: Session, kind: AlertKind, case: Case, tier: Tier, now: datetime) -> MessageFacts | None:
    alert = session.scalars(
        select(Alert).where(Alert.case_id == case.id, Alert.kind == kind).order_by(Alert.created_at.desc(), Alert.id)
    ).first()
    if alert is None or tier.value not in alert.facts:
        return None
    if (alert.id, tier) in says_too_much(session, [alert.id], now=now):
        return None
    return told_from_json(alert.facts[tier.value], kind)


def _untold(
    session: Session, kind: AlertKind, case: Case, tier: Tier, now: datetime, links: Links
) -> MessageFacts | None:
    if kind is not AlertKind.FOLLOW_UP:
        return None
    follow_up = session.scalars(
        select(FollowUp)
        .where(
            FollowUp.case_id == case.id,
            FollowUp.state == FollowUpState.OPEN,
            FollowUp.tier.in_(tier.and_below()),
            FollowUp.tier != Tier.SEALED,
        )
        .order_by(FollowUp.due_on, FollowUp.id)
    ).first()
    return follow_up_facts(session, follow_up, tier=tier, now=now, links=links) if follow_up else None
