"""Health conditions; every reading of them is noted."""

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
from service.commands.health import NewCondition, add_condition
from service.queries.visible import health_of
from service.records import HealthCondition
from service.security.policy import Action
from service.vocabulary import CareAccess, Certainty, OfficialPosition, Severity
from service.web import Now, PartsDep, Writing

router = APIRouter(prefix="/health-conditions", tags=["Health"])

OfCase = Annotated[UUID | None, Query(description="Only those of this case")]
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


@router.get("", summary="List health conditions")
def list_conditions(
    session: Writing, caller: Reader, window: WindowDep, parts: PartsDep, now: Now, case_id: OfCase = None
) -> Page[ConditionShown]:
    """Conditions of the persons of the granted cases; the reading is noted in the audit."""
    statement = select(HealthCondition).where(health_of(caller.actor, HealthCondition))
    if case_id is not None:
        statement = statement.where(HealthCondition.case_id == case_id)
    page = window.page(session, statement, HealthCondition.id, ConditionShown.model_validate)
    note_reading(session, caller, "health_condition", (i.id for i in page.items), now=now, vault=parts.vault)
    return page


@router.post("", status_code=201, summary="Record a health condition")
def create_condition(
    given: ConditionGiven, session: Writing, caller: Writer, parts: PartsDep, now: Now, response: Response
) -> ConditionShown:
    """The person must be one whom the case is about."""
    case = case_for(session, caller.actor, given.case_id)
    caller.require(Action.WRITE_CASE, case.id)
    new = NewCondition(**{name: getattr(given, name) for name in ConditionGiven.model_fields if name != "case_id"})
    condition = add_condition(session, case, new, now=now, by=caller.name, vault=parts.vault)
    show_version(response, condition.version)
    return ConditionShown.model_validate(condition)


@router.get("/{condition_id}", summary="Read one health condition")
def read_condition(
    condition_id: UUID, session: Writing, caller: Reader, parts: PartsDep, now: Now, response: Response
) -> ConditionShown:
    """The reading is noted in the audit."""
    condition = found(session, _condition(caller, condition_id))
    note_reading(session, caller, "health_condition", [condition.id], now=now, vault=parts.vault)
    show_version(response, condition.version)
    return ConditionShown.model_validate(condition)


@router.patch("/{condition_id}", summary="Change a health condition")
def change_condition(
    condition_id: UUID, changes: ConditionChanges, session: Writing, caller: Writer, parts: PartsDep, now: Now,
    response: Response, if_match: IfMatch = None,
) -> ConditionShown:  # fmt: skip
    """Say in `as_of` for which day the change is true."""
    condition = found_for_change(session, _condition(caller, condition_id))
    caller.require(Action.WRITE_CASE, condition.case_id)

    def shown() -> ConditionShown:
        note_reading(session, caller, "health_condition", [condition.id], now=now, vault=parts.vault)
        return ConditionShown.model_validate(condition)

    require_version(condition.version, if_match, shown=shown, wanted=changes)
    change(session, condition, changes.named(), now=now, by=caller.name, vault=parts.vault)
    show_version(response, condition.version)
    return ConditionShown.model_validate(condition)


def _condition(caller: Caller, condition_id: UUID) -> Select[HealthCondition]:
    visible = health_of(caller.actor, HealthCondition)
    return select(HealthCondition).where(HealthCondition.id == condition_id, visible)
