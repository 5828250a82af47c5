"""The pages that say what went wrong and what to do; they need no database."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Scope

from service.errors import (
    Conflict,
    DatabaseNotReady,
    InvalidInput,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    TooManyRequests,
    VigilError,
)
from service.pages.forms import VISIT_PATH, see_other
from service.pages.rendering import kept, pages_of
from service.security.body_limit import API_PREFIX
from service.security.tokens import Expired

# NotAllowed answers like NotFound, byte for byte: nobody learns which cases exist.
_STATUS: Mapping[type[VigilError], int] = {
    Expired: 410,
    NotFound: 404,
    NotAllowed: 404,
    InvalidInput: 404,
    Conflict: 409,
    TooManyRequests: 429,
    DatabaseNotReady: 503,
}
_KNOWN = frozenset({403, 404, 405, 409, 410, 413, 422, 429, 500, 503})


def problem_page(
    request: Request, status: int, *, headers: Mapping[str, str] | None = None, wait_s: int = 0
) -> HTMLResponse:
    """The page for this status; one that has no page of its own gets that of 404 or 500."""
    known = status if status in _KNOWN else 404 if status < 500 else 500
    return pages_of(request).render(request, "problem", status=status, headers=headers, code=known, wait_s=wait_s)


def answer_error(request: Request, error: Exception) -> Response:
    """The answer to a VigilError that a page raised."""
    if isinstance(error, NotAuthenticated):
        is_visit = request.url.path.startswith(VISIT_PATH)
        return see_other(kept(request, "/manage", ended="1") if is_visit else kept(request, "/staff/sign-in"))
    if isinstance(error, TooManyRequests):
        wait = error.retry_after_s
        return problem_page(request, 429, headers={"Retry-After": str(wait)}, wait_s=wait)
    return problem_page(request, next((_STATUS[cls] for cls in type(error).__mro__ if cls in _STATUS), 500))


def answer_http(request: Request, error: Exception) -> Response:
    """The answer to what the router refuses: no such path, no such method."""
    if not isinstance(error, HTTPException):
        raise error
    return problem_page(request, error.status_code, headers=error.headers)


def answer_invalid(request: Request, _: Exception) -> Response:
    """The answer to a query or path that does not fit; it never repeats what was sent."""
    return problem_page(request, 404)


def refuse(scope: Scope, status: int) -> ASGIApp:
    """What a guard in front of the router answers: a page, or problem details (RFC 9457) for a program."""
    if scope["path"].startswith(API_PREFIX):
        body = {"type": "about:blank", "status": status, "title": _TITLES.get(status, "The service failed")}
        return JSONResponse(body, status, media_type="application/problem+json")
    return problem_page(Request(scope), status)


_TITLES = {403: "The request is not allowed", 413: "The request is too large", 503: "The service is unavailable"}
