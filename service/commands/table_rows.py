"""The rows of a table as rows of a case file that is here already: what the table does not speak of has no fields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from alerts.facts import Tier
from alerts.follow_up_kinds import FOLLOW_UP_KINDS
from service.casefile import schema
from service.commands.case_rows import SECTIONS as PARTS
from service.commands.file_ids import FileIds, row_id
from service.commands.file_rows import FileRow, case_row, consent_row, demand_row, person_row, source_row
from service.errors import Problem
from service.records import Case, ImportedRow, Person
from service.records.cases import case_person
from service.records.demands import demand_person
from service.tables.sections import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.tables.columns import Columns
    from service.tables.rows import TableRow
    from service.tables.sections import Section

# What rows of a table may name.
_NAMED = {"person": "persons", "persons": "persons", "source": "sources", "case": "cases", "cases": "cases"}
_WORDS = {"persons": "person", "sources": "source", "cases": "case", "demands": "demand"}

# What no column gives is left out again: these are only there so that a row can be taken apart.
_STAND_INS: Mapping[str, Any] = {"names": (), "kind": next(iter(FOLLOW_UP_KINDS))}
_NOT_HERE: Mapping[str, Any] = {"time_zone": "", "main_source": "", "country": "", "as_of": None}
# From a row, a column and a value: the mark by which an import knows the value again.
Mark = Callable[[FileRow, str, Any], str]


class _CaseHere(NamedTuple):
    id: UUID
    time_zone: str


class TableRows:
    """Turns the rows of one table into rows of one case file."""

    def __init__(self, session: Session, case_file: str, section: Section, columns: Columns) -> None:
        self._session, self._case_file, self._section = session, case_file, section
        self._given = columns.given
        self._wanted = {column for name in self._given for column in COLUMNS.get(name, (name,))}
        self._missing = [name for name, field in section.fields.items() if field.required and name not in self._given]
        # pydantic's own way of making an instance unchecked takes longer than the rest of the row
        self._otherwise = {
            name: _STAND_INS.get(name) if info.is_required() else info.get_default(call_default_factory=True)
            for name, info in section.model.model_fields.items()
        }
        self._keys = self._keys_here()
        self._cases = self._cases_here()
        self._sealed = self._sealed_persons() if "persons" in section.fields else {}
        self._persons = self._persons_of_cases() if "person" in section.fields and "case" in section.fields else {}
        # The file itself is not here: what it says once for all, each row of a table says for itself.
        self._ids = FileIds(schema.CaseFile.model_construct(**_NOT_HERE, case_file=case_file))

    def identity(self, row: TableRow) -> UUID:
        """The identifier that the row gets or has."""
        return row_id(self._case_file, self._section.name, row.key)

    def problems(self, row: TableRow, *, is_new: bool, keys: frozenset[str]) -> Iterator[Problem]:
        """What no row shows by itself: names of nothing, and what a new row lacks; `keys` are those of the table."""
        if is_new:
            for name in self._missing:
                yield Problem(row.place, f"{row.key} is new here, and no column is {name}")
        yield from self._names_of_nothing(row)
        yield from self._unlike_the_case(row)
        original = getattr(row.entry, "duplicate_of", None)
        if original is not None and (original == row.key or original not in self._keys["demands"] | keys):
            yield Problem(row.place, f"{original!r} is no other demand of {self._case_file}")

    def file_row(self, row: TableRow, known: ImportedRow | None, mark: Mark) -> FileRow:
        """The row with all of its fields where it is new, else with those that the table speaks of."""
        whole = self._whole(row)
        if known is None:
            return whole
        fields = {name: value for name, value in whole.fields.items() if name in self._wanted}
        same_kind = "kind" not in fields or mark(whole, "kind", fields["kind"]) == known.marks.get("kind")
        if same_kind and self._section.name == "follow_ups" and getattr(row.entry, "tier", None) is None:
            # Another kind may be held more closely; the same kind, or none, says nothing new.
            fields.pop("tier", None)
        if "persons" in fields:
            # whoever is sealed is in no table, and stays where they are
            fields["persons"] = [*fields["persons"], *self._sealed.get(whole.id, ())]
        return replace(whole, fields=fields)

    def _names_of_nothing(self, row: TableRow) -> Iterator[Problem]:
        for name, kind in _NAMED.items():
            for key in _listed(getattr(row.entry, name, None)):
                if key not in self._keys[kind]:
                    yield Problem(row.place, f"no {_WORDS[kind]} of {self._case_file} is called {key!r}")

    def _unlike_the_case(self, row: TableRow) -> Iterator[Problem]:
        person, case = getattr(row.entry, "person", None), getattr(row.entry, "case", None)
        if person is None or case is None or case not in self._cases or person not in self._keys["persons"]:
            return
        if row_id(self._case_file, "persons", person) not in self._persons.get(self._cases[case].id, ()):
            yield Problem(row.place, f"{person!r} is not one of the persons of {case}")

    def _whole(self, row: TableRow) -> FileRow:
        given = {name: getattr(row.entry, name) for name in type(row.entry).model_fields}
        entry: Any = SimpleNamespace(**{**self._otherwise, **given})
        match self._section.name:
            case "sources":
                whole = source_row(self._ids, entry, ())
            case "persons":
                whole = person_row(self._ids, entry, ())
            case "consents":
                whole = consent_row(self._ids, given["person"], entry, ())
            case "cases":
                whole = case_row(self._ids, entry, ())
            case "demands":
                whole = demand_row(self._ids, given.get("source", ""), entry, ())
            case part:
                here = self._cases.get(given.get("case", ""))
                case: Any = SimpleNamespace(
                    reference=given.get("case", ""), time_zone=here.time_zone if here else "UTC"
                )
                record, fields = PARTS[part](self._ids, case, entry)
                whole = FileRow(part, row.key, self.identity(row), record, fields, ())
        return whole

    def _keys_here(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {kind: set() for kind in _WORDS}
        query = select(ImportedRow.kind, ImportedRow.key).where(
            ImportedRow.case_file == self._case_file, ImportedRow.kind.in_(list(_WORDS))
        )
        for kind, key in self._session.execute(query):
            found[kind].add(key)
        return found

    def _cases_here(self) -> dict[str, _CaseHere]:
        ours = select(ImportedRow.id).where(ImportedRow.case_file == self._case_file, ImportedRow.kind == "cases")
        rows = self._session.execute(select(Case.reference, Case.id, Case.time_zone).where(Case.id.in_(ours)))
        return {reference: _CaseHere(case_id, zone) for reference, case_id, zone in rows}

    def _sealed_persons(self) -> dict[UUID, list[UUID]]:
        links = demand_person if self._section.name == "demands" else case_person
        owner = links.c.demand_id if self._section.name == "demands" else links.c.case_id
        query = select(owner, Person.id).join(Person, Person.id == links.c.person_id).where(Person.tier == Tier.SEALED)
        found: dict[UUID, list[UUID]] = {}
        for owner_id, person_id in self._session.execute(query):
            found.setdefault(owner_id, []).append(person_id)
        return found

    def _persons_of_cases(self) -> dict[UUID, set[UUID]]:
        found: dict[UUID, set[UUID]] = {}
        ours = select(ImportedRow.id).where(ImportedRow.case_file == self._case_file, ImportedRow.kind == "cases")
        for case_id, person_id in self._session.execute(select(case_person).where(case_person.c.case_id.in_(ours))):
            found.setdefault(case_id, set()).add(person_id)
        return found


def _listed(value: Any) -> Sequence[str]:
    return value if isinstance(value, list) else [value] if value is not None else []
