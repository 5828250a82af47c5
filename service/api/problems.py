"""Every refusal as problem details (RFC 9457).

What was refused is never repeated, but for a change that starts from an old version: its caller needs both.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler, request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException

from service.api.refusals import FieldProblem, refused
from service.errors import (
    Conflict,
    Damaged,
    DatabaseNotReady,
    InvalidInput,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    StaleVersion,
    TooManyRequests,
    VigilError,
)

PREFIX = "/api/v1"
MEDIA_TYPE = "application/problem+json"


class PreconditionRequired(VigilError):
    """A change must say in If-Match which version it starts from."""


class KeyRequired(VigilError):
    """What sends something must carry an Idempotency-Key."""


class ProblemDetails(BaseModel):
    """What went wrong, as RFC 9457 writes it."""

    model_config = ConfigDict(frozen=True)

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: tuple[FieldProblem, ...] | None = None
    # With 412 alone: what the change asked for, and the record as it is now.
    wanted: dict[str, Any] | None = None
    current: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Slug:
    """One kind of refusal: the last part of its type's address, status, title, and what to do about it."""

    name: str
    status: int
    title: str
    detail: str


SLUGS = {
    slug.name: slug
    for slug in (
        Slug("unauthenticated", 401, "No valid token", "Send a live token as `Authorization: Bearer …`."),
        Slug("forbidden", 403, "Not allowed", "This token may not do this."),
        Slug("not-found", 404, "Not found", "There is no such thing, or none that this token may know of."),
        Slug("conflict", 409, "In conflict", "The present state does not allow this."),
        Slug("gone", 410, "Gone", "This has ended."),
        Slug(
            "stale",
            412,
            "Changed meanwhile",
            "Somebody changed this since you read it: `wanted` is what you asked for, `current` what it is now.",
        ),
        Slug("validation", 422, "Not acceptable", "Something in the request is missing or wrong; see `errors`."),
        Slug("precondition-required", 428, "Version missing", "Send If-Match with the ETag that you read."),
        Slug("too-many-requests", 429, "Too many requests", "Wait as long as Retry-After says, then try again."),
        Slug(
            "damaged",
            500,
            "Damaged",
            "What is stored is not what was stored: another key, or somebody altered it. Tell whoever runs this.",
        ),
        Slug("unavailable", 503, "Not available", "The database cannot be reached. Try again later."),
    )
}
# In the order of asking: a subclass before its parent.
_SLUG_OF: tuple[tuple[type[Exception], str], ...] = (
    (InvalidInput, "validation"),
    (NotFound, "not-found"),
    (StaleVersion, "stale"),
    (StaleDataError, "stale"),
    (Conflict, "conflict"),
    (IntegrityError, "conflict"),
    (NotAllowed, "forbidden"),
    (NotAuthenticated, "unauthenticated"),
    (PreconditionRequired, "precondition-required"),
    (TooManyRequests, "too-many-requests"),
    (Damaged, "damaged"),
    (DatabaseNotReady, "unavailable"),
    (OperationalError, "unavailable"),
)
# These words are our own; a library's may hold what was sent.
_SPEAK_FOR_THEMSELVES = (Conflict, NotAllowed)

NO_VERSIONS: Mapping[str, Any] = {}

Handler = Callable[[Request, Any], Response | Awaitable[Response]]


def install_problem_handlers(app: FastAPI) -> None:
    """Answer every error below /api/v1 with problem details; elsewhere the handlers that were there keep their say.

    Call it after the pages' own handlers are installed.
    """
    for kind, fallback in (
        (VigilError, None),
        (StaleDataError, None),
        (DBAPIError, None),
        (RequestValidationError, request_validation_exception_handler),
        (HTTPException, http_exception_handler),
    ):
        app.add_exception_handler(kind, _within_api(app.exception_handlers.get(kind, fallback)))


def problem(request: Request, error: Exception) -> JSONResponse:
    """The answer to one error; raises it again when it is nothing that a caller could cause."""
    if isinstance(error, RequestValidationError):
        return _refusal(request, error)
    if isinstance(error, HTTPException):
        return _plain(request, error.status_code, error.headers)
    if isinstance(error, KeyRequired):
        return _answer(request, "about:blank", 400, "Bad Request", "Send an Idempotency-Key of 1 to 100 characters.")
    slug = next((SLUGS[name] for kind, name in _SLUG_OF if isinstance(error, kind)), None)
    if slug is None:
        raise error
    found = [FieldProblem(pointer=_pointer(p.where), detail=p.reason) for p in getattr(error, "problems", ())]
    detail = str(error) if isinstance(error, _SPEAK_FOR_THEMSELVES) and str(error) else slug.detail
    both = {"wanted": error.wanted, "current": error.current} if isinstance(error, StaleVersion) else {}
    return _of(request, slug, detail=detail, errors=found, headers=_headers(error), both=both)


def _within_api(previous: Handler | None) -> Handler:
    async def handle(request: Request, error: Exception) -> Response:
        if request.url.path.startswith(f"{PREFIX}/") or request.url.path == PREFIX:
            return problem(request, error)
        if previous is None:
            raise error
        answer = previous(request, error)
        return answer if isinstance(answer, Response) else await answer

    return handle


def _pointer(where: str) -> str:
    return where if ":" in where else f"#/{where}" if where else "#"


def _refusal(request: Request, error: RequestValidationError) -> JSONResponse:
    wrong = error.errors()
    if any(item["loc"][0] == "path" for item in wrong):
        # An id that cannot be one is as missing as any other.
        return _of(request, SLUGS["not-found"])
    return _of(request, SLUGS["validation"], errors=[refused(item) for item in wrong])


def _plain(request: Request, status: int, headers: Any) -> JSONResponse:
    for slug in SLUGS.values():
        if slug.status == status:
            return _of(request, slug, headers=headers)
    titles = {405: "Method Not Allowed", 413: "Content Too Large", 415: "Unsupported Media Type"}
    title = titles.get(status, "Refused")
    return _answer(request, "about:blank", status, title, "See the description of the operations.", headers=headers)


def _of(
    request: Request,
    slug: Slug,
    *,
    detail: str | None = None,
    errors: Sequence[FieldProblem] = (),
    headers: Any = None,
    both: Mapping[str, Any] = NO_VERSIONS,
) -> JSONResponse:
    where = f"/problems/{slug.name}"
    said = detail or slug.detail
    return _answer(request, where, slug.status, slug.title, said, errors=errors, headers=headers, both=both)


def _answer(
    request: Request,
    kind: str,
    status: int,
    title: str,
    detail: str,
    *,
    errors: Sequence[FieldProblem] = (),
    headers: Any = None,
    both: Mapping[str, Any] = NO_VERSIONS,
) -> JSONResponse:
    body = ProblemDetails(
        type=kind, title=title, status=status, detail=detail, instance=_instance(request), errors=tuple(errors) or None
    )
    # Added as they are: null is a value of theirs.
    content = {**body.model_dump(exclude_none=True), **{name: one for name, one in both.items() if one is not None}}
    return JSONResponse(content, status, headers=headers, media_type=MEDIA_TYPE)


def _instance(request: Request) -> str:
    """The collection that was asked: the same for every record in it, and none of the caller's text."""
    route = request.scope.get("route")
    path = getattr(route, "path_format", "") or ""
    # The framework gives the path below the router that holds the route.
    return PREFIX + path.removeprefix(PREFIX).partition("/{")[0]


def _headers(error: Exception) -> dict[str, str] | None:
    if isinstance(error, StaleVersion):
        return {"ETag": f'"{error.version}"'}
    if isinstance(error, NotAuthenticated):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, TooManyRequests):
        return {"Retry-After": str(error.retry_after_s)}
    return None
