"""Versions as ETags, so that nobody overwrites unseen what somebody else wrote, and whoever would have is shown both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Header, Response
from pydantic import BaseModel

from service.api.problems import PreconditionRequired
from service.errors import StaleVersion

IfMatch = Annotated[
    str | None, Header(alias="If-Match", description="The ETag of the version that you read.", examples=['"3"'])
]


def etag_of(version: int) -> str:
    """The version as a strong entity tag (RFC 9110, section 8.8.3)."""
    return f'"{version}"'


def show_version(response: Response, version: int) -> None:
    """Put the ETag on the answer."""
    response.headers["ETag"] = etag_of(version)


def require_version(
    version: int, if_match: str | None, *, shown: Callable[[], BaseModel], wanted: BaseModel | None = None
) -> None:
    """Raise PreconditionRequired without If-Match, StaleVersion when it names another version (RFC 9110, section 13.1.1).

    The refusal holds both: what was `wanted`, and the record as it is now, which `shown` gives as this caller may see it
    (and notes as read, where reading is noted). Ask before anything is written. `*` says nothing about what was read,
    so it does not count.
    """
    tags = [tag.strip() for tag in (if_match or "").split(",") if tag.strip()]
    if not tags or tags == ["*"]:
        raise PreconditionRequired
    if etag_of(version) not in tags:
        raise StaleVersion(
            version=version,
            wanted=wanted.model_dump(mode="json", exclude_unset=True) if wanted is not None else None,
            current=shown().model_dump(mode="json"),
        )
