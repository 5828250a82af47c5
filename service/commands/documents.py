"""A document is taken as evidence, handed out whole or not at all, and erased but for its hash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import select

from alerts.facts import Tier
from service.commands.audit import audit
from service.commands.written import written
from service.documents.hashes import sha256_of
from service.documents.names import plain_name
from service.errors import Conflict, Damaged
from service.records import Document
from service.records.base import new_id
from service.records.documents import open_documents
from service.security.encryption import Unreadable

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.commands.acting import Acting
    from service.records import Case
    from service.security.encryption import Vault
    from service.vocabulary import DocumentType

_COLUMN = "document.content"
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A file that was recognised, and what is said of it; `file_name` is as its sender called it."""

    title: str
    kind: DocumentType
    content: bytes
    file_name: str | None = None
    tier: Tier = Tier.RESTRICTED
    source_id: UUID | None = None
    language: str | None = None
    dated_on: date | None = None


def add_document(
    session: Session, case: Case, new: NewDocument, *, now: datetime, by: Acting, vault: Vault
) -> Document:
    """Keep the file with the case, sealed to its row.

    Raises Conflict for a file that the case has already, or had: the same bytes are one document.
    """
    digest = sha256_of(new.content)
    _require_new(session, case, digest)
    document = Document(
        id=new_id(), case_id=case.id, source_id=new.source_id, tier=new.tier, title=new.title,
        file_name=plain_name(new.file_name or "", new.kind), document_type=new.kind, size=len(new.content),
        sha256=digest, language=new.language, dated_on=new.dated_on, added_by_id=by.member_id, created_at=now,
    )  # fmt: skip
    document.content = vault.seal_bytes(new.content, column=_COLUMN, row_id=document.id)
    session.add(document)
    written(
        session, document, action="add", detail={"case_id": str(case.id), "sha256": digest}, now=now, by=by.name,
        vault=vault,
    )  # fmt: skip
    return document


def hand_out(session: Session, document: Document, *, now: datetime, by: str, vault: Vault) -> bytes:
    """The file as it was given; who took it stands in the audit.

    Raises Conflict when it was erased, Damaged when what is stored does not open or has another hash.
    """
    sealed = session.scalar(select(Document.content).where(Document.id == document.id))
    if sealed is None:
        raise Conflict("The content of this document was erased.")
    try:
        content = vault.open_bytes(sealed, column=_COLUMN, row_id=document.id)
    except Unreadable:
        content = b""  # which has no document's hash: nobody can add an empty file
    if sha256_of(content) != document.sha256:
        log.error("document_damaged", document_id=str(document.id))
        raise Damaged(f"document {document.id}: what is stored is not the file that was added")
    audit(
        session, at=now, actor=by, action="download", record="document", record_id=str(document.id),
        detail={"sha256": document.sha256}, key=vault.audit_key,
    )  # fmt: skip
    return content


def require_whole(document: Document) -> None:
    """Raise Conflict for a document that was erased: nothing is said of it any more."""
    if document.erased_at is not None:
        raise Conflict("This document was erased.")


def erase_document(session: Session, document: Document, *, reason: str, now: datetime, by: str, vault: Vault) -> None:
    """Destroy the file and what was said of it; its type, size and hash stay, with the reason. Raises Conflict the second time."""
    require_whole(document)
    document.content = None
    document.title = document.file_name = document.language = None
    document.source_id = document.dated_on = None
    document.erased_at, document.erased_by, document.erased_because = now, by, reason
    detail = {"sha256": document.sha256, "reason": reason}
    written(session, document, action="erase", detail=detail, now=now, by=by, vault=vault)


def _require_new(session: Session, case: Case, digest: str) -> None:
    query = select(Document.id, Document.erased_at, open_documents()).where(
        Document.case_id == case.id, Document.sha256 == digest
    )
    there = session.execute(query).one_or_none()
    if there is None:
        return
    document_id, erased_at, is_open = there
    if not is_open:
        raise Conflict("The case has this file already, where nobody may read it.")
    if erased_at is not None:
        raise Conflict(f"This file was erased from the case on {erased_at:%Y-%m-%d}: it is document {document_id}.")
    raise Conflict(f"The case has this file already: it is document {document_id}.")
