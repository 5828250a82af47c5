"""Parole reviews: eligibility, hearing, positions, decision, appeal."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import model_validator

from service.api.desk import Family, OfCase, ReadingDesk, WritingDesk
from service.api.paging import Page, WindowDep
from service.api.shapes import OF, Given, Line, Shown, example, not_null
from service.api.versions import IfMatch
from service.records import ParoleReview
from service.vocabulary import ParoleDecision, Position

router = APIRouter(prefix="/parole-reviews", tags=["Justice"])

_REVIEW = {
    "eligible_on": "2030-06-01", "hearing_on": "2030-06-20", "decision": "pending", "prosecutor_position": "support",
    "administration_position": "support", "as_of": "2030-05-02",
}  # fmt: skip


class ReviewShown(Shown):
    """A parole review: where prosecutor and administration stand, and what was decided."""

    model_config = example(
        id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a61", **OF, **_REVIEW, decided_on=None, appeal_by=None, locator="page 8",
        created_at="2030-05-02T08:00:00Z", version=1,
    )  # fmt: skip

    id: UUID
    case_id: UUID
    person_id: UUID
    eligible_on: date | None
    hearing_on: date | None
    decided_on: date | None
    decision: ParoleDecision
    prosecutor_position: Position
    administration_position: Position
    appeal_by: date | None
    as_of: date
    locator: str | None
    created_at: datetime | None
    version: int


class ReviewGiven(Given):
    """A parole review to record."""

    model_config = example(**OF, **_REVIEW)

    case_id: UUID
    person_id: UUID
    as_of: date
    eligible_on: date | None = None
    hearing_on: date | None = None
    decided_on: date | None = None
    decision: ParoleDecision = ParoleDecision.PENDING
    prosecutor_position: Position = Position.UNKNOWN
    administration_position: Position = Position.UNKNOWN
    appeal_by: date | None = None
    locator: Line | None = None


class ReviewChanges(Given):
    """What is to change; what is not named stays."""

    model_config = example(decided_on="2030-06-20", decision="refused", appeal_by="2030-07-05", as_of="2030-06-21")

    eligible_on: date | None = None
    hearing_on: date | None = None
    decided_on: date | None = None
    decision: ParoleDecision | None = None
    prosecutor_position: Position | None = None
    administration_position: Position | None = None
    appeal_by: date | None = None
    as_of: date | None = None
    locator: Line | None = None

    @model_validator(mode="after")
    def _no_empty_columns(self) -> ReviewChanges:
        not_null(self, "decision", "prosecutor_position", "administration_position", "as_of")
        return self


FAMILY = Family(ParoleReview, ReviewShown, ReviewGiven, ReviewChanges)


@router.get("", summary="List parole reviews")
def list_reviews(desk: ReadingDesk, window: WindowDep, case_id: OfCase = None) -> Page[ReviewShown]:
    """Parole reviews of the persons of the granted cases; the reading is noted in the audit."""
    return desk.page(FAMILY, window, case_id)


@router.post("", status_code=201, summary="Record a parole review")
def create_review(given: ReviewGiven, desk: WritingDesk) -> ReviewShown:
    """The person must be one whom the case is about."""
    return desk.add(FAMILY, given)


@router.get("/{review_id}", summary="Read one parole review")
def read_review(review_id: UUID, desk: ReadingDesk) -> ReviewShown:
    """The reading is noted in the audit."""
    return desk.read(FAMILY, review_id)


@router.patch("/{review_id}", summary="Change a parole review")
def change_review(review_id: UUID, changes: ReviewChanges, desk: WritingDesk, if_match: IfMatch = None) -> ReviewShown:
    """A hearing that is set or moved, a position, a decision. Say in `as_of` for which day the change is true."""
    return desk.change(FAMILY, review_id, changes, if_match)
