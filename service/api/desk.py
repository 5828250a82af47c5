"""The four operations that every family of facts shares: listed, read, written, changed; every reading is noted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.api.access import Caller, Reader, Writer, acting
from service.api.cases import case_for
from service.api.following import follow_rules
from service.api.paging import Page, WindowDep
from service.api.reading import found, found_for_change, note_reading
from service.api.shapes import Given, Shown
from service.api.versions import require_version, show_version
from service.commands.acting import Acting
from service.commands.change import change
from service.commands.record_facts import Fact, add_fact
from service.queries.visible import facts_of
from service.records import Case
from service.security.encryption import Vault
from service.security.policy import Action
from service.web import Now, Parts, PartsDep, Writing

OfCase = Annotated[UUID | None, Query(description="Only those of this case")]
Shape = TypeVar("Shape", bound=Shown)


@dataclass(frozen=True, slots=True)
class Family(Generic[Fact, Shape]):
    """One family: its record, and the shapes in which it is read, written and changed."""

    record: type[Fact]
    shown: type[Shape]
    given: type[Given]
    changes: type[Given]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where one caller's request is worked on."""

    session: Session
    caller: Caller
    parts: Parts
    now: datetime
    response: Response

    @property
    def vault(self) -> Vault:
        """The keys."""
        return self.parts.vault

    @property
    def by(self) -> Acting:
        """The caller as the member who acts."""
        return acting(self.session, self.caller)

    def page(self, family: Family[Fact, Shape], window: WindowDep, case_id: UUID | None) -> Page[Shape]:
        """Those of the granted cases, of one case if it is named."""
        record: Any = family.record
        statement = select(record).where(facts_of(self.caller.actor, record))
        if case_id is not None:
            statement = statement.where(record.case_id == case_id)
        page = window.page(self.session, statement, record.id, family.shown.model_validate)
        self.note(record.__tablename__, *(item.id for item in page.items))  # type: ignore[attr-defined] # every shape has it
        return page

    def read(self, family: Family[Fact, Shape], fact_id: UUID) -> Shape:
        """One of them. Raises NotFound."""
        fact = self.find(family.record, fact_id)
        self.note(fact.__tablename__, fact.id)
        return self.answer(family.shown, fact)

    def add(self, family: Family[Fact, Shape], given: Given) -> Shape:
        """Write one into the case that `given` names. Raises NotFound, NotAllowed and InvalidInput."""
        stated = given.stated()
        case = case_for(self.session, self.caller.actor, stated.pop("case_id"))
        self.caller.require(Action.WRITE_CASE, case.id)
        fact = add_fact(
            self.session, case, family.record, stated, now=self.now, by=self.caller.name, vault=self.vault
        )  # fmt: skip
        self.follow(case.id)
        return self.answer(family.shown, fact)

    def change(self, family: Family[Fact, Shape], fact_id: UUID, changes: Given, if_match: str | None) -> Shape:
        """Change what `changes` names, from the version that was read. Raises NotFound, NotAllowed and InvalidInput."""
        fact = self.find(family.record, fact_id, for_change=True)
        self.start(fact, fact.case_id, if_match, shown=family.shown, wanted=changes)
        change(self.session, fact, changes.named(), now=self.now, by=self.caller.name, vault=self.vault)
        self.follow(fact.case_id)
        return self.answer(family.shown, fact)

    def find(self, record: type[Fact], fact_id: UUID, *, for_change: bool = False) -> Fact:
        """The fact, if the caller may know of it. Raises NotFound."""
        kind: Any = record
        look = found_for_change if for_change else found
        fact: Fact = look(self.session, select(kind).where(kind.id == fact_id, facts_of(self.caller.actor, kind)))
        return fact

    def start(
        self, record: Any, case_id: UUID, if_match: str | None, *, shown: type[Shown], wanted: Given | None = None
    ) -> None:
        """Raise NotAllowed unless the caller may write into this case, and what `require_version` raises."""
        self.caller.require(Action.WRITE_CASE, case_id)

        def now_shown() -> Shown:
            self.note(record.__tablename__, record.id)
            return shown.model_validate(record)

        require_version(record.version, if_match, shown=now_shown, wanted=wanted)

    def follow(self, case_id: UUID) -> None:
        """Open, move and close what follows from what was just written."""
        follow_rules(self.session, self.session.get_one(Case, case_id), self.caller, self.parts, now=self.now)

    def note(self, record: str, *ids: UUID) -> None:
        """Note the reading in the audit."""
        note_reading(self.session, self.caller, record, ids, now=self.now, vault=self.vault)

    def answer(self, shown: type[Shape], record: Any) -> Shape:
        """The record in its shape, with its version as ETag."""
        show_version(self.response, record.version)
        return shown.model_validate(record)


def _for_reading(session: Writing, caller: Reader, parts: PartsDep, now: Now, response: Response) -> Desk:
    return Desk(session, caller, parts, now, response)


def _for_writing(session: Writing, caller: Writer, parts: PartsDep, now: Now, response: Response) -> Desk:
    return Desk(session, caller, parts, now, response)


ReadingDesk = Annotated[Desk, Depends(_for_reading, scope="function")]
WritingDesk = Annotated[Desk, Depends(_for_writing, scope="function")]
