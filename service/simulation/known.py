"""When each row of a case file became known: on its own day, or on the day for which its source speaks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from service.commands.case_rows import SECTIONS
from service.commands.file_rows import rows_of
from service.vocabulary import DatePrecision

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from service.casefile.schema import CaseFile
    from service.commands.file_rows import FileRow

# A row is known from the first of these that it has.
_BEGINS = ("requested_on", "sent_on", "occurred_on", "from_on", "pronounced_on")
# These become known on their own day, and not with the row that bears them.
_LATER = ("occurred_on", "until_on", "decided_on", "answered_on", "withdrawn_on")


@dataclass(frozen=True, slots=True)
class Known:
    """One row as it was known from a day on (a day at the facility)."""

    on: date
    reference: str
    row: FileRow


def known_rows(file: CaseFile) -> list[Known]:
    """Every part of every case, by the day from which it was known; a row whose end came later is there twice.

    What bears no day, and what the organisation stated itself, is known from the file's `as_of` on.
    """
    references = {number: case.reference for number, case in enumerate(file.cases)}
    found = [
        Known(on, references[int(row.path[1])], row)
        for whole in rows_of(file)
        if whole.kind in SECTIONS
        for on, row in _versions(whole, file.as_of)
    ]
    return sorted(found, key=lambda one: one.on)


def _versions(whole: FileRow, as_of: date) -> Iterator[tuple[date, FileRow]]:
    if whole.kind == "follow_ups":
        yield as_of, whole
        return
    begins = next((day for name in _BEGINS if (day := _day(whole.fields, name)) is not None), None)
    first = begins or whole.fields["as_of"]
    later = {day for name in _LATER if (day := _day(whole.fields, name)) is not None and day > first}
    for on in (first, *sorted(later)):
        hidden = {name: None for name in _LATER if (day := _day(whole.fields, name)) is not None and day > on}
        yield on, replace(whole, fields=whole.fields | hidden)


def _day(fields: dict[str, Any], name: str) -> date | None:
    """The latest day that this can mean; None where it is not there or not known."""
    on, precision = fields.get(name), fields.get(name.replace("_on", "_precision"), DatePrecision.DAY)
    if on is None or precision is DatePrecision.UNKNOWN:
        return None
    latest: date = precision.latest(on)
    return latest
