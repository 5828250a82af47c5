"""One row of a case file enters the database, or changes there what the file has changed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from service.commands.due_dates import known_kind, plan_next_look, set_due, take_thresholds
from service.commands.file_ids import row_id
from service.errors import InvalidCaseFile, Problem
from service.records import Case, Demand, FollowUp, ImportedRow, NameVariant, Person
from service.vocabulary import FollowUpState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.commands.file_rows import FileRow
    from service.records import Base
    from service.security.encryption import Vault

# 96 bits: enough to tell two values of one field apart.
MARK_LENGTH = 24
_RELATED: dict[str, type[Base]] = {"persons": Person, "cases": Case, "follow_ups": FollowUp}


@dataclass(slots=True)
class Taken:
    """How many rows of one kind were created, changed, or the same as before."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0


@dataclass(slots=True)
class Taker:
    """Takes the rows of one import; what the file has not changed since last time is not touched."""

    session: Session
    case_file: str
    vault: Vault
    now: datetime
    known: dict[UUID, ImportedRow]
    taken: dict[str, Taken] = field(default_factory=dict)
    left_alone: list[str] = field(default_factory=list)
    _later: list[tuple[Demand, UUID | None]] = field(default_factory=list)

    def take(self, row: FileRow) -> None:
        """Create the row, or set those of its fields that the file has changed."""
        count = self.taken.setdefault(row.kind, Taken())
        marks = {name: self._mark(row, name, value) for name, value in row.fields.items()}
        known = self.known.get(row.id)
        if known is None:
            self._create(row)
            self.session.add(ImportedRow(id=row.id, case_file=self.case_file, kind=row.kind, key=row.key, marks=marks))
            count.created += 1
        elif known.marks == marks:
            count.unchanged += 1
        else:
            changed = {name: value for name, value in row.fields.items() if known.marks.get(name) != marks[name]}
            known.marks = marks
            if self._update(row, changed):
                count.updated += 1
            else:
                count.unchanged += 1

    def finish_kind(self) -> None:
        """Write what was taken so far, so that the next kind may refer to it."""
        self.session.flush()
        for demand, original in self._later:
            demand.duplicate_of_id = original
        self._later.clear()
        self.session.flush()

    def _mark(self, row: FileRow, name: str, value: Any) -> str:
        stated = json.dumps([str(row.id), name, value], default=str, ensure_ascii=False)
        return self.vault.blind_index(stated)[:MARK_LENGTH]

    def _create(self, row: FileRow) -> None:
        record = row.record(id=row.id)
        if hasattr(row.record, "created_at"):
            record.created_at = self.now  # type: ignore[attr-defined] # most records have it
        self._set(record, row.fields)
        if isinstance(record, FollowUp):
            record.state, record.due_revision, record.level = FollowUpState.OPEN, 1, None
            record.updated_at = self.now
            take_thresholds(record, known_kind(record.kind))
            plan_next_look(record)
        self.session.add(record)

    def _update(self, row: FileRow, changed: dict[str, Any]) -> bool:
        """Whether anything is different now."""
        record = self.session.get(row.record, row.id)
        if record is None:
            reason = "was deleted here since the last import: take it out of the file"
            raise InvalidCaseFile([Problem(f"{row.kind} {row.key}", reason)])
        if isinstance(record, FollowUp):
            return self._update_follow_up(record, row, changed)
        self._set(record, changed)
        if not self.session.is_modified(record):
            return False
        if isinstance(record, Case) and "monitoring" in changed:
            record.resumed_at = self.now
        return True

    def _update_follow_up(self, record: FollowUp, row: FileRow, changed: dict[str, Any]) -> bool:
        if record.state is not FollowUpState.OPEN:
            self.left_alone.append(f"{row.kind} {row.key}")
            return False
        dated = {"due_on", "due_precision"} & changed.keys()
        self._set(record, {name: value for name, value in changed.items() if name not in dated})
        if "kind" in changed:
            take_thresholds(record, known_kind(record.kind))
        if dated and (record.due_on, record.due_precision) != (row.fields["due_on"], row.fields["due_precision"]):
            set_due(record, due_on=row.fields["due_on"], precision=row.fields["due_precision"])
        elif {"kind", "time_zone"} & changed.keys():
            plan_next_look(record)
        if not self.session.is_modified(record):
            return False
        record.updated_at = self.now
        return True

    def _set(self, record: Base, fields: dict[str, Any]) -> None:
        for name, value in fields.items():
            if name == "names":
                self._set_names(record, value)
            elif name in _RELATED:
                setattr(record, name, [self.session.get_one(_RELATED[name], related) for related in value])
            elif name == "duplicate_of_id" and isinstance(record, Demand):
                # the other demand may not be there yet
                self._later.append((record, value))
            else:
                setattr(record, name, value)

    def _set_names(self, record: Any, names: Sequence[tuple[Any, ...]]) -> None:
        """The first names keep their rows; what is left over goes."""
        variants = list(record.names)
        for position, (text, kind, script, language) in enumerate(names):
            if position == len(variants):
                identity = row_id(self.case_file, "names", f"{record.id}/{position}")
                variants.append(NameVariant(id=identity, position=position))
            variant = variants[position]
            variant.position, variant.text, variant.kind = position, text, kind
            variant.script, variant.language = script, language
        record.names = variants[: len(names)]
