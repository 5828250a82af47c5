"""Demands and what became of them: the ledger of recommendations."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from service.api.access import Caller, Reader, Writer
from service.api.paging import Page, WindowDep
from service.api.reading import found
from service.api.shapes import Given, Line, Shown, Text, example
from service.api.versions import show_version
from service.commands.demands import NewAssessment, assess
from service.queries.visible import demands_of
from service.records import Demand, DemandAssessment
from service.security.policy import Action
from service.vocabulary import Implementation, StateResponse
from service.web import Now, PartsDep, Reading, Writing

router = APIRouter(prefix="/demands", tags=["Demands"])

_ID = "01932a10-7a3e-7c11-8f4e-5f1d2c3b4a70"
_FOUND = {
    "assessed_on": "2030-03-01", "state_response": "supported", "implementation": "in_progress",
    "evidence": "A draft law was laid before parliament.", "locator": "page 3",
}  # fmt: skip


class DemandShown(Shown):
    """A recommendation to the state; response and implementation are those of its latest assessment."""

    model_config = example(
        id=_ID, case_file="report-2030", code="1S2", text="Give all prisoners adequate medical care.",
        addressee="The government", category=None, state_response="supported", implementation="in_progress",
        case_ids=["01932a10-7a3e-7c11-8f4e-5f1d2c3b4a59"], duplicate_of_id=None, version=2,
    )  # fmt: skip

    id: UUID
    case_file: str
    code: str
    text: str
    addressee: str
    category: int | None
    state_response: StateResponse | None
    implementation: Implementation
    case_ids: tuple[UUID, ...]
    duplicate_of_id: UUID | None
    version: int

    @classmethod
    def of(cls, demand: Demand) -> DemandShown:
        """The demand with the ids of its cases."""
        columns = {name: getattr(demand, name) for name in cls.model_fields if name != "case_ids"}
        return cls(**columns, case_ids=tuple(sorted(case.id for case in demand.cases)))


class AssessmentShown(Shown):
    """What was found of a demand on one day."""

    model_config = example(
        **_FOUND, id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a71", demand_id=_ID, source="report-2030-march",
        recorded_by="Alice", created_at="2030-03-02T08:00:00Z",
    )  # fmt: skip

    id: UUID
    demand_id: UUID
    assessed_on: date
    state_response: StateResponse | None
    implementation: Implementation
    evidence: str
    locator: str | None
    source: str
    recorded_by: str
    created_at: datetime

    @classmethod
    def of(cls, assessment: DemandAssessment) -> AssessmentShown:
        """The assessment with its source's key."""
        columns = {name: getattr(assessment, name) for name in cls.model_fields if name != "source"}
        return cls(**columns, source=assessment.source.key)


class AssessmentGiven(Given):
    """What was found; `source` is the key of a public source, `state_response` null: nothing new of the answer."""

    model_config = example(**_FOUND, source="report-2030-march")

    assessed_on: date
    implementation: Implementation
    evidence: Text
    source: Line
    state_response: StateResponse | None = None
    locator: Line | None = None


@router.get("", summary="List demands")
def list_demands(
    session: Reading,
    caller: Reader,
    window: WindowDep,
    case_file: Annotated[str | None, Query(description="Only those of this case file", max_length=64)] = None,
    implementation: Annotated[Implementation | None, Query(description="How far they are carried out")] = None,
) -> Page[DemandShown]:
    """What is asked of states in the granted cases; who was granted all of them sees every demand."""
    statement = select(Demand).where(demands_of(caller.actor)).options(selectinload(Demand.cases))
    for column, wanted in ((Demand.case_file, case_file), (Demand.implementation, implementation)):
        if wanted is not None:
            statement = statement.where(column == wanted)
    return window.page(session, statement, Demand.id, DemandShown.of)


@router.get("/{demand_id}", summary="Read one demand")
def read_demand(demand_id: UUID, session: Reading, caller: Reader, response: Response) -> DemandShown:
    """The demand as its latest assessment leaves it."""
    demand = found(session, _one(caller, demand_id))
    show_version(response, demand.version)
    return DemandShown.of(demand)


@router.get("/{demand_id}/assessments", summary="List what was found of a demand")
def list_assessments(demand_id: UUID, session: Reading, caller: Reader, window: WindowDep) -> Page[AssessmentShown]:
    """Every assessment, in an order that stays."""
    demand = found(session, _one(caller, demand_id))
    statement = select(DemandAssessment).where(DemandAssessment.demand_id == demand.id)
    return window.page(session, statement, DemandAssessment.id, AssessmentShown.of)


@router.post("/{demand_id}/assessments", status_code=201, summary="Record what was found of a demand")
def create_assessment(
    demand_id: UUID, given: AssessmentGiven, session: Writing, caller: Writer, parts: PartsDep, now: Now
) -> AssessmentShown:
    """Needs a grant for writing on every case of the demand; a demand of no case needs one on all cases."""
    demand = found(session, _one(caller, demand_id))
    if not demand.cases:
        caller.require(Action.WRITE_ALL_CASES)
    for case in demand.cases:
        caller.require(Action.WRITE_CASE, case.id)
    new = NewAssessment(**{name: getattr(given, name) for name in AssessmentGiven.model_fields})
    return AssessmentShown.of(assess(session, demand, new, now=now, by=caller.name, vault=parts.vault))


def _one(caller: Caller, demand_id: UUID) -> Select[Demand]:
    return select(Demand).where(Demand.id == demand_id, demands_of(caller.actor)).options(selectinload(Demand.cases))
