"""A death, a release, a consent that is withdrawn: each stops in one transaction all that was queued."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy import select

from service.api.desk import Desk, WritingDesk
from service.api.persons import person_shown
from service.api.reading import found_for_change
from service.api.shapes import Given, Shown, example
from service.api.versions import IfMatch, require_version, show_version
from service.commands.record_fates import Stopped, record_death, record_release
from service.commands.withdraw_consent import withdraw_consent
from service.errors import NotAllowed
from service.facts import says_too_much
from service.queries.visible import case_ids_of, persons_of
from service.records import Person
from service.records.cases import case_person
from service.security.policy import Action, may
from service.vocabulary import ConsentScope, DetentionStatus

router = APIRouter(prefix="/persons", tags=["Persons"])


class DeathGiven(Given):
    """The day, and whether it happened in custody."""

    model_config = example(on="2030-03-01", in_custody=True)

    on: date
    in_custody: bool


class ReleaseGiven(Given):
    """The day and the way in which the person came free."""

    model_config = example(on="2030-03-01", status="released_parole")

    on: date
    status: DetentionStatus


class WithdrawalGiven(Given):
    """What is no longer agreed to."""

    model_config = example(scope="name_publicly")

    scope: ConsentScope


class StoppedShown(Shown):
    """What it stopped: deliveries that were queued, follow-ups without an object, versions unsent; and what it drafted."""

    model_config = example(
        deliveries=412, follow_ups=2, suspended=[], stop_actions=["01932a10-7a3e-7c11-8f4e-5f1d2c3b4a72"]
    )

    deliveries: int
    follow_ups: int
    suspended: tuple[UUID, ...]
    stop_actions: tuple[UUID, ...]


@router.post("/{person_id}/death", summary="Record a death")
def death(person_id: UUID, given: DeathGiven, desk: WritingDesk, if_match: IfMatch = None) -> StoppedShown:
    """Nothing that was queued about the person leaves any more; a stop action is drafted for each call that is out."""
    person = _writable(desk, person_id, if_match, given)
    stopped = record_death(
        desk.session, person, on=given.on, in_custody=given.in_custody, now=desk.now, by=desk.by, vault=desk.vault
    )
    return _shown(stopped, person, desk.response)


@router.post("/{person_id}/release", summary="Record a release")
def release(person_id: UUID, given: ReleaseGiven, desk: WritingDesk, if_match: IfMatch = None) -> StoppedShown:
    """The same as for a death."""
    person = _writable(desk, person_id, if_match, given)
    stopped = record_release(
        desk.session, person, on=given.on, status=given.status, now=desk.now, by=desk.by, vault=desk.vault
    )
    return _shown(stopped, person, desk.response)


@router.post("/{person_id}/withdraw-consent", summary="Withdraw a consent")
def withdraw(person_id: UUID, given: WithdrawalGiven, desk: WritingDesk, if_match: IfMatch = None) -> StoppedShown:
    """Nothing that was queued and rests on it leaves any more; a stop action is drafted for calls that rest on it."""
    person = _writable(desk, person_id, if_match, given)
    stopped = withdraw_consent(
        desk.session, person, given.scope, now=desk.now, by=desk.by, says_too_much=says_too_much, vault=desk.vault
    )
    return _shown(stopped, person, desk.response)


def _writable(desk: Desk, person_id: UUID, if_match: str | None, wanted: Given) -> Person:
    """The person, for whoever may write on every case that the event changes."""
    session, caller = desk.session, desk.caller
    person = found_for_change(session, select(Person).where(Person.id == person_id, persons_of(caller.actor)))
    cases = set(session.scalars(select(case_person.c.case_id).where(case_person.c.person_id == person.id)))
    known = set(
        session.scalars(select(case_person.c.case_id).where(case_person.c.case_id.in_(case_ids_of(caller.actor))))
    )
    if not cases <= known or not all(may(caller.actor, Action.WRITE_CASE, case_id) for case_id in cases):
        raise NotAllowed("This needs a grant for writing on every case of the person.")
    require_version(person.version, if_match, shown=lambda: person_shown(session, caller, person), wanted=wanted)
    return person


def _shown(stopped: Stopped, person: Person, response: Response) -> StoppedShown:
    show_version(response, person.version)
    return StoppedShown.model_validate(stopped)
