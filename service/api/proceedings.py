"""Proceedings: steps before a court or an authority."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import model_validator

from service.api.desk import Family, OfCase, ReadingDesk, WritingDesk
from service.api.paging import Page, WindowDep
from service.api.shapes import OF, Given, Line, Shown, Text, example, not_null
from service.api.versions import IfMatch
from service.records import Proceeding
from service.vocabulary import DatePrecision, ProceedingKind

router = APIRouter(prefix="/proceedings", tags=["Justice"])

_STEP = {
    "kind": "appeal", "body": "Regional court", "occurred_on": "2030-02-01", "charge": "Article 100",
    "outcome": "Upheld", "as_of": "2030-02-02",
}  # fmt: skip


class ProceedingShown(Shown):
    """One step before a court or authority; `person_id` is null where it concerns the whole case."""

    model_config = example(
        id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a61", **OF, **_STEP, occurred_precision="day", locator="page 6",
        created_at="2030-02-02T08:00:00Z", version=1,
    )  # fmt: skip

    id: UUID
    case_id: UUID
    person_id: UUID | None
    kind: ProceedingKind
    body: str | None
    occurred_on: date | None
    occurred_precision: DatePrecision
    charge: str | None
    outcome: str | None
    as_of: date
    locator: str | None
    created_at: datetime | None
    version: int


class ProceedingGiven(Given):
    """A step to record; a date without its precision is known to the day."""

    model_config = example(**OF, **_STEP)

    case_id: UUID
    kind: ProceedingKind
    as_of: date
    person_id: UUID | None = None
    body: Line | None = None
    occurred_on: date | None = None
    occurred_precision: DatePrecision | None = None
    charge: Text | None = None
    outcome: Text | None = None
    locator: Line | None = None


class ProceedingChanges(Given):
    """What is to change; what is not named stays."""

    model_config = example(outcome="Sent back to the first court", as_of="2030-02-20")

    body: Line | None = None
    occurred_on: date | None = None
    occurred_precision: DatePrecision | None = None
    charge: Text | None = None
    outcome: Text | None = None
    as_of: date | None = None
    locator: Line | None = None

    @model_validator(mode="after")
    def _no_empty_columns(self) -> ProceedingChanges:
        not_null(self, "occurred_precision", "as_of")
        return self


FAMILY = Family(Proceeding, ProceedingShown, ProceedingGiven, ProceedingChanges)


@router.get("", summary="List proceedings")
def list_proceedings(desk: ReadingDesk, window: WindowDep, case_id: OfCase = None) -> Page[ProceedingShown]:
    """Proceedings of the granted cases; the reading is noted in the audit."""
    return desk.page(FAMILY, window, case_id)


@router.post("", status_code=201, summary="Record a proceeding")
def create_proceeding(given: ProceedingGiven, desk: WritingDesk) -> ProceedingShown:
    """A person who is named must be one whom the case is about."""
    return desk.add(FAMILY, given)


@router.get("/{proceeding_id}", summary="Read one proceeding")
def read_proceeding(proceeding_id: UUID, desk: ReadingDesk) -> ProceedingShown:
    """The reading is noted in the audit."""
    return desk.read(FAMILY, proceeding_id)


@router.patch("/{proceeding_id}", summary="Change a proceeding")
def change_proceeding(
    proceeding_id: UUID, changes: ProceedingChanges, desk: WritingDesk, if_match: IfMatch = None
) -> ProceedingShown:
    """Say in `as_of` for which day the change is true."""
    return desk.change(FAMILY, proceeding_id, changes, if_match)
