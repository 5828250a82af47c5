"""Isolation placements: since when somebody has been in solitary confinement, and until when they were."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import model_validator

from service.api.desk import Family, OfCase, ReadingDesk, WritingDesk
from service.api.paging import Page, WindowDep
from service.api.shapes import OF, Given, Line, Shown, Text, example, not_null
from service.api.versions import IfMatch
from service.records import IsolationPlacement
from service.vocabulary import DatePrecision

router = APIRouter(prefix="/isolation-placements", tags=["Detention"])

_PLACEMENT = {"from_on": "2030-03-01", "reason": "After a complaint", "as_of": "2030-03-04"}


class PlacementShown(Shown):
    """A placement in solitary confinement; its first day is day 1."""

    model_config = example(
        id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a61", **OF, **_PLACEMENT, from_precision="day", until_on=None,
        locator="page 5", created_at="2030-03-04T08:00:00Z", version=1,
    )  # fmt: skip

    id: UUID
    case_id: UUID
    person_id: UUID
    from_on: date | None
    from_precision: DatePrecision
    until_on: date | None
    reason: str | None
    as_of: date
    locator: str | None
    created_at: datetime | None
    version: int


class PlacementGiven(Given):
    """A placement to record; a date without its precision is known to the day."""

    model_config = example(**OF, **_PLACEMENT)

    case_id: UUID
    person_id: UUID
    as_of: date
    from_on: date | None = None
    from_precision: DatePrecision | None = None
    until_on: date | None = None
    reason: Text | None = None
    locator: Line | None = None


class PlacementChanges(Given):
    """What is to change; what is not named stays."""

    model_config = example(until_on="2030-03-12", as_of="2030-03-12")

    from_on: date | None = None
    from_precision: DatePrecision | None = None
    until_on: date | None = None
    reason: Text | None = None
    as_of: date | None = None
    locator: Line | None = None

    @model_validator(mode="after")
    def _no_empty_columns(self) -> PlacementChanges:
        not_null(self, "from_precision", "as_of")
        return self


FAMILY = Family(IsolationPlacement, PlacementShown, PlacementGiven, PlacementChanges)


@router.get("", summary="List isolation placements")
def list_placements(desk: ReadingDesk, window: WindowDep, case_id: OfCase = None) -> Page[PlacementShown]:
    """Placements of the persons of the granted cases; the reading is noted in the audit."""
    return desk.page(FAMILY, window, case_id)


@router.post("", status_code=201, summary="Record an isolation placement")
def create_placement(given: PlacementGiven, desk: WritingDesk) -> PlacementShown:
    """The person must be one whom the case is about."""
    return desk.add(FAMILY, given)


@router.get("/{placement_id}", summary="Read one isolation placement")
def read_placement(placement_id: UUID, desk: ReadingDesk) -> PlacementShown:
    """The reading is noted in the audit."""
    return desk.read(FAMILY, placement_id)


@router.patch("/{placement_id}", summary="Change an isolation placement")
def change_placement(
    placement_id: UUID, changes: PlacementChanges, desk: WritingDesk, if_match: IfMatch = None
) -> PlacementShown:
    """`until_on` is its last day. Say in `as_of` for which day the change is true."""
    return desk.change(FAMILY, placement_id, changes, if_match)
