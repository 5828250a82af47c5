"""The page of an urgent action that was issued: what to write, to whom, until when, and whether one still should."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from alerts.letter_links import letter_links
from service.facts import public_call
from service.pages.public import READ
from service.pages.rendering import pages_of
from service.queries.public_calls import issued_call
from service.web import Now, PartsDep, Reading

router = APIRouter(include_in_schema=False)
# A page is not cut off, as a mail is.
ROOM_FOR_LINKS = 100_000


@router.api_route("/ua/{slug}", methods=READ)
def urgent_action_page(request: Request, slug: str, session: Reading, parts: PartsDep, now: Now) -> HTMLResponse:
    """One version, word for word as it was told; what does not stand any more says so first and asks for nothing."""
    shown = public_call(session, issued_call(session, slug), now=now)
    pages, call = pages_of(request), shown.call
    links = letter_links(call.letters, call.addressees, at_most=ROOM_FOR_LINKS)
    return pages.render(
        request,
        "urgent_action",
        shown=shown,
        call=call,
        guidance=call.guidance_in(pages.language_of(request)),
        letters=list(zip(call.letters, links, strict=True)),
        case_path=call.case_url.removeprefix(parts.settings.public_url),
    )
