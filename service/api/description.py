"""The description of the API (OpenAPI), with an example for every operation; for token holders alone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from fastapi import APIRouter, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from service.api.access import Reader
from service.api.problems import MEDIA_TYPE, PREFIX, SLUGS, ProblemDetails

router = APIRouter()

_INTRODUCTION = """\
Vigil keeps watch over the dates of people in prison, and tells those who follow a case when one has passed.

Lists come in pages: `limit`, and `after` with the `next` of the page before. Changes need `If-Match` with the `ETag`
that you read. Whatever is foreign to the token's member reads as missing. Errors are problem details (RFC 9457).
"""
_METHODS = ("get", "post", "put", "patch", "delete")
# What any operation may answer, and what only changes may.
_ALWAYS = ("unauthenticated", "forbidden", "not-found", "validation", "too-many-requests", "unavailable")
_ON_CHANGE = ("conflict", "stale", "precondition-required")


@router.get("/openapi.json", include_in_schema=False)
def describe(request: Request, _: Reader) -> JSONResponse:
    """The description of every operation."""
    return JSONResponse(_described(request.app))


@lru_cache(maxsize=4)
def _described(app: Any) -> dict[str, Any]:
    return description(app.routes)


def description(routes: Any) -> dict[str, Any]:
    """The OpenAPI document of those routes that lie below /api/v1."""
    whole = get_openapi(title="Vigil", version="1", description=_INTRODUCTION, routes=routes)
    whole["paths"] = {path: item for path, item in whole["paths"].items() if path.startswith(PREFIX)}
    schemas = whole.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas.update(_problem_schemas())
    for method, path, operation in _operations(whole):
        _add_problems(operation, changes=method != "get", path=path)
        for answer in operation["responses"].values():
            content = answer.get("content", {}).get("application/json")
            if content is not None:
                content["example"] = _example(content["schema"], schemas)
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if body is not None:
            body["example"] = _example(body["schema"], schemas)
    return whole


def _operations(whole: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in whole["paths"].items():
        for method in _METHODS:
            if method in item:
                yield method, path, item[method]


def _problem_schemas() -> dict[str, Any]:
    schema = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
    parts = schema.pop("$defs", {})
    return {**parts, "ProblemDetails": schema}


def _add_problems(operation: dict[str, Any], *, changes: bool, path: str) -> None:
    operation["responses"].pop("422", None)
    for name in (*_ALWAYS, *(_ON_CHANGE if changes else ())):
        slug = SLUGS[name]
        shown = {"type": f"/problems/{name}", "title": slug.title, "status": slug.status, "detail": slug.detail}
        shown["instance"] = path.partition("/{")[0]
        operation["responses"][str(slug.status)] = {
            "description": slug.title,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}, "example": shown}},
        }


def _example(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """The first example of a shape, of the first of several shapes, or of a page of them."""
    if "$ref" in schema:
        return _example(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if schema.get("examples"):
        # The framework drops what is null, in examples too.
        return {**dict.fromkeys(schema.get("required", ())), **schema["examples"][0]}
    if "oneOf" in schema:
        return _example(schema["oneOf"][0], schemas)
    item = schema["properties"]["items"]["items"]
    return {"items": [_example(item, schemas)], "next": None}
