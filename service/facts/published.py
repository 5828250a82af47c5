"""The summary of a case as the public reads it: statement by statement, each with what it rests on."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.facts import Tier
from service.records import Assertion, Footing, Source
from service.records.evidence import carried
from service.statements import mark_of, statements_of

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.records import Case
    from service.vocabulary import Verification


@dataclass(frozen=True, slots=True)
class Note:
    """What statements rest on: a source, the day for which it speaks, and how far it is verified.

    `title` and `url` are None where the source itself is not public.
    """

    title: str | None
    url: str | None
    as_of: date
    verification: Verification


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence; `notes` are places in `Published.notes`, from 1; disputed where an assertion behind it is."""

    text: str
    notes: tuple[int, ...]
    is_disputed: bool


@dataclass(frozen=True, slots=True)
class Published:
    """The statements that rest on an assertion, in their order, and the notes that they refer to."""

    statements: tuple[Statement, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def text(self) -> str:
        """The statements in a row."""
        return " ".join(statement.text for statement in self.statements)

    def is_all_of(self, summary: str) -> bool:
        """Whether no statement of the summary is missing."""
        return len(self.statements) == len(statements_of(summary))


def published(session: Session, case: Case) -> Published:
    """The summary without the statements that rest on nothing, or on what was refuted, replaced or sealed."""
    grounds = _grounds(session, case.id)
    notes: dict[Note, int] = {}
    statements = []
    for text in statements_of(case.summary):
        carrying = grounds.get(mark_of(text), [])
        if carrying:
            places = {notes.setdefault(note, len(notes) + 1) for note, _ in carrying}
            disputed = any(is_disputed for _, is_disputed in carrying)
            statements.append(Statement(text, tuple(sorted(places)), disputed))
    return Published(tuple(statements), tuple(notes))


def _grounds(session: Session, case_id: UUID) -> dict[str, list[tuple[Note, bool]]]:
    columns = (
        Footing.statement_mark,
        Source.title,
        Source.url,
        Source.tier,
        Assertion.as_of,
        Assertion.verification,
        Assertion.disputed_by.is_not(None).label("is_disputed"),
    )
    found: dict[str, list[tuple[Note, bool]]] = defaultdict(list)
    for row in session.execute(carried(*columns, case_ids=[case_id]).order_by(Source.title, Assertion.as_of)):
        is_public = row.tier is Tier.PUBLIC
        note = Note(
            row.title if is_public else None, row.url if is_public else None, row.as_of, row.verification
        )  # fmt: skip
        found[row.statement_mark].append((note, bool(row.is_disputed)))
    return found
