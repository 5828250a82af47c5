"""Puts what the schema refuses into plain words, with field and line."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from service.casefile.tree import dotted, shortened
from service.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from service.casefile.tree import Tree

_FIXED = {
    "missing": "is missing",
    "string_type": "must be text: put it in quotes",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "model_type": "must be a mapping of fields",
    "date_type": "must be a date, written YYYY-MM-DD",
    "string_unicode": "has a character that no text has",
}
_PATTERNS = {
    r"^[a-z0-9][a-z0-9-]{0,62}$": "small letters, digits and hyphens, at most 63",
    r"^[A-Z]{3}-\d{4}-\d{3}$": "a reference such as KAZ-2014-003",
    r"^[^\r\n]+$": "one line",
    r"^[A-Z]{2}$": "a country code of two capitals (ISO 3166-1)",
    r"^[A-Z][a-z]{3}$": "a script code of four letters (ISO 15924), such as Cyrl",
    r"^[a-z]{2,3}$": "a language code (ISO 639), such as kk",
    r"^https?://\S+$": "a link that begins with http:// or https://",
    r"^[a-z_]{1,32}$": "the name of a kind: see `vigil schema kinds`",
    r"^[1-9][GS][1-9]\d?$": "section, G or S, number, such as 1S2",
}


def problems_of(error: ValidationError, tree: Tree) -> Iterator[Problem]:
    """Each error as a problem: dotted field, plain reason, line."""
    for detail in error.errors(include_url=False):
        path = tuple(detail["loc"])
        yield Problem(dotted(path), reason_of(detail), tree.line_of(path))


def reason_of(detail: ErrorDetails) -> str:
    """One complaint of the schema in plain words."""
    sort, context = detail["type"], detail.get("ctx", {})
    if sort in _FIXED:
        return _FIXED[sort]
    if sort == "extra_forbidden":
        return "is not a field of the format: see `vigil schema casefile`"
    if sort in {"date_from_datetime_parsing", "date_parsing", "date_from_datetime_inexact"}:
        return f"{_shown(detail['input'])} is not a day of the calendar, written YYYY-MM-DD"
    if sort in {"enum", "literal_error"}:
        return _one_of(context.get("expected", ""), detail["input"])
    return _measured(sort, context, detail)


def _measured(sort: str, context: dict[str, Any], detail: ErrorDetails) -> str:
    if sort == "string_pattern_mismatch":
        pattern = str(context.get("pattern"))
        return f"must be {_PATTERNS.get(pattern, f'written like {pattern}')}"
    if sort in {"string_too_short", "too_short"}:
        return "must not be empty"
    if sort == "string_too_long":
        return f"must have at most {context.get('max_length')} characters"
    if sort == "value_error":
        return str(context.get("error", detail["msg"]))
    return detail["msg"][:1].lower() + detail["msg"][1:]


def _one_of(expected: str, given: object) -> str:
    words = [word.strip(" '") for word in expected.replace(" or ", ", ").split(",")]
    near = get_close_matches(given, words, n=1) if isinstance(given, str) else []
    hint = f" (did you mean {near[0]}?)" if near else ""
    return f"{_shown(given)} must be one of: {', '.join(words)}{hint}"


def _shown(value: object) -> str:
    if not isinstance(value, str | int | float):
        return "this"
    return repr(shortened(str(value)))
