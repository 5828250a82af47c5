"""Care events: examinations, treatments, refusals; every reading of them is noted."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import model_validator

from service.api.desk import Family, OfCase, ReadingDesk, WritingDesk
from service.api.paging import Page, WindowDep
from service.api.shapes import Given, Line, Shown, Text, example, not_null
from service.api.versions import IfMatch
from service.records import CareEvent
from service.vocabulary import CareKind, DatePrecision, Urgency

router = APIRouter(prefix="/care-events", tags=["Health"])

_IDS = {
    "id": "01932a10-7a3e-7c11-8f4e-5f1d2c3b4a61",
    "case_id": "01932a10-7a3e-7c11-8f4e-5f1d2c3b4a59",
    "person_id": "01932a10-7a3e-7c11-8f4e-5f1d2c3b4a60",
}
_OF = {name: _IDS[name] for name in ("case_id", "person_id")}
_CARE = {"kind": "exam", "urgency": "urgent", "requested_on": "2030-01-21", "outcome": "Put off", "as_of": "2030-02-01"}


class CareEventShown(Shown):
    """An examination, treatment or refusal."""

    model_config = example(
        **_IDS, **_CARE, occurred_on=None, occurred_precision="unknown", locator="page 4",
        created_at="2030-02-01T08:00:00Z", version=1,
    )  # fmt: skip

    id: UUID
    case_id: UUID
    person_id: UUID
    kind: CareKind
    urgency: Urgency | None
    requested_on: date | None
    occurred_on: date | None
    occurred_precision: DatePrecision
    outcome: str
    as_of: date
    locator: str | None
    created_at: datetime
    version: int


class CareEventGiven(Given):
    """A care event to record."""

    model_config = example(**_OF, **_CARE)

    case_id: UUID
    person_id: UUID
    kind: CareKind
    outcome: Text
    as_of: date
    urgency: Urgency | None = None
    requested_on: date | None = None
    occurred_on: date | None = None
    occurred_precision: DatePrecision | None = None
    locator: Line | None = None


class CareEventChanges(Given):
    """What is to change; what is not named stays."""

    model_config = example(occurred_on="2030-02-10", occurred_precision="day", outcome="Examined", as_of="2030-02-11")

    urgency: Urgency | None = None
    requested_on: date | None = None
    occurred_on: date | None = None
    occurred_precision: DatePrecision | None = None
    outcome: Text | None = None
    as_of: date | None = None
    locator: Line | None = None

    @model_validator(mode="after")
    def _no_empty_columns(self) -> CareEventChanges:
        not_null(self, "occurred_precision", "outcome", "as_of")
        return self


FAMILY = Family(CareEvent, CareEventShown, CareEventGiven, CareEventChanges)


@router.get("", summary="List care events")
def list_care_events(desk: ReadingDesk, window: WindowDep, case_id: OfCase = None) -> Page[CareEventShown]:
    """Care events of the persons of the granted cases; the reading is noted in the audit."""
    return desk.page(FAMILY, window, case_id)


@router.post("", status_code=201, summary="Record a care event")
def create_care_event(given: CareEventGiven, desk: WritingDesk) -> CareEventShown:
    """The person must be one whom the case is about; what follows from it is opened at once."""
    return desk.add(FAMILY, given)


@router.get("/{event_id}", summary="Read one care event")
def read_care_event(event_id: UUID, desk: ReadingDesk) -> CareEventShown:
    """The reading is noted in the audit."""
    return desk.read(FAMILY, event_id)


@router.patch("/{event_id}", summary="Change a care event")
def change_care_event(
    event_id: UUID, changes: CareEventChanges, desk: WritingDesk, if_match: IfMatch = None
) -> CareEventShown:
    """Say in `as_of` for which day the change is true."""
    return desk.change(FAMILY, event_id, changes, if_match)
