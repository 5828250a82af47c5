"""`vigil person`: a death, a release, a consent that is withdrawn; each stops all that was queued."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.cli.opening import opened
from service.cli.speaking import AsJson, say_json
from service.cli.urgent_action_words import By, acting_as
from service.commands.acting import Acting
from service.commands.record_fates import Stopped, record_death, record_release
from service.commands.withdraw_consent import withdraw_consent
from service.errors import NotFound
from service.facts import says_too_much
from service.records import Person
from service.records.cases import case_person
from service.security.policy import Action
from service.vocabulary import ConsentScope, DetentionStatus

commands = typer.Typer()
persons = typer.Typer(no_args_is_help=True)
commands.add_typer(persons, name="person", help="What stops everything that was queued about somebody.")

PersonId = Annotated[UUID, typer.Argument(metavar="ID", help="The person's id, as the API shows it.")]
On = Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="The day.")]


@persons.command("death")
def death(
    person_id: PersonId,
    on: On,
    by: By,
    in_custody: Annotated[bool, typer.Option("--in-custody/--after-release", help="Where.")] = True,
    as_json: AsJson = False,
) -> None:
    """Record a death: cancel what is queued, close what lost its object, draft the stop action."""
    with opened() as parts, parts.writing.begin() as session:
        person, who = _person(session, person_id, by)
        stopped = record_death(
            session, person, on=on.date(), in_custody=in_custody, now=parts.clock.now(), by=who, vault=parts.vault
        )
    _say(stopped, as_json)


@persons.command("release")
def release(
    person_id: PersonId,
    on: On,
    status: Annotated[DetentionStatus, typer.Option(help="The way: released_parole, pardoned, and so on.")],
    by: By,
    as_json: AsJson = False,
) -> None:
    """Record a release, which stops the same."""
    with opened() as parts, parts.writing.begin() as session:
        person, who = _person(session, person_id, by)
        stopped = record_release(
            session, person, on=on.date(), status=status, now=parts.clock.now(), by=who, vault=parts.vault
        )
    _say(stopped, as_json)


@persons.command("withdraw-consent")
def withdraw(
    person_id: PersonId,
    scope: Annotated[ConsentScope, typer.Argument(help="What is no longer agreed to.")],
    by: By,
    as_json: AsJson = False,
) -> None:
    """Withdraw a consent: cancel what is queued and rests on it, draft the stop action."""
    with opened() as parts, parts.writing.begin() as session:
        person, who = _person(session, person_id, by)
        stopped = withdraw_consent(
            session, person, scope, now=parts.clock.now(), by=who, says_too_much=says_too_much, vault=parts.vault
        )
    _say(stopped, as_json)


def _person(session: Session, person_id: UUID, by: str) -> tuple[Person, Acting]:
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound(f"no person bears the id {person_id}")
    cases = session.scalars(select(case_person.c.case_id).where(case_person.c.person_id == person_id)).all()
    return person, acting_as(session, by, Action.WRITE_CASE, *cases)


def _say(stopped: Stopped, as_json: bool) -> None:
    if as_json:
        say_json(
            {
                "deliveries": stopped.deliveries, "follow_ups": stopped.follow_ups,
                "suspended": list(stopped.suspended), "stop_actions": list(stopped.stop_actions),
            }
        )  # fmt: skip
        return
    print(
        f"{stopped.deliveries} deliveries cancelled, {stopped.follow_ups} follow-ups closed,"
        f" {len(stopped.suspended)} urgent actions suspended, {len(stopped.stop_actions)} stop actions drafted"
    )
