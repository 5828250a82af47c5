"""Urgent actions: drafted, reviewed, approved by a second member, and followed up to their end."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import func, select

from service.api.access import Reader
from service.api.cases import case_for
from service.api.desk import Desk, WritingDesk
from service.api.paging import Page, WindowDep
from service.api.reading import found, found_for_change
from service.api.shapes import Given
from service.api.urgent_action_ends import LettersGiven, LettersShown, OutcomeGiven, StopGiven
from service.api.urgent_action_shapes import (
    UrgentActionChanges,
    UrgentActionGiven,
    UrgentActionShown,
    WordsGiven,
    asked,
    cited,
)
from service.api.versions import IfMatch, require_version, show_version
from service.commands.close_urgent_action import close, report_letters
from service.commands.later_versions import further_information, stop_action
from service.commands.urgent_action_words import words_of
from service.commands.urgent_actions import approve, draft, redraft, submit, take_back
from service.facts import gates_for
from service.queries.visible import urgent_actions_of
from service.records import LetterReport, UrgentAction
from service.security.policy import Action
from service.vocabulary import UrgentActionStatus
from service.web import Reading

router = APIRouter(prefix="/urgent-actions", tags=["Urgent actions"])


@router.get("", summary="List urgent actions")
def list_actions(
    session: Reading,
    caller: Reader,
    window: WindowDep,
    case_id: Annotated[UUID | None, Query(description="Only those of this case")] = None,
    status: Annotated[UrgentActionStatus | None, Query(description="Where they stand")] = None,
) -> Page[UrgentActionShown]:
    """Every version of every urgent action of the granted cases, in an order that stays."""
    statement = select(UrgentAction).where(urgent_actions_of(caller.actor))
    for column, wanted in ((UrgentAction.case_id, case_id), (UrgentAction.status, status)):
        if wanted is not None:
            statement = statement.where(column == wanted)
    return window.page(session, statement, UrgentAction.id, UrgentActionShown.of)


@router.post("", status_code=201, summary="Draft an urgent action")
def create_action(given: UrgentActionGiven, desk: WritingDesk) -> UrgentActionShown:
    """It gets the next number of the year. Nothing is told to anybody before a second member approves it."""
    case = case_for(desk.session, desk.caller.actor, given.case_id)
    desk.caller.require(Action.WRITE_CASE, case.id)
    action = draft(desk.session, case, given.words(), now=desk.now, by=desk.by, vault=desk.vault)
    return _shown(action, desk.response)


@router.get("/{action_id}", summary="Read one version of an urgent action")
def read_action(action_id: UUID, session: Reading, caller: Reader, response: Response) -> UrgentActionShown:
    """The version with its words."""
    action = found(session, select(UrgentAction).where(UrgentAction.id == action_id, urgent_actions_of(caller.actor)))
    return _shown(action, response)


@router.patch("/{action_id}", summary="Change a draft")
def change_action(
    action_id: UUID, changes: UrgentActionChanges, desk: WritingDesk, if_match: IfMatch = None
) -> UrgentActionShown:
    """Only a draft can be changed: what is in review is taken back first, and what was issued is never edited."""
    action = _writable(desk, action_id, if_match, changes)
    named = changes.named()
    for name, read in (("demands", asked), ("sources", cited)):
        if name in named:
            named[name] = read(named[name])
    words = replace(words_of(action), **named)
    redraft(desk.session, action, words, now=desk.now, by=desk.by, vault=desk.vault)
    return _shown(action, desk.response)


@router.post("/{action_id}/submit", summary="Ask a second member to look at a draft")
def submit_action(action_id: UUID, desk: WritingDesk, if_match: IfMatch = None) -> UrgentActionShown:
    """From here on it is not changed unless it is taken back."""
    action = _writable(desk, action_id, if_match)
    submit(desk.session, action, now=desk.now, by=desk.by, vault=desk.vault)
    return _shown(action, desk.response)


@router.post("/{action_id}/approve", summary="Approve what another member wrote")
def approve_action(action_id: UUID, desk: WritingDesk, if_match: IfMatch = None) -> UrgentActionShown:
    """For coordinators and administrators with a grant for writing, never its author. It goes out 60 seconds later."""
    action = _writable(desk, action_id, if_match)
    desk.caller.require(Action.APPROVE_URGENT_ACTION, action.case_id)
    approve(desk.session, action, now=desk.now, by=desk.by, consents_of=gates_for, vault=desk.vault)
    return _shown(action, desk.response)


@router.post("/{action_id}/take-back", summary="Make an unissued version a draft again")
def take_back_action(action_id: UUID, desk: WritingDesk, if_match: IfMatch = None) -> UrgentActionShown:
    """Out of the review, within the hold-back, or after it was suspended."""
    action = _writable(desk, action_id, if_match)
    take_back(desk.session, action, now=desk.now, by=desk.by, vault=desk.vault)
    return _shown(action, desk.response)


@router.post("/{action_id}/further-information", status_code=201, summary="Draft the next version")
def further_action(
    action_id: UUID, given: WordsGiven, desk: WritingDesk, if_match: IfMatch = None
) -> UrgentActionShown:
    """It goes to everybody who got an earlier version and to all who match when it is issued."""
    action = _writable(desk, action_id, if_match, given)
    later = further_information(desk.session, action, given.words(), now=desk.now, by=desk.by, vault=desk.vault)
    return _shown(later, desk.response)


@router.post("/{action_id}/stop-action", status_code=201, summary="Draft the stop action")
def stop(action_id: UUID, given: StopGiven, desk: WritingDesk, if_match: IfMatch = None) -> UrgentActionShown:
    """Asks everybody who got the action to stop writing; what has not left of earlier versions does not leave then."""
    action = _writable(desk, action_id, if_match, given)
    later = stop_action(
        desk.session, action, outcome=given.outcome, why=given.why, now=desk.now, by=desk.by, vault=desk.vault
    )
    return _shown(later, desk.response)


@router.post("/{action_id}/close", summary="Close what is out, with its outcome")
def close_action(
    action_id: UUID, given: OutcomeGiven, desk: WritingDesk, if_match: IfMatch = None
) -> UrgentActionShown:
    """Tells nobody anything; a stop action does."""
    action = _writable(desk, action_id, if_match, given)
    close(desk.session, action, outcome=given.outcome, now=desk.now, by=desk.caller.name, vault=desk.vault)
    return _shown(action, desk.response)


@router.post("/{action_id}/letters", status_code=201, summary="Report letters as a count")
def report(action_id: UUID, given: LettersGiven, desk: WritingDesk) -> LettersShown:
    """Adds to what was reported for that day and language. Who wrote is never asked."""
    action = _one(desk, action_id)
    report_letters(
        desk.session, action, reported_on=given.reported_on, language=given.language, letters=given.letters, now=desk.now,
        by=desk.caller.name, vault=desk.vault,
    )  # fmt: skip
    rows = desk.session.execute(
        select(LetterReport.language, func.sum(LetterReport.letters))
        .where(LetterReport.urgent_action_id == action.id)
        .group_by(LetterReport.language)
        .order_by(LetterReport.language)
    )
    by_language = {row[0]: int(row[1]) for row in rows}
    return LettersShown(by_language=by_language, total=sum(by_language.values()))


def _writable(desk: Desk, action_id: UUID, if_match: str | None, wanted: Given | None = None) -> UrgentAction:
    action = _one(desk, action_id)
    require_version(action.version, if_match, shown=lambda: UrgentActionShown.of(action), wanted=wanted)
    return action


def _one(desk: Desk, action_id: UUID) -> UrgentAction:
    visible = urgent_actions_of(desk.caller.actor)
    action = found_for_change(desk.session, select(UrgentAction).where(UrgentAction.id == action_id, visible))
    desk.caller.require(Action.WRITE_CASE, action.case_id)
    return action


def _shown(action: UrgentAction, response: Response) -> UrgentActionShown:
    show_version(response, action.version)
    return UrgentActionShown.of(action)
