"""Persons and the names under which they are known."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field, StringConstraints, model_validator
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.facts import Tier
from service.api.access import Caller, Reader, Writer
from service.api.cases import case_for
from service.api.following import follow_rules
from service.api.paging import Page, WindowDep
from service.api.reading import found, found_for_change
from service.api.shapes import Country, Given, Line, OpenTier, Shown, example, not_null
from service.api.versions import IfMatch, require_version, show_version
from service.commands.change import change
from service.commands.people import Name, NewPerson, add_person, rename
from service.errors import NotAllowed
from service.queries.visible import case_ids_of, persons_of
from service.records import Case, Person
from service.records.cases import case_person
from service.security.policy import Action, may
from service.vocabulary import NameKind, Pronoun
from service.web import Now, PartsDep, Reading, Writing

router = APIRouter(prefix="/persons", tags=["Persons"])

_MOST_NAMES = 50
Sex = Literal["female", "male", "other"]


class NameShown(Shown):
    """One way of writing a name."""

    text: str
    kind: NameKind
    script: str | None
    language: str | None


class NameGiven(Given):
    """One way of writing a name; `script` and `language` are BCP 47 subtags."""

    text: Line
    kind: NameKind
    script: Annotated[str, StringConstraints(pattern=r"^[A-Z][a-z]{3}$")] | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")] | None = None


class PersonShown(Shown):
    """A person; the first name is the one by which the organisation calls them."""

    model_config = example(
        id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a60", tier="restricted",
        names=[{"text": "Dana Sample", "kind": "legal", "script": "Latn", "language": "en"}], born_on="1990-05-04",
        sex="female", pronoun="she", nationality="KZ", occupation="Teacher", deceased_on=None,
        case_ids=["01932a10-7a3e-7c11-8f4e-5f1d2c3b4a59"], created_at="2030-01-05T09:30:00Z", version=1,
    )  # fmt: skip

    id: UUID
    tier: Tier
    names: tuple[NameShown, ...]
    born_on: date | None
    sex: str | None
    pronoun: Pronoun | None
    nationality: str | None
    occupation: str | None
    deceased_on: date | None
    case_ids: tuple[UUID, ...]
    created_at: datetime
    version: int


class _Details(Given):
    born_on: date | None = None
    sex: Sex | None = None
    pronoun: Pronoun | None = None
    nationality: Country | None = None
    occupation: Line | None = None
    deceased_on: date | None = None


class PersonGiven(_Details):
    """A person whom a case is about."""

    model_config = example(
        case_id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a59", names=[{"text": "Dana Sample", "kind": "legal"}], sex="female"
    )

    case_id: UUID
    names: Annotated[tuple[NameGiven, ...], Field(min_length=1, max_length=_MOST_NAMES)]
    tier: OpenTier = Tier.RESTRICTED


class PersonChanges(_Details):
    """What is to change; `names` replaces them all."""

    model_config = example(
        names=[{"text": "Dana Sample", "kind": "legal"}, {"text": "Dana Sampel", "kind": "as_in_source"}]
    )

    names: Annotated[tuple[NameGiven, ...], Field(min_length=1, max_length=_MOST_NAMES)] | None = None

    @model_validator(mode="after")
    def _keeps_a_name(self) -> PersonChanges:
        not_null(self, "names")
        if self.deceased_on is not None:
            raise ValueError("Record a death with POST /persons/{id}/death, which stops what is queued.")
        return self


@router.get("", summary="List the persons of the granted cases")
def list_persons(
    session: Reading,
    caller: Reader,
    window: WindowDep,
    case_id: Annotated[UUID | None, Query(description="Only those of this case")] = None,
) -> Page[PersonShown]:
    """Persons in an order that stays."""
    statement = select(Person).where(persons_of(caller.actor))
    if case_id is not None:
        of_case = select(case_person.c.person_id).where(case_person.c.case_id == case_id)
        statement = statement.where(Person.id.in_(of_case))
    return window.page(session, statement, Person.id, lambda person: person_shown(session, caller, person))


@router.post("", status_code=201, summary="Add a person to a case")
def create_person(
    given: PersonGiven, session: Writing, caller: Writer, parts: PartsDep, now: Now, response: Response
) -> PersonShown:
    """The person is known to whoever was granted the case."""
    case = case_for(session, caller.actor, given.case_id)
    caller.require(Action.WRITE_CASE, case.id)
    details = {name: getattr(given, name) for name in _Details.model_fields}
    new = NewPerson(names=_names(given.names), tier=given.tier, **details)
    person = add_person(session, case, new, now=now, by=caller.name, vault=parts.vault)
    show_version(response, person.version)
    return person_shown(session, caller, person)


@router.get("/{person_id}", summary="Read one person")
def read_person(person_id: UUID, session: Reading, caller: Reader, response: Response) -> PersonShown:
    """The person with all name variants."""
    person = found(session, select(Person).where(Person.id == person_id, persons_of(caller.actor)))
    show_version(response, person.version)
    return person_shown(session, caller, person)


@router.patch("/{person_id}", summary="Change a person")
def change_person(
    person_id: UUID, changes: PersonChanges, session: Writing, caller: Writer, parts: PartsDep, now: Now,
    response: Response, if_match: IfMatch = None,
) -> PersonShown:  # fmt: skip
    """Needs a grant for writing on one of the person's cases."""
    person = found_for_change(session, select(Person).where(Person.id == person_id, persons_of(caller.actor)))
    if not any(may(caller.actor, Action.WRITE_CASE, case_id) for case_id in _case_ids(session, caller, person)):
        raise NotAllowed("This token's member may not do this.")
    require_version(person.version, if_match, shown=lambda: person_shown(session, caller, person), wanted=changes)
    named = changes.named()
    given_names = named.pop("names", None)
    change(session, person, named, now=now, by=caller.name, vault=parts.vault)
    for case in session.scalars(select(Case).where(Case.persons.contains(person))).all():
        follow_rules(session, case, caller, parts, now=now)
    if given_names is not None:
        rename(session, person, _names(given_names), now=now, by=caller.name, vault=parts.vault)
    show_version(response, person.version)
    return person_shown(session, caller, person)


def _names(given: tuple[NameGiven, ...]) -> list[Name]:
    return [Name(name.text, name.kind, name.script, name.language) for name in given]


def _case_ids(session: Session, caller: Caller, person: Person) -> tuple[UUID, ...]:
    statement = (
        select(case_person.c.case_id)
        .where(case_person.c.person_id == person.id, case_person.c.case_id.in_(case_ids_of(caller.actor)))
        .order_by(case_person.c.case_id)
    )
    return tuple(session.scalars(statement))


def person_shown(session: Session, caller: Caller, person: Person) -> PersonShown:
    """The person as this caller may see it."""
    columns = {name: getattr(person, name) for name in PersonShown.model_fields if name not in {"names", "case_ids"}}
    names = tuple(NameShown.model_validate(name) for name in person.names)
    return PersonShown(**columns, names=names, case_ids=_case_ids(session, caller, person))
