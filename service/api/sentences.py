"""Sentences: terms as pronounced."""

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
from service.records import Sentence
from service.vocabulary import DatePrecision

router = APIRouter(prefix="/sentences", tags=["Justice"])

# As in a case file: a hundred years.
Months = Annotated[int, Field(ge=0, le=1_200)]
_TERM = {
    "pronounced_on": "2030-01-10", "months": 72, "confiscation": False, "offences": "Article 100",
    "ends_on": "2036-01-10", "as_of": "2030-01-12",
}  # fmt: skip


class SentenceShown(Shown):
    """A term in months; `ends_on` only where a source states it."""

    model_config = example(
        id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a61", **OF, **_TERM, pronounced_precision="day", locator="page 7",
        created_at="2030-01-12T08:00:00Z", version=1,
    )  # fmt: skip

    id: UUID
    case_id: UUID
    person_id: UUID
    pronounced_on: date | None
    pronounced_precision: DatePrecision
    months: int | None
    confiscation: bool
    offences: str | None
    ends_on: date | None
    as_of: date
    locator: str | None
    created_at: datetime | None
    version: int


class SentenceGiven(Given):
    """A sentence to record; a date without its precision is known to the day."""

    model_config = example(**OF, **_TERM)

    case_id: UUID
    person_id: UUID
    as_of: date
    pronounced_on: date | None = None
    pronounced_precision: DatePrecision | None = None
    months: Months | None = None
    confiscation: bool = False
    offences: Text | None = None
    ends_on: date | None = None
    locator: Line | None = None


class SentenceChanges(Given):
    """What is to change; what is not named stays."""

    model_config = example(months=60, ends_on="2035-01-10", as_of="2030-08-01")

    pronounced_on: date | None = None
    pronounced_precision: DatePrecision | None = None
    months: Months | None = None
    confiscation: bool | None = None
    offences: Text | None = None
    ends_on: date | None = None
    as_of: date | None = None
    locator: Line | None = None

    @model_validator(mode="after")
    def _no_empty_columns(self) -> SentenceChanges:
        not_null(self, "pronounced_precision", "confiscation", "as_of")
        return self


FAMILY = Family(Sentence, SentenceShown, SentenceGiven, SentenceChanges)


@router.get("", summary="List sentences")
def list_sentences(desk: ReadingDesk, window: WindowDep, case_id: OfCase = None) -> Page[SentenceShown]:
    """Sentences of the persons of the granted cases; the reading is noted in the audit."""
    return desk.page(FAMILY, window, case_id)


@router.post("", status_code=201, summary="Record a sentence")
def create_sentence(given: SentenceGiven, desk: WritingDesk) -> SentenceShown:
    """The person must be one whom the case is about."""
    return desk.add(FAMILY, given)


@router.get("/{sentence_id}", summary="Read one sentence")
def read_sentence(sentence_id: UUID, desk: ReadingDesk) -> SentenceShown:
    """The reading is noted in the audit."""
    return desk.read(FAMILY, sentence_id)


@router.patch("/{sentence_id}", summary="Change a sentence")
def change_sentence(
    sentence_id: UUID, changes: SentenceChanges, desk: WritingDesk, if_match: IfMatch = None
) -> SentenceShown:
    """A term that a higher court alters is changed here. Say in `as_of` for which day the change is true."""
    return desk.change(FAMILY, sentence_id, changes, if_match)
