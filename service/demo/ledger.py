"""The demo's result: what was late when, who was told, and what the receivers acknowledged."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from alerts.follow_up_kinds import kind_named
from service.records import Alert, Case, Delivery, Demand, DigestItem, Finding, FollowUp, OverdueEpisode, Person, Source
from service.vocabulary import AlertKind, DeliveryState

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from alerts.facts import Level


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One announcement: the day it was made, what it says, and for each channel how many were told and acknowledged."""

    announced_at: datetime
    case_reference: str
    what: str
    due_on: date
    level: Level | None
    told: Counter[str]
    acknowledged: Counter[str]
    in_digests: int


def ledger_lines(session: Session) -> list[LedgerLine]:
    """Every announcement in the order in which it was made."""
    told, acknowledged = _deliveries_by_alert(session)
    gathered = dict(session.execute(select(DigestItem.alert_id, func.count()).group_by(DigestItem.alert_id)).all())
    rows = session.execute(
        select(Alert, Case.reference, FollowUp.kind, FollowUp.due_on)
        .join(Case, Case.id == Alert.case_id)
        .join(FollowUp, FollowUp.id == Alert.follow_up_id)
        .where(Alert.kind == AlertKind.FOLLOW_UP)
        .order_by(Alert.created_at, Case.reference, Alert.id)
    )
    return [
        LedgerLine(
            announced_at=alert.created_at,
            case_reference=reference,
            what=kind_named(kind).words,
            due_on=due_on,
            level=alert.level,
            told=told.get(alert.id, Counter()),
            acknowledged=acknowledged.get(alert.id, Counter()),
            in_digests=gathered.get(alert.id, 0),
        )
        for alert, reference, kind, due_on in rows
    ]


def totals(session: Session) -> dict[str, Any]:
    """The figures of `vigil demo --json`; deliveries are counted by channel and state."""
    deliveries: dict[str, dict[str, int]] = {}
    counted = session.execute(
        select(Delivery.channel, Delivery.state, func.count()).group_by(Delivery.channel, Delivery.state)
    )
    for channel, state, count in counted:
        deliveries.setdefault(str(channel), {})[str(state)] = count
    findings = session.execute(
        select(Finding.code, Case.reference, Finding.where, Finding.message)
        .outerjoin(Case, Case.id == Finding.case_id)
        .order_by(Case.reference, Finding.code, Finding.where)
    )
    return {
        "persons": _count(session, Person),
        "cases": _count(session, Case),
        "demands": _count(session, Demand),
        "sources": _count(session, Source),
        "follow_ups": _count(session, FollowUp),
        "overdue": _count(session, OverdueEpisode),
        "alerts": session.scalar(select(func.count()).where(Alert.kind == AlertKind.FOLLOW_UP)) or 0,
        "deliveries": deliveries,
        "findings": [
            {"code": code, "case": reference, "where": where, "message": message}
            for code, reference, where, message in findings
        ],
    }


def all_accepted(figures: dict[str, Any]) -> bool:
    """Whether there were deliveries on every channel, and every one of them was accepted."""
    deliveries = figures["deliveries"]
    return set(deliveries) == {"email", "slack", "matrix", "webhook"} and all(
        set(states) == {DeliveryState.ACCEPTED.value} for states in deliveries.values()
    )


def _deliveries_by_alert(session: Session) -> tuple[dict[Any, Counter[str]], dict[Any, Counter[str]]]:
    told: dict[Any, Counter[str]] = {}
    acknowledged: dict[Any, Counter[str]] = {}
    rows = session.execute(
        select(Delivery.alert_id, Delivery.channel, Delivery.state, func.count())
        .where(Delivery.alert_id.is_not(None))
        .group_by(Delivery.alert_id, Delivery.channel, Delivery.state)
    )
    for alert_id, channel, state, count in rows:
        told.setdefault(alert_id, Counter())[channel] += count
        if state == DeliveryState.ACCEPTED:
            acknowledged.setdefault(alert_id, Counter())[channel] += count
    return told, acknowledged


def _count(session: Session, record: type[Any]) -> int:
    return session.scalar(select(func.count()).select_from(record)) or 0
