"""Pauses of a petition's clock: while one is open, its days are not counted."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import model_validator
from sqlalchemy import select

from service.api.desk import Desk, ReadingDesk, WritingDesk
from service.api.paging import Page, WindowDep
from service.api.reading import found, found_for_change
from service.api.shapes import Given, Shown, Text, example, not_null
from service.api.versions import IfMatch
from service.commands.change import change
from service.commands.record_facts import add_pause
from service.records import ClockPause, Petition
from service.security.policy import Action

router = APIRouter(prefix="/petitions/{petition_id}/pauses", tags=["Petitions"])

_PAUSE = {"from_on": "2030-02-10", "reason": "The file was asked for", "basis": "Complaints Act, section 9"}


class PauseShown(Shown):
    """Days on which the clock stands still, the first and the last included; `until_on` null: it still does."""

    model_config = example(
        id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a62", petition_id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a61", **_PAUSE,
        until_on=None, created_at="2030-02-11T08:00:00Z", version=1,
    )  # fmt: skip

    id: UUID
    petition_id: UUID
    from_on: date
    until_on: date | None
    reason: str
    basis: str
    created_at: datetime
    version: int


class PauseGiven(Given):
    """A pause to record; `basis` is what lets the clock stand still."""

    model_config = example(**_PAUSE)

    from_on: date
    reason: Text
    basis: Text
    until_on: date | None = None


class PauseChanges(Given):
    """What is to change; what is not named stays."""

    model_config = example(until_on="2030-02-17")

    from_on: date | None = None
    until_on: date | None = None
    reason: Text | None = None
    basis: Text | None = None

    @model_validator(mode="after")
    def _no_empty_columns(self) -> PauseChanges:
        not_null(self, "from_on", "reason", "basis")
        return self


@router.get("", summary="List the pauses of a petition's clock")
def list_pauses(petition_id: UUID, desk: ReadingDesk, window: WindowDep) -> Page[PauseShown]:
    """The reading is noted in the audit."""
    petition = desk.find(Petition, petition_id)
    statement = select(ClockPause).where(ClockPause.petition_id == petition.id)
    page = window.page(desk.session, statement, ClockPause.id, PauseShown.model_validate)
    desk.note("clock_pause", *(pause.id for pause in page.items))
    return page


@router.post("", status_code=201, summary="Let a petition's clock stand still")
def create_pause(petition_id: UUID, given: PauseGiven, desk: WritingDesk) -> PauseShown:
    """Without `until_on` it stands still until further notice."""
    petition = desk.find(Petition, petition_id)
    desk.caller.require(Action.WRITE_CASE, petition.case_id)
    pause = add_pause(desk.session, petition, given.stated(), now=desk.now, by=desk.caller.name, vault=desk.vault)
    desk.follow(petition.case_id)
    return desk.answer(PauseShown, pause)


@router.get("/{pause_id}", summary="Read one pause of a petition's clock")
def read_pause(petition_id: UUID, pause_id: UUID, desk: ReadingDesk) -> PauseShown:
    """The reading is noted in the audit."""
    pause = _pause(desk, petition_id, pause_id)
    desk.note("clock_pause", pause.id)
    return desk.answer(PauseShown, pause)


@router.patch("/{pause_id}", summary="Change a pause of a petition's clock")
def change_pause(
    petition_id: UUID, pause_id: UUID, changes: PauseChanges, desk: WritingDesk, if_match: IfMatch = None
) -> PauseShown:
    """`until_on` is its last day: the clock goes on after it."""
    pause = _pause(desk, petition_id, pause_id, for_change=True)
    desk.start(pause, pause.petition.case_id, if_match, shown=PauseShown, wanted=changes)
    change(desk.session, pause, changes.named(), now=desk.now, by=desk.caller.name, vault=desk.vault)
    desk.follow(pause.petition.case_id)
    return desk.answer(PauseShown, pause)


def _pause(desk: Desk, petition_id: UUID, pause_id: UUID, *, for_change: bool = False) -> ClockPause:
    petition = desk.find(Petition, petition_id)
    look = found_for_change if for_change else found
    return look(desk.session, select(ClockPause).where(ClockPause.id == pause_id, ClockPause.petition == petition))
