"""Documents as a member may know of them: those of the granted cases, but none that is sealed or of a sealed source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, select

from alerts.facts import Tier
from service.errors import InvalidInput, NotFound, Problem
from service.queries.visible import case_ids_of
from service.records import Document, Source
from service.records.documents import open_documents

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from service.records import Case
    from service.security.policy import Actor


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """One document in a list; `source` is the title of the source whose paper it is."""

    document: Document
    source: str | None


def documents_of(actor: Actor) -> ColumnElement[bool]:
    """Documents of those cases that the actor may know of."""
    return and_(Document.case_id.in_(case_ids_of(actor)), open_documents())


def documents_of_case(session: Session, case: Case) -> list[DocumentLine]:
    """The documents of a case, the latest added first. Confidential: the caller writes the audit entry."""
    query = (
        select(Document, Source.title)
        .join(Source, Source.id == Document.source_id, isouter=True)
        .where(Document.case_id == case.id, open_documents())
        .order_by(Document.created_at.desc(), Document.id.desc())
    )
    return [DocumentLine(document, source) for document, source in session.execute(query)]


def document_in(session: Session, case: Case, document_id: UUID) -> Document:
    """The document of this case. Raises NotFound, alike for what is foreign, sealed and missing."""
    query = select(Document).where(Document.id == document_id, Document.case_id == case.id, open_documents())
    document = session.scalars(query).one_or_none()
    if document is None:
        raise NotFound("No document of this case bears this id.")
    return document


def require_source(session: Session, source_id: UUID | None, *, where: str) -> None:
    """Raise InvalidInput at `where` unless there is such a source, alike for a missing and a sealed one."""
    if source_id is None:
        return
    query = select(Source.id).where(Source.id == source_id, Source.tier != Tier.SEALED)
    if session.scalar(query) is None:
        raise InvalidInput([Problem(where, "There is no such source.")])
