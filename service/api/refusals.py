"""What was wrong with a request, in our own words: a library's may quote what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

_WORDS: Mapping[str, str] = {
    "missing": "This is required.",
    "extra_forbidden": "There is a field here that is not known or not yours to set.",
    "json_invalid": "The body is not JSON.",
    "enum": "Use one of: {expected}.",
    "literal_error": "Use one of: {expected}.",
    "union_tag_invalid": "Use one of: {expected_tags}.",
    "string_too_long": "Use {max_length} characters at most.",
    "string_too_short": "This must not be empty.",
    "too_short": "This must not be empty.",
    "too_long": "Use {max_length} entries at most.",
    "greater_than_equal": "Use {ge} or more.",
    "less_than_equal": "Use {le} or less.",
    "date_from_datetime_parsing": "Write a day as 2030-01-31.",
    "date_from_datetime_inexact": "Write a day as 2030-01-31, without a time.",
    "date_type": "Write a day as 2030-01-31.",
    "int_parsing": "Write a whole number.",
    "bool_parsing": "Write true or false.",
    "value_error": "{error}",  # raised by our own shapes, in our own words
}
_OTHERWISE = "This is not written as it should be; see the description of the operation."


class FieldProblem(BaseModel):
    """One thing that is wrong: `pointer` is a JSON pointer into the body, or `query:` or `header:` and a name."""

    model_config = ConfigDict(frozen=True)

    pointer: str
    detail: str


def refused(item: Any) -> FieldProblem:
    """One of pydantic's complaints, without the input and without names that the caller made up."""
    place, *path = item["loc"]
    kind = item["type"]
    detail = _WORDS.get(kind, _OTHERWISE).format(**item.get("ctx", {}))
    if place != "body":
        return FieldProblem(pointer=f"{place}:{path[0]}", detail=detail)
    if kind == "extra_forbidden":
        path = path[:-1]
    if kind == "json_invalid":
        path = []
    return FieldProblem(pointer="/".join(("#", *map(str, path))), detail=detail)
