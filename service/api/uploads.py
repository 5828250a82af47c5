"""A file as the body of a request: read once its sender is known and may import, and answered without what was in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from service.api.access import Caller, Writer
from service.api.problems import PREFIX
from service.bundles.document import LARGEST_BYTES
from service.commands.taken import Changed
from service.errors import InvalidInput, Problem
from service.exports.written import ExportFormat
from service.security.policy import Action
from service.tables.sheets import LARGEST_CSV_BYTES

# Where files are sent, and how many bytes they may have; counted while they arrive.
LARGEST_FILES: Mapping[str, int] = {f"{PREFIX}/bundles": LARGEST_BYTES, f"{PREFIX}/tables/": LARGEST_CSV_BYTES}
JSON, CSV, XLSX = "application/json", "text/csv", ExportFormat.XLSX.media_type
MOST_CHANGES = 1_000
# A value that a reason quotes.
_QUOTED = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")

DryRun = Annotated[bool, Query(description="Do the same work, show what would change, and keep nothing of it")]


class FieldChanged(BaseModel):
    """One field before and now, shortened; what is confidential or sealed reads `(not shown)`."""

    model_config = ConfigDict(frozen=True)

    field: str
    before: str | None
    now: str | None


class RowChanged(BaseModel):
    """What became of one row: `created`, `changed`, or `left alone` because it is closed here."""

    model_config = ConfigDict(frozen=True)

    what: str
    kind: str
    key: str
    fields: tuple[FieldChanged, ...]


class Changes:
    """The first thousand changes of an import; the others are counted."""

    def __init__(self, shown: Callable[[Changed], dict[str, Any]]) -> None:
        self.first: list[dict[str, Any]] = []
        self.more = 0
        self._shown = shown

    def hear(self, changed: Changed) -> None:
        """Keep it, or count it."""
        if len(self.first) < MOST_CHANGES:
            self.first.append(self._shown(changed))
        else:
            self.more += 1


def may_import(caller: Writer) -> Caller:
    """The caller, who may import. Raises NotAllowed."""
    caller.require(Action.IMPORT)
    return caller


# First of all: nobody else's file is read.
Importer = Annotated[Caller, Depends(may_import)]


def media_type(content_type: Annotated[str, Header(alias="Content-Type", include_in_schema=False)] = "") -> str:
    """What the body is said to be, without its parameters."""
    return content_type.partition(";")[0].strip().lower()


MediaType = Annotated[str, Depends(media_type)]


def _must_be(*allowed: str) -> Callable[..., Any]:
    async def received(request: Request, _: Importer, sent_as: MediaType) -> bytes:
        if sent_as not in allowed:
            raise HTTPException(415)
        return b"".join([chunk async for chunk in request.stream()])

    return received


BundleBody = Annotated[bytes, Depends(_must_be(JSON))]
TableBody = Annotated[bytes, Depends(_must_be(CSV, XLSX))]


@contextmanager
def refused_as(what: str) -> Iterator[None]:
    """Name the place of whatever is wrong in a file, and repeat no value from it."""
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(_without_values(what, error.problems)) from None


def _without_values(what: str, problems: Sequence[Problem]) -> list[Problem]:
    return [Problem(f"{what}:{problem.where}", _QUOTED.sub("(a value)", problem.reason)) for problem in problems]
