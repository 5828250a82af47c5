"""Persons enter a case, and their names are written anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.commands.audit import audit
from service.records import NameVariant, Person
from service.records.base import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from alerts.facts import Tier
    from service.records import Case
    from service.security.encryption import Vault
    from service.vocabulary import NameKind, Pronoun


@dataclass(frozen=True, slots=True)
class Name:
    """One way of writing a name; `script` and `language` are BCP 47 subtags."""

    text: str
    kind: NameKind
    script: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """What is known of a person; the first name is the one by which the organisation calls them."""

    names: Sequence[Name]
    tier: Tier
    born_on: date | None = None
    sex: str | None = None
    pronoun: Pronoun | None = None
    nationality: str | None = None
    occupation: str | None = None
    deceased_on: date | None = None


def add_person(session: Session, case: Case, given: NewPerson, *, now: datetime, by: str, vault: Vault) -> Person:
    """Write the person as one whom the case is about."""
    person = Person(
        id=new_id(), tier=given.tier, born_on=given.born_on, sex=given.sex, pronoun=given.pronoun, nationality=given.nationality,
        occupation=given.occupation, deceased_on=given.deceased_on, created_at=now,
    )  # fmt: skip
    person.names = _variants(given.names)
    case.persons.append(person)
    session.flush()
    audit(
        session, at=now, actor=by, action="add_person", record="person", record_id=str(person.id),
        detail={"case_id": str(case.id)}, key=vault.audit_key,
    )  # fmt: skip
    return person


def rename(session: Session, person: Person, names: Sequence[Name], *, now: datetime, by: str, vault: Vault) -> None:
    """Replace all name variants. Raises StaleDataError when somebody else was quicker."""
    person.names = _variants(names)
    # The names lie in their own table: without this the person's version would not rise.
    person.version += 1
    session.flush()
    audit(
        session, at=now, actor=by, action="rename", record="person", record_id=str(person.id),
        detail={"names": len(names)}, key=vault.audit_key,
    )  # fmt: skip


def _variants(names: Sequence[Name]) -> list[NameVariant]:
    return [
        NameVariant(id=new_id(), position=place, text=n.text, script=n.script, language=n.language, kind=n.kind)
        for place, n in enumerate(names)
    ]
