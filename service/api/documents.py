"""Documents: files that are evidence, given whole, listed without their content, and saved again."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from sqlalchemy import select

from alerts.facts import Tier
from service.api.access import Writer
from service.api.cases import case_for
from service.api.desk import Desk, OfCase, ReadingDesk, WritingDesk
from service.api.document_shapes import DocumentChanges, DocumentGiven, DocumentShown, Erasing
from service.api.paging import Page, WindowDep
from service.api.problems import PREFIX
from service.api.reading import found, found_for_change
from service.api.versions import IfMatch
from service.commands.change import change
from service.commands.documents import NewDocument, add_document, erase_document, hand_out, require_whole
from service.documents.hashes import hash_in, require_hash
from service.documents.leaving import headers_of, media_type_of
from service.documents.recognising import TAKEN, recognised
from service.errors import InvalidInput, Problem
from service.queries.documents import documents_of, require_source
from service.records import Document
from service.security.policy import Action
from service.vocabulary import DocumentType

router = APIRouter(prefix="/documents", tags=["Documents"])
# Where a whole file is the body of the request.
DOCUMENTS = f"{PREFIX}/documents"


async def file_of(request: Request, _: Writer) -> bytes:
    """The whole body, in memory alone: a temporary file would hold it in the clear. Read for nobody without a token."""
    return await request.body()


_BINARY = {"schema": {"type": "string", "format": "binary"}, "example": "%PDF-1.7"}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True, "description": f"The file as it is: {TAKEN}.",
        "content": {kind.media_type: _BINARY for kind in DocumentType},
    }
}  # fmt: skip
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file as it was given.", "content": {kind.media_type: _BINARY for kind in DocumentType}}
}
Digest = Annotated[
    str | None, Header(alias="Repr-Digest", description="sha-256=:…:, as RFC 9530 writes it", max_length=1_000)
]


@router.get("", summary="List documents")
def list_documents(desk: ReadingDesk, window: WindowDep, case_id: OfCase = None) -> Page[DocumentShown]:
    """Those of the granted cases without their content; noted in the audit."""
    statement = select(Document).where(documents_of(desk.caller.actor))
    if case_id is not None:
        statement = statement.where(Document.case_id == case_id)
    page = window.page(desk.session, statement, Document.id, DocumentShown.model_validate)
    desk.note("document", *(item.id for item in page.items))
    return page


@router.post("", status_code=201, summary="Add a document", openapi_extra=_BODY)
def create_document(
    content: Annotated[bytes, Depends(file_of)], given: Annotated[DocumentGiven, Query()], desk: WritingDesk,
    content_type: Annotated[str, Header(alias="Content-Type", max_length=200, include_in_schema=False)], repr_digest: Digest = None,
) -> DocumentShown:  # fmt: skip
    """The body is the file; its Content-Type must be what the file really is. The same file twice is in conflict."""
    if given.sha256 is not None:
        require_hash(content, given.sha256, where="query:sha256")
    if repr_digest is not None:
        where = "header:Repr-Digest"
        require_hash(content, hash_in(repr_digest, where=where), where=where)
    kind = _require_declared(content_type, content)
    case = case_for(desk.session, desk.caller.actor, given.case_id)
    desk.caller.require(Action.WRITE_CASE, case.id)
    require_source(desk.session, given.source_id, where="query:source_id")
    stated = given.model_dump(exclude={"case_id", "sha256"})
    new = NewDocument(**stated, kind=kind, content=content)
    document = add_document(desk.session, case, new, now=desk.now, by=desk.by, vault=desk.vault)
    return desk.answer(DocumentShown, document)


@router.get("/{document_id}", summary="Read what is known of one document")
def read_document(document_id: UUID, desk: ReadingDesk) -> DocumentShown:
    """Everything but the content; noted in the audit."""
    document = _one(desk, document_id)
    desk.note("document", document.id)
    return desk.answer(DocumentShown, document)


@router.get("/{document_id}/content", summary="Save a document", response_class=Response, responses=_FILE)
def read_content(document_id: UUID, desk: ReadingDesk) -> Response:
    """The file as it was given, checked against its hash; noted in the audit as a download."""
    document = _one(desk, document_id)
    content = hand_out(desk.session, document, now=desk.now, by=desk.caller.name, vault=desk.vault)
    return Response(content, headers=headers_of(document), media_type=media_type_of(document))


@router.patch("/{document_id}", summary="Change what is said of a document")
def change_document(
    document_id: UUID, changes: DocumentChanges, desk: WritingDesk, if_match: IfMatch = None
) -> DocumentShown:
    """Its title, tier, source, language or day.

    A sealed one is missing for everybody from then on, so only administrators and coordinators seal.
    """
    document = _one(desk, document_id, for_change=True)
    desk.start(document, document.case_id, if_match, shown=DocumentShown, wanted=changes)
    require_whole(document)
    named = changes.named()
    if named.get("tier") is Tier.SEALED:
        # What nobody can read any more is as good as gone.
        desk.caller.require(Action.ERASE_DOCUMENT, document.case_id)
    require_source(desk.session, named.get("source_id"), where="source_id")
    change(desk.session, document, named, now=desk.now, by=desk.caller.name, vault=desk.vault)
    return desk.answer(DocumentShown, document)


@router.post("/{document_id}/erase", summary="Erase a document")
def erase(document_id: UUID, given: Erasing, desk: WritingDesk, if_match: IfMatch = None) -> DocumentShown:
    """Destroy the file for good; its type, size and hash stay. For administrators and coordinators alone."""
    document = _one(desk, document_id, for_change=True)
    desk.caller.require(Action.ERASE_DOCUMENT, document.case_id)
    desk.start(document, document.case_id, if_match, shown=DocumentShown, wanted=given)
    erase_document(
        desk.session, document, reason=given.reason, now=desk.now, by=desk.caller.name, vault=desk.vault
    )  # fmt: skip
    return desk.answer(DocumentShown, document)


def _one(desk: Desk, document_id: UUID, *, for_change: bool = False) -> Document:
    statement = select(Document).where(Document.id == document_id, documents_of(desk.caller.actor))
    return (found_for_change if for_change else found)(desk.session, statement)


def _require_declared(content_type: str, content: bytes) -> DocumentType:
    """What the file is. Raises InvalidInput when Content-Type says something else, or nothing that is taken."""
    declared, _, parameters = content_type.lower().partition(";")
    kind = next((kind for kind in DocumentType if kind.media_type == declared.strip()), None)
    if kind is None:
        raise InvalidInput([Problem("header:Content-Type", f"This kind of file is not taken. Taken are {TAKEN}.")])
    really = recognised(content)
    if really is not kind:
        raise InvalidInput([Problem("header:Content-Type", f"The file is really {really.media_type}.")])
    said = dict(one.strip().partition("=")[::2] for one in parameters.split(";"))
    if really is DocumentType.TEXT and said.get("charset", "utf-8").strip('"') != "utf-8":
        raise InvalidInput([Problem("header:Content-Type", "Text is taken in UTF-8 alone.")])
    return really
