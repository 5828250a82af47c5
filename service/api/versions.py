"""Versions as ETags, so that nobody overwrites unseen what somebody else wrote."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, Response

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


def require_version(version: int, if_match: str | None) -> None:
    """Raise PreconditionRequired without If-Match, StaleVersion when it names another version (RFC 9110, section 13.1.1).

    `*` says nothing about what was read, so it does not count.
    """
    tags = [tag.strip() for tag in (if_match or "").split(",") if tag.strip()]
    if not tags or tags == ["*"]:
        raise PreconditionRequired
    if etag_of(version) not in tags:
        raise StaleVersion
