"""Assertions: single facts taken from sources, on which everything rests that is published."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field, StringConstraints, model_validator

from alerts.facts import Tier
from service.api.desk import Family, OfCase, ReadingDesk, WritingDesk
from service.api.paging import Page, WindowDep
from service.api.shapes import Given, Line, OpenTier, Shown, Text, example, not_null
from service.api.versions import IfMatch
from service.records import Assertion
from service.vocabulary import DatePrecision, Reliability, SourceConnection, Verification

router = APIRouter(prefix="/assertions", tags=["Evidence"])

Attribute = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=64)]
# Whoever was told must hear that it fell, so refuting one that is on record goes by a correction.
Unrefuted = Literal[Verification.CONFIRMED, Verification.PROBABLE, Verification.ALLEGED]
_OF = {"case_id": "01932a10-7a3e-7c11-8f4e-5f1d2c3b4a59", "source_id": "01932a10-7a3e-7c11-8f4e-5f1d2c3b4a80"}
_SAID = {
    "attribute": "access-to-lawyer", "value": "She has not seen a lawyer since her arrest.", "locator": "page 4",
    "connection": "family", "reliability": "moderately", "verification": "alleged", "tier": "restricted",
    "as_of": "2030-02-01",
}  # fmt: skip


class AssertionShown(Shown):
    """One fact taken from one source: what it says of which attribute, where, and how sure it is.

    `replaced_by_id` names the assertion that corrects it; `disputed_by` who says otherwise.
    """

    model_config = example(
        id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a81", **_OF, **_SAID, quote=None, occurred_on=None,
        occurred_precision="unknown", disputed_by=None, replaced_by_id=None, created_at="2030-02-01T08:00:00Z",
        version=1,
    )  # fmt: skip

    id: UUID
    case_id: UUID
    source_id: UUID
    tier: Tier
    attribute: str
    value: str
    locator: str
    quote: str | None
    connection: SourceConnection
    reliability: Reliability
    verification: Verification
    as_of: date
    occurred_on: date | None
    occurred_precision: DatePrecision
    disputed_by: str | None
    replaced_by_id: UUID | None
    created_at: datetime
    version: int


class AssertionGiven(Given):
    """An assertion to record; `attribute` is what it speaks of, so that claims of the same can be set side by side."""

    model_config = example(**_OF, **_SAID)

    case_id: UUID
    source_id: UUID
    attribute: Attribute
    value: Text
    locator: Line
    as_of: date
    connection: SourceConnection
    reliability: Reliability = Reliability.UNDETERMINED
    verification: Verification = Verification.ALLEGED
    tier: OpenTier = Tier.RESTRICTED
    quote: Text | None = None
    occurred_on: date | None = None
    occurred_precision: DatePrecision | None = None
    disputed_by: Text | None = None


class AssertionChanges(Given):
    """What is to change. What it says does not: another value is another assertion, and a correction of this one."""

    model_config = example(verification="confirmed", reliability="highly", as_of="2030-03-01")

    locator: Line | None = None
    quote: Text | None = None
    connection: SourceConnection | None = None
    reliability: Reliability | None = None
    verification: Annotated[
        Unrefuted | None, Field(description="To refute it, record a correction: whoever was told must hear of it")
    ] = None
    as_of: date | None = None
    occurred_on: date | None = None
    occurred_precision: DatePrecision | None = None

    @model_validator(mode="after")
    def _no_empty_columns(self) -> AssertionChanges:
        not_null(self, "locator", "connection", "reliability", "verification", "as_of", "occurred_precision")
        return self


FAMILY = Family(Assertion, AssertionShown, AssertionGiven, AssertionChanges)


@router.get("", summary="List assertions")
def list_assertions(desk: ReadingDesk, window: WindowDep, case_id: OfCase = None) -> Page[AssertionShown]:
    """Assertions of the granted cases; the reading is noted in the audit."""
    return desk.page(FAMILY, window, case_id)


@router.post("", status_code=201, summary="Record an assertion")
def create_assertion(given: AssertionGiven, desk: WritingDesk) -> AssertionShown:
    """What follows from it is opened at once."""
    return desk.add(FAMILY, given)


@router.get("/{assertion_id}", summary="Read one assertion")
def read_assertion(assertion_id: UUID, desk: ReadingDesk) -> AssertionShown:
    """The reading is noted in the audit."""
    return desk.read(FAMILY, assertion_id)


@router.patch("/{assertion_id}", summary="Change an assertion")
def change_assertion(
    assertion_id: UUID, changes: AssertionChanges, desk: WritingDesk, if_match: IfMatch = None
) -> AssertionShown:
    """How sure it is, and where its source says so."""
    return desk.change(FAMILY, assertion_id, changes, if_match)
