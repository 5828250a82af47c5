"""Corrections: what is wrong with an assertion, for everybody who was told anything of its case since."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import Select, select

from service.api.cases import case_for
from service.api.desk import Desk, OfCase, ReadingDesk, WritingDesk
from service.api.paging import Page, WindowDep
from service.api.reading import found, found_for_change
from service.api.shapes import Given, Shown, Text, example
from service.api.versions import IfMatch
from service.commands.corrections import NewCorrection, draft_correction, drop_correction, send_correction
from service.facts import correction_snapshot, gates_for
from service.queries.visible import corrections_of, facts_of
from service.records import Assertion, Correction
from service.security.policy import Action
from service.vocabulary import CorrectionKind, CorrectionStatus

router = APIRouter(prefix="/corrections", tags=["Evidence"])

_WORDS = {
    "assertion_id": "01932a10-7a3e-7c11-8f4e-5f1d2c3b4a81", "kind": "corrected",
    "was": "She has not seen a lawyer since her arrest.", "reads": "She saw a lawyer once, on the day of her arrest.",
    "reason": "The lawyer has shown us the record of the visit.", "speaks_of_health": False,
}  # fmt: skip


class CorrectionShown(Shown):
    """What was said, what is said instead, and why; `told` is to how many destinations it was sent."""

    model_config = example(
        id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a82", case_id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a59", **_WORDS,
        status="sent", told=12, created_at="2030-02-03T08:00:00Z", sent_at="2030-02-03T09:00:00Z", version=2,
    )  # fmt: skip

    id: UUID
    case_id: UUID
    assertion_id: UUID
    kind: CorrectionKind
    status: CorrectionStatus
    was: str
    reads: str | None
    reason: str
    speaks_of_health: bool
    told: int
    created_at: datetime
    sent_at: datetime | None
    version: int


class CorrectionGiven(Given):
    """What is wrong with an assertion, in words that name nobody.

    `corrected` needs the assertion that takes its place (`replacement_id`) and what is said instead (`reads`);
    `disputed` who says otherwise (`disputed_by`); `retracted` neither.
    """

    model_config = example(**_WORDS, replacement_id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a83")

    assertion_id: UUID
    kind: CorrectionKind
    was: Text
    reason: Text
    reads: Text | None = None
    speaks_of_health: bool = False
    disputed_by: Text | None = None
    replacement_id: UUID | None = None


@router.get("", summary="List corrections")
def list_corrections(desk: ReadingDesk, window: WindowDep, case_id: OfCase = None) -> Page[CorrectionShown]:
    """Corrections of the granted cases; the reading is noted in the audit."""
    statement = select(Correction).where(corrections_of(desk.caller.actor))
    if case_id is not None:
        statement = statement.where(Correction.case_id == case_id)
    page = window.page(desk.session, statement, Correction.id, CorrectionShown.model_validate)
    desk.note("correction", *(item.id for item in page.items))
    return page


@router.post("", status_code=201, summary="Draft a correction")
def create_correction(given: CorrectionGiven, desk: WritingDesk) -> CorrectionShown:
    """The assertion loses its ground at once; nobody is told before a second member has approved the words."""
    assertion = found_for_change(desk.session, _assertion(desk, given.assertion_id))
    case = case_for(desk.session, desk.caller.actor, assertion.case_id)
    desk.caller.require(Action.WRITE_CASE, case.id)
    stated = given.stated()
    del stated["assertion_id"]
    replacement_id = stated.pop("replacement_id")
    if replacement_id is not None:
        stated["replacement"] = found(desk.session, _assertion(desk, replacement_id))
    new = NewCorrection(**stated)
    correction = draft_correction(desk.session, case, assertion, new, now=desk.now, by=desk.by, vault=desk.vault)
    return desk.answer(CorrectionShown, correction)


@router.get("/{correction_id}", summary="Read one correction")
def read_correction(correction_id: UUID, desk: ReadingDesk) -> CorrectionShown:
    """The reading is noted in the audit."""
    correction = found(desk.session, _one(desk, correction_id))
    desk.note("correction", correction.id)
    return desk.answer(CorrectionShown, correction)


@router.post("/{correction_id}/send", summary="Approve a correction that another member wrote")
def send(correction_id: UUID, desk: WritingDesk, if_match: IfMatch = None) -> CorrectionShown:
    """For coordinators and administrators with a grant for writing, never its author. It goes out at once."""
    correction = _writable(desk, correction_id, if_match)
    desk.caller.require(Action.APPROVE_CORRECTION, correction.case_id)
    snapshot = partial(correction_snapshot, links=desk.parts.links)
    send_correction(
        desk.session, correction, now=desk.now, by=desk.by, consents_of=gates_for, snapshot=snapshot, vault=desk.vault
    )
    return desk.answer(CorrectionShown, correction)


@router.post("/{correction_id}/drop", summary="Tell nobody of a correction")
def drop(correction_id: UUID, desk: WritingDesk, if_match: IfMatch = None) -> CorrectionShown:
    """What became of the assertion stays as it is."""
    correction = _writable(desk, correction_id, if_match)
    drop_correction(desk.session, correction, now=desk.now, by=desk.by, vault=desk.vault)
    return desk.answer(CorrectionShown, correction)


def _writable(desk: Desk, correction_id: UUID, if_match: str | None) -> Correction:
    correction = found_for_change(desk.session, _one(desk, correction_id))
    desk.start(correction, correction.case_id, if_match, shown=CorrectionShown)
    return correction


def _one(desk: Desk, correction_id: UUID) -> Select[Correction]:
    return select(Correction).where(Correction.id == correction_id, corrections_of(desk.caller.actor))


def _assertion(desk: Desk, assertion_id: UUID) -> Select[Assertion]:
    return select(Assertion).where(Assertion.id == assertion_id, facts_of(desk.caller.actor, Assertion))
