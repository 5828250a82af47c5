"""Health conditions; every reading of them is noted."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import model_validator

from service.api.desk import Family, OfCase, ReadingDesk, WritingDesk
from service.api.paging import Page, WindowDep
from service.api.shapes import Given, Line, Shown, Text, example, not_null
from service.api.versions import IfMatch
from service.records import HealthCondition
from service.vocabulary import CareAccess, Certainty, OfficialPosition, Severity

router = APIRouter(prefix="/health-conditions", tags=["Health"])

_IDS = {
    "id": "01932a10-7a3e-7c11-8f4e-5f1d2c3b4a61",
    "case_id": "01932a10-7a3e-7c11-8f4e-5f1d2c3b4a59",
    "person_id": "01932a10-7a3e-7c11-8f4e-5f1d2c3b4a60",
}
_OF = {name: _IDS[name] for name in ("case_id", "person_id")}
_CONDITION = {
    "label": "Hypertension", "severity": "severe", "certainty": "confirmed_independent", "made_by": "A visiting doctor",
    "care_access": "delayed", "official_position": "satisfactory_claimed", "as_of": "2030-01-20",
}  # fmt: skip


class ConditionShown(Shown):
    """A diagnosis or complaint as stated, true as of a day."""

    model_config = example(
        **_IDS, **_CONDITION, official_assessment=None, locator="page 3", created_at="2030-01-22T08:00:00Z", version=1
    )

    id: UUID
    case_id: UUID
    person_id: UUID
    label: str
    severity: Severity
    certainty: Certainty
    made_by: str | None
    care_access: CareAccess
    official_position: OfficialPosition | None
    official_assessment: str | None
    as_of: date
    locator: str | None
    created_at: datetime
    version: int


class ConditionGiven(Given):
    """A condition to record."""

    model_config = example(**_OF, **_CONDITION)

    case_id: UUID
    person_id: UUID
    label: Line
    severity: Severity
    certainty: Certainty
    care_access: CareAccess
    as_of: date
    made_by: Line | None = None
    official_position: OfficialPosition | None = None
    official_assessment: Text | None = None
    locator: Line | None = None


class ConditionChanges(Given):
    """What is to change; what is not named stays."""

    model_config = example(care_access="denied", as_of="2030-03-01")

    label: Line | None = None
    severity: Severity | None = None
    certainty: Certainty | None = None
    care_access: CareAccess | None = None
    as_of: date | None = None
    made_by: Line | None = None
    official_position: OfficialPosition | None = None
    official_assessment: Text | None = None
    locator: Line | None = None

    @model_validator(mode="after")
    def _no_empty_columns(self) -> ConditionChanges:
        not_null(self, "label", "severity", "certainty", "care_access", "as_of")
        return self


FAMILY = Family(HealthCondition, ConditionShown, ConditionGiven, ConditionChanges)


FAMILY = Family(HealthCondition, ConditionShown, ConditionGiven, ConditionChanges)


@router.get("", summary="List health conditions")
def list_conditions(desk: ReadingDesk, window: WindowDep, case_id: OfCase = None) -> Page[ConditionShown]:
    """Conditions of the persons of the granted cases; the reading is noted in the audit."""
    return desk.page(FAMILY, window, case_id)


@router.post("", status_code=201, summary="Record a health condition")
def create_condition(given: ConditionGiven, desk: WritingDesk) -> ConditionShown:
    """The person must be one whom the case is about; what follows from it is opened at once."""
    return desk.add(FAMILY, given)


@router.get("/{condition_id}", summary="Read one health condition")
def read_condition(condition_id: UUID, desk: ReadingDesk) -> ConditionShown:
    """The reading is noted in the audit."""
    return desk.read(FAMILY, condition_id)


@router.patch("/{condition_id}", summary="Change a health condition")
def change_condition(
    condition_id: UUID, changes: ConditionChanges, desk: WritingDesk, if_match: IfMatch = None
) -> ConditionShown:
    """Say in `as_of` for which day the change is true."""
    return desk.change(FAMILY, condition_id, changes, if_match)
