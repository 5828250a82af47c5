"""The pages that explain: how alerts work, what else can be followed, and for whom the pages are made."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from service.pages.public import READ
from service.pages.rendering import pages_of
from service.pages.subjects import PUBLIC_KINDS
from service.queries.public_cases import public_countries
from service.web import Reading

router = APIRouter(include_in_schema=False)


@router.api_route("/follow", methods=READ)
def follow(request: Request, session: Reading) -> HTMLResponse:
    """More than one case at once: a country, or one kind of date."""
    words = pages_of(request).words(request)
    kinds = sorted(((words.follow_up(kind), kind) for kind in PUBLIC_KINDS), key=lambda pair: pair[0].casefold())
    return pages_of(request).render(request, "follow", countries=public_countries(session), kinds=kinds)


@router.api_route("/help", methods=READ)
def help_page(request: Request) -> HTMLResponse:
    """How to be told, to change it, and what to do when nothing comes."""
    return pages_of(request).render(request, "help")


@router.api_route("/accessibility", methods=READ)
def accessibility(request: Request) -> HTMLResponse:
    """What the pages promise, what was looked at, and whom to tell of a barrier."""
    return pages_of(request).render(request, "accessibility")
