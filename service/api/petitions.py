"""Petitions: complaints and communications to whoever must answer or decide."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field, model_validator

from service.api.desk import Family, OfCase, ReadingDesk, WritingDesk
from service.api.paging import Page, WindowDep
from service.api.shapes import OF, Given, Line, Shown, Text, example, not_null
from service.api.versions import IfMatch
from service.records import Petition
from service.vocabulary import DatePrecision, Mechanism

router = APIRouter(prefix="/petitions", tags=["Petitions"])

# Ten years: more is a slip of the keyboard.
Days = Annotated[int, Field(ge=1, le=3_660)]
_PETITION = {
    "mechanism": "domestic_complaint", "addressee": "Prosecutor General", "subject": "The cell is not heated",
    "reference": "12-345", "sent_on": "2030-02-01", "reply_within_days": 15, "reply_basis": "Complaints Act, section 8",
    "counts_working_days": True, "as_of": "2030-02-02",
}  # fmt: skip


class PetitionShown(Shown):
    """A complaint, communication or report, and what became of it.

    `reply_within_days` is the term that a law gives for this petition; null: the mechanism's own.
    """

    model_config = example(
        id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a61", **OF, **_PETITION, sent_precision="day", decided_on=None,
        decision=None, answered_on=None, answer=None, withdrawn_on=None, locator="page 9",
        created_at="2030-02-02T08:00:00Z", version=1,
    )  # fmt: skip

    id: UUID
    case_id: UUID
    person_id: UUID | None
    mechanism: Mechanism
    addressee: str
    subject: str
    reference: str | None
    sent_on: date | None
    sent_precision: DatePrecision
    reply_within_days: int | None
    reply_basis: str | None
    counts_working_days: bool
    decided_on: date | None
    decision: str | None
    answered_on: date | None
    answer: str | None
    withdrawn_on: date | None
    as_of: date
    locator: str | None
    created_at: datetime
    version: int


class PetitionGiven(Given):
    """A petition to record; a date without its precision is known to the day."""

    model_config = example(**OF, **_PETITION)

    case_id: UUID
    mechanism: Mechanism
    addressee: Line
    subject: Text
    as_of: date
    person_id: UUID | None = None
    reference: Line | None = None
    sent_on: date | None = None
    sent_precision: DatePrecision | None = None
    reply_within_days: Days | None = None
    reply_basis: Text | None = None
    counts_working_days: bool = False
    decided_on: date | None = None
    decision: Text | None = None
    answered_on: date | None = None
    answer: Text | None = None
    withdrawn_on: date | None = None
    locator: Line | None = None


class PetitionChanges(Given):
    """What is to change; what is not named stays."""

    model_config = example(answered_on="2030-02-20", answer="The heating works", as_of="2030-02-21")

    addressee: Line | None = None
    subject: Text | None = None
    reference: Line | None = None
    sent_on: date | None = None
    sent_precision: DatePrecision | None = None
    reply_within_days: Days | None = None
    reply_basis: Text | None = None
    counts_working_days: bool | None = None
    decided_on: date | None = None
    decision: Text | None = None
    answered_on: date | None = None
    answer: Text | None = None
    withdrawn_on: date | None = None
    as_of: date | None = None
    locator: Line | None = None

    @model_validator(mode="after")
    def _no_empty_columns(self) -> PetitionChanges:
        not_null(self, "addressee", "subject", "sent_precision", "counts_working_days", "as_of")
        return self


FAMILY = Family(Petition, PetitionShown, PetitionGiven, PetitionChanges)


@router.get("", summary="List petitions")
def list_petitions(desk: ReadingDesk, window: WindowDep, case_id: OfCase = None) -> Page[PetitionShown]:
    """Petitions of the granted cases; the reading is noted in the audit."""
    return desk.page(FAMILY, window, case_id)


@router.post("", status_code=201, summary="Record a petition")
def create_petition(given: PetitionGiven, desk: WritingDesk) -> PetitionShown:
    """A person who is named must be one whom the case is about. A term needs the law that gives it."""
    return desk.add(FAMILY, given)


@router.get("/{petition_id}", summary="Read one petition")
def read_petition(petition_id: UUID, desk: ReadingDesk) -> PetitionShown:
    """The reading is noted in the audit."""
    return desk.read(FAMILY, petition_id)


@router.patch("/{petition_id}", summary="Change a petition")
def change_petition(
    petition_id: UUID, changes: PetitionChanges, desk: WritingDesk, if_match: IfMatch = None
) -> PetitionShown:
    """An answer, a decision, a withdrawal. Say in `as_of` for which day the change is true."""
    return desk.change(FAMILY, petition_id, changes, if_match)
