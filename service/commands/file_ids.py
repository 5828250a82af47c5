"""The identifiers that the rows of a case file always get, in whatever database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

if TYPE_CHECKING:
    from service.casefile import schema

# The namespace of everything that comes from case files (UUID version 4, drawn once).
_NAMESPACE = UUID("5c0c2a0e-6a4e-4f0b-9a35-0b6c0f2f6d51")


def row_id(case_file: str, kind: str, key: str) -> UUID:
    """The identifier of a row of a case file: name-based, UUID version 5 (RFC 9562)."""
    return uuid5(_NAMESPACE, f"{case_file}|{kind}|{key}")


@dataclass(frozen=True, slots=True)
class FileIds:
    """Turns the keys of one file into identifiers, and fills in what the file says once for all its parts."""

    file: schema.CaseFile

    def of(self, kind: str, key: str) -> UUID:
        """The identifier of a row."""
        return row_id(self.file.case_file, kind, key)

    def person(self, key: str | None) -> UUID | None:
        """The identifier of a person, if one is named."""
        return self.of("persons", key) if key else None

    def zone(self, case: schema.Case) -> str:
        """The time zone of a case: its own, else the file's."""
        return case.time_zone or self.file.time_zone

    def cited(self, case: schema.Case, entry: schema.Cited) -> dict[str, Any]:
        """The columns of everything that rests on a source."""
        return {
            "case_id": self.of("cases", case.reference),
            "source_id": self.of("sources", entry.source or self.file.main_source),
            "as_of": entry.as_of or self.file.as_of,
            "locator": entry.locator,
        }
