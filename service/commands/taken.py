"""What became of the rows of an import: each by itself, and how many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

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


def differing(record: Any, fields: Mapping[str, Any], *, listed: Collection[str]) -> tuple[tuple[str, Any, Any], ...]:
    """Column, value there, value wanted, where they differ; the order of what is `listed` (other records) is nothing."""
    found = []
    for name, value in fields.items():
        there = _present(record, name, listed)
        if set(there) != set(value) if name in listed else there != value:
            found.append((name, there, value))
    return tuple(found)


def _present(record: Any, name: str, listed: Collection[str]) -> Any:
    """What stands there now, written as a row of a file states it."""
    value = getattr(record, name)
    if name in listed:
        return [one.id for one in value]
    if name == "names":
        return [(one.text, one.kind, one.script, one.language) for one in value]
    return value
