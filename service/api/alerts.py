"""Alerts: what was told, to read and never to change."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import select

from alerts.facts import Level, Tier
from service.api.access import Reader
from service.api.paging import Page, WindowDep
from service.api.reading import found, note_reading
from service.api.shapes import Shown, example
from service.queries.visible import alerts_of
from service.records import Alert
from service.vocabulary import URGENT, AlertKind
from service.web import Now, PartsDep, Writing

router = APIRouter(prefix="/alerts", tags=["Alerts"])


class Told(Shown):
    """What the alert says to a reader who was granted the case, taken when it was written."""

    case_reference: str
    country: str
    person_name: str | None = None
    kind: str | None = None
    title: str | None = None
    due_on: date
    time_zone: str
    days_late: int
    basis: str | None = None


class Called(Shown):
    """What an urgent action asks for, as it was issued; the whole is under `/urgent-actions`."""

    case_reference: str
    country: str
    number: str
    previous: str | None = None
    page_url: str | None = None
    headline: str
    demands: tuple[str, ...]
    act_by: date | None
    time_zone: str
    outcome: str | None = None


class Corrected(Shown):
    """What is wrong with what was told; the whole is under `/corrections`."""

    case_reference: str
    country: str
    how: str
    was: tuple[str, ...]
    reads: tuple[str, ...]
    reason: tuple[str, ...]


class AlertShown(Shown):
    """One thing worth telling: a follow-up reached a level, an urgent action went out, something told was wrong."""

    model_config = example(
        id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a63", kind="follow_up", level="overdue", tier="public",
        case_id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a59", follow_up_id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a62",
        created_at="2030-03-09T19:00:05Z",
        told={
            "case_reference": "ABC-2030-001", "country": "KZ", "person_name": "Dana Sample", "kind": "complaint_reply",
            "title": "Reply to the complaint about the cell", "due_on": "2030-03-09", "time_zone": "Asia/Almaty",
            "days_late": 1, "basis": "Mandela Rules, rule 57",
        },
    )  # fmt: skip

    id: UUID
    kind: AlertKind
    level: Level | None
    tier: Tier
    case_id: UUID | None
    follow_up_id: UUID | None
    created_at: datetime
    told: Told | Called | Corrected | None

    @classmethod
    def of(cls, alert: Alert) -> AlertShown:
        """The alert in the widest projection below sealed."""
        columns = {name: getattr(alert, name) for name in cls.model_fields if name != "told"}
        return cls(**columns, told=_told(alert))


@router.get("", summary="List alerts")
def list_alerts(
    session: Writing,
    caller: Reader,
    window: WindowDep,
    parts: PartsDep,
    now: Now,
    case_id: Annotated[UUID | None, Query(description="Only those of this case")] = None,
    level: Annotated[Level | None, Query(description="Only those of this level")] = None,
) -> Page[AlertShown]:
    """Alerts about the granted cases, oldest first; the reading is noted in the audit."""
    statement = select(Alert).where(alerts_of(caller.actor))
    if case_id is not None:
        statement = statement.where(Alert.case_id == case_id)
    if level is not None:
        statement = statement.where(Alert.level == level)
    page = window.page(session, statement, Alert.id, AlertShown.of)
    note_reading(session, caller, "alert", (item.id for item in page.items), now=now, vault=parts.vault)
    return page


@router.get("/{alert_id}", summary="Read one alert")
def read_alert(alert_id: UUID, session: Writing, caller: Reader, parts: PartsDep, now: Now) -> AlertShown:
    """The resource that a webhook names; the reading is noted in the audit."""
    alert = found(session, select(Alert).where(Alert.id == alert_id, alerts_of(caller.actor)))
    note_reading(session, caller, "alert", [alert.id], now=now, vault=parts.vault)
    return AlertShown.of(alert)


def _told(alert: Alert) -> Told | Called | Corrected | None:
    shape = Corrected if alert.kind is AlertKind.CORRECTION else Called if alert.kind in URGENT else Told
    for tier in reversed(Tier.CONFIDENTIAL.and_below()):
        if alert.facts.get(tier.value):
            return shape.model_validate(alert.facts[tier.value])
    return None
