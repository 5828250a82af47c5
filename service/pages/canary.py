"""Where a canary is answered: by a program's POST, or by a page with a button."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from service.commands.canaries import note_receipt
from service.links import CANARY
from service.pages.public import READ
from service.pages.rendering import pages_of
from service.web import PartsDep, WallNow, Writing

router = APIRouter(include_in_schema=False)


@router.api_route("/canary/{token}", methods=READ)
def canary_page(request: Request, token: str, parts: PartsDep, now: WallNow) -> HTMLResponse:
    """Says what this is, with the button; looking at it changes nothing."""
    parts.signer.read(CANARY, token, now=now)
    return pages_of(request).render(request, "canary", received=False)


@router.post("/canary/{token}")
def answer_canary(request: Request, token: str, session: Writing, parts: PartsDep, now: WallNow) -> HTMLResponse:
    """Note that it came back; the link's own token is the proof, and whatever the body holds is not looked at."""
    note_receipt(session, UUID(parts.signer.read(CANARY, token, now=now)), now=now)
    return pages_of(request).render(request, "canary", received=True)
