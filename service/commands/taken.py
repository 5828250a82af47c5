"""What became of the rows of an import: each by itself, and how many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from service.commands.file_rows import FileRow


class Changed(NamedTuple):
    """What became of one row: `fields` are column, value before, value now; empty for what is new or left alone."""

    row: FileRow
    what: str
    fields: tuple[tuple[str, Any, Any], ...] = ()


@dataclass(slots=True)
class Taken:
    """How many rows of one kind were created, changed, or the same as before."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
