"""Care events: examinations, treatments, refusals; every reading of them is noted."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import model_validator
from sqlalchemy import Select, select

from service.api.access import Caller, Reader, Writer
from service.api.cases import case_for
from service.api.paging import Page, WindowDep
from service.api.reading import found, found_for_change, note_reading
from service.api.shapes import Given, Line, Shown, Text, example, not_null
from service.api.versions import IfMatch, require_version, show_version
from service.commands.change import change
from service.commands.health import NewCareEvent, add_care_event
from service.queries.visible import health_of
from service.records import CareEvent
from service.security.policy import Action
from service.vocabulary import CareKind, DatePrecision, Urgency
from service.web import Now, PartsDep, Writing

router = APIRouter(prefix="/care-events", tags=["Health"])

OfCase = Annotated[UUID | None, Query(description="Only those of this case")]
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
    occurred_precision: DatePrecision = DatePrecision.UNKNOWN
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


@router.get("", summary="List care events")
def list_care_events(
    session: Writing, caller: Reader, window: WindowDep, parts: PartsDep, now: Now, case_id: OfCase = None
) -> Page[CareEventShown]:
    """Care events of the persons of the granted cases; the reading is noted in the audit."""
    statement = select(CareEvent).where(health_of(caller.actor, CareEvent))
    if case_id is not None:
        statement = statement.where(CareEvent.case_id == case_id)
    page = window.page(session, statement, CareEvent.id, CareEventShown.model_validate)
    note_reading(session, caller, "care_event", (i.id for i in page.items), now=now, vault=parts.vault)
    return page


@router.post("", status_code=201, summary="Record a care event")
def create_care_event(
    given: CareEventGiven, session: Writing, caller: Writer, parts: PartsDep, now: Now, response: Response
) -> CareEventShown:
    """The person must be one whom the case is about."""
    case = case_for(session, caller.actor, given.case_id)
    caller.require(Action.WRITE_CASE, case.id)
    new = NewCareEvent(**{name: getattr(given, name) for name in CareEventGiven.model_fields if name != "case_id"})
    event = add_care_event(session, case, new, now=now, by=caller.name, vault=parts.vault)
    show_version(response, event.version)
    return CareEventShown.model_validate(event)


@router.get("/{event_id}", summary="Read one care event")
def read_care_event(
    event_id: UUID, session: Writing, caller: Reader, parts: PartsDep, now: Now, response: Response
) -> CareEventShown:
    """The reading is noted in the audit."""
    event = found(session, _care_event(caller, event_id))
    note_reading(session, caller, "care_event", [event.id], now=now, vault=parts.vault)
    show_version(response, event.version)
    return CareEventShown.model_validate(event)


@router.patch("/{event_id}", summary="Change a care event")
def change_care_event(
    event_id: UUID, changes: CareEventChanges, session: Writing, caller: Writer, parts: PartsDep, now: Now,
    response: Response, if_match: IfMatch = None,
) -> CareEventShown:  # fmt: skip
    """Say in `as_of` for which day the change is true."""
    event = found_for_change(session, _care_event(caller, event_id))
    caller.require(Action.WRITE_CASE, event.case_id)

    def shown() -> CareEventShown:
        note_reading(session, caller, "care_event", [event.id], now=now, vault=parts.vault)
        return CareEventShown.model_validate(event)

    require_version(event.version, if_match, shown=shown, wanted=changes)
    change(session, event, changes.named(), now=now, by=caller.name, vault=parts.vault)
    show_version(response, event.version)
    return CareEventShown.model_validate(event)


def _care_event(caller: Caller, event_id: UUID) -> Select[CareEvent]:
    return select(CareEvent).where(CareEvent.id == event_id, health_of(caller.actor, CareEvent))
