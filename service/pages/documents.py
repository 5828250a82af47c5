"""A document is saved from the staff board: checked, noted, and never shown as a page of ours."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from service.commands.documents import hand_out
from service.documents.leaving import headers_of, media_type_of
from service.pages.staff_door import Staff
from service.queries.documents import document_in
from service.queries.staff_cases import case_for
from service.web import PartsDep, WallNow, Writing

router = APIRouter(include_in_schema=False, prefix="/staff")


@router.get("/cases/{reference}/documents/{document_id}")
def save_document(
    reference: str, document_id: UUID, staff: Staff, session: Writing, parts: PartsDep, wall: WallNow
) -> Response:
    """The file as it was given, to be saved by whoever was granted the case."""
    document = document_in(session, case_for(session, staff, reference), document_id)
    content = hand_out(session, document, now=wall, by=staff.name, vault=parts.vault)
    return Response(content, headers=headers_of(document), media_type=media_type_of(document))
