"""The staff board's page of addresses that are not written to, read-only."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from service.pages.rendering import pages_of
from service.pages.staff_door import Staff, StaffFormToken
from service.queries.staff_suppressions import suppressed
from service.web import Now, PartsDep, Reading

router = APIRouter(include_in_schema=False, prefix="/staff/suppressions")


@router.get("")
def suppressions_page(
    request: Request, staff: Staff, token: StaffFormToken, session: Reading, parts: PartsDep, now: Now, before: str = ""
) -> HTMLResponse:
    """Each with its reason and its end, newest first; addresses are masked, or known by a keyed hash alone."""
    rows, following = suppressed(session, staff, now=now, vault=parts.vault, before=_id(before))
    return pages_of(request).render(
        request, "staff/suppressions", member=staff.name, token=token, suppressions=rows, following=following
    )


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
