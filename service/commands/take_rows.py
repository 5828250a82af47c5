"""The rows of a case file enter the database, or change there what the file has changed."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from service.commands.close_case import close_subscriptions
from service.commands.due_dates import known_kind, plan_next_look, set_due, take_thresholds
from service.commands.file_ids import row_id
from service.commands.taken import Changed, Taken, differing
from service.errors import InvalidCaseFile, Problem
from service.records import Case, CaseText, Demand, FollowUp, ImportedRow, NameVariant, Person
from service.vocabulary import FollowUpState, Monitoring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.commands.file_rows import FileRow
    from service.records import Base
    from service.security.encryption import Vault

# 96 bits: enough to tell two values of one field apart.
MARK_LENGTH = 24
_AS_JSON = json.JSONEncoder(default=str, ensure_ascii=False).encode
# Both engines take this many parameters in one statement.
AT_ONCE = 500
_RELATED: dict[str, type[Base]] = {"persons": Person, "cases": Case, "follow_ups": FollowUp}
# These have relationships, which the ORM writes; all others are written many at once.
_BY_ORM = (Person, Case, Demand)
# What was translated and what it was made from say nothing apart: where one field is new, all are taken.
_WHOLE = (CaseText,)


@dataclass(slots=True)
class Taker:
    """Takes the rows of one import; what the file has not changed since last time is not touched.

    `heard` is told of each row that was created, changed or left alone. With `clears` an empty field is meant to be empty;
    without it, nothing is said of a field that the import of last time did not know yet, and staff may have filled since.
    """

    session: Session
    case_file: str
    vault: Vault
    now: datetime
    heard: Callable[[Changed], None] | None = None
    clears: bool = False
    taken: dict[str, Taken] = field(default_factory=dict)
    left_alone: list[str] = field(default_factory=list)
    _later: list[tuple[Demand, UUID | None]] = field(default_factory=list)

    def take(self, rows: Sequence[FileRow], known: Mapping[UUID, ImportedRow]) -> None:
        """Create these rows of one kind, or set those of their fields that the file has changed; then write them.

        `known` is what earlier imports took, by id. A row that is known may hold some of its fields: the others stay.
        """
        if not rows:
            return
        count = self.taken.setdefault(rows[0].kind, Taken())
        marks = {row.id: {name: self.mark(row, name, value) for name, value in row.fields.items()} for row in rows}
        news = {row.id: self._says_anew(row, known[row.id].marks, marks[row.id]) for row in rows if row.id in known}
        altered = [row for row in rows if news.get(row.id)]
        # One question for all of them; the loop below finds them in the session.
        there = self._records(altered)
        self._create([row for row in rows if row.id not in known], marks)
        count.created += sum(row.id not in known for row in rows)
        for row in altered:
            changed = row.fields if row.record in _WHOLE else news[row.id]
            known[row.id].marks = known[row.id].marks | marks[row.id]
            if self._update(there.get(row.id), row, changed):
                count.updated += 1
            else:
                count.unchanged += 1
        count.unchanged += len(rows) - len(altered) - sum(row.id not in known for row in rows)
        self.session.flush()

    def finish_kind(self) -> None:
        """Write what must wait until all rows of a kind are there."""
        for demand, original in self._later:
            demand.duplicate_of_id = original
        self._later.clear()
        self.session.flush()

    def mark(self, row: FileRow, name: str, value: Any) -> str:
        """The keyed hash by which a later import sees that the file says something else."""
        stated = _AS_JSON([str(row.id), name, value])
        return self.vault.blind_index(stated)[:MARK_LENGTH]

    def _says_anew(self, row: FileRow, before: Mapping[str, Any], now: Mapping[str, str]) -> dict[str, Any]:
        return {
            name: value
            for name, value in row.fields.items()
            if before.get(name) != now[name] and (name in before or value is not None or self.clears)
        }

    def _records(self, rows: Sequence[FileRow]) -> dict[UUID, Any]:
        found: dict[UUID, Any] = {}
        for batch in in_batches(rows):
            identity: Any = batch[0].record.__table__.c["id"]
            query = select(batch[0].record).where(identity.in_([row.id for row in batch]))
            found |= {record.id: record for record in self.session.scalars(query)}  # type: ignore[attr-defined] # all have it
        return found

    def _create(self, rows: Sequence[FileRow], marks: Mapping[UUID, dict[str, str]]) -> None:
        values = defaultdict[type["Base"], list[dict[str, Any]]](list)
        for row in rows:
            record = self._made(row)
            if isinstance(record, _BY_ORM):
                self.session.add(record)
            else:
                values[row.record].append(_values_of(record))
            self._tell(Changed(row, "created"))
        for made, listed in values.items():
            self.session.execute(insert(made.__table__), listed)  # type: ignore[arg-type] # every record of ours is a table
        if rows:
            self.session.execute(
                insert(ImportedRow.__table__),  # type: ignore[arg-type] # a table
                [
                    {
                        "id": row.id,
                        "case_file": self.case_file,
                        "kind": row.kind,
                        "key": row.key,
                        "marks": marks[row.id],
                    }
                    for row in rows
                ],
            )

    def _made(self, row: FileRow) -> Base:
        record = row.record(id=row.id)
        if hasattr(row.record, "created_at"):
            record.created_at = self.now  # type: ignore[attr-defined] # most records have it
        self._set(record, row.fields)
        if isinstance(record, FollowUp):
            if "state" not in row.fields:
                record.state, record.due_revision = FollowUpState.OPEN, 1
            record.level, record.updated_at = None, self.now
            self._take_thresholds(record, row)
            plan_next_look(record)
        return record

    def _update(self, record: Any, row: FileRow, changed: dict[str, Any]) -> bool:
        """Whether anything is different now."""
        if record is None:
            reason = "was deleted here since the last import: take it out of the file"
            raise InvalidCaseFile([Problem(f"{row.kind} {row.key}", reason)])
        if isinstance(record, FollowUp) and record.state is not FollowUpState.OPEN and "state" not in row.fields:
            self.left_alone.append(f"{row.kind} {row.key}")
            self._tell(Changed(row, "left alone"))
            return False
        differences = differing(record, changed, listed=_RELATED)
        # setting the same persons in another order would count as a change
        different = {name for name, _, _ in differences}
        changed = {name: value for name, value in changed.items() if name not in _RELATED or name in different}
        if isinstance(record, FollowUp):
            self._update_follow_up(record, row, changed)
        else:
            self._set(record, changed)
        if not self.session.is_modified(record):
            return False
        if isinstance(record, Case) and "monitoring" in changed:
            record.resumed_at = self.now
            if record.monitoring is Monitoring.CLOSED:
                close_subscriptions(self.session, record, now=self.now)
        if isinstance(record, FollowUp):
            record.updated_at = self.now
        self._tell(Changed(row, "changed", differences))
        return True

    def _update_follow_up(self, record: FollowUp, row: FileRow, changed: dict[str, Any]) -> None:
        dated = {"due_on", "due_precision"} & changed.keys() if "state" not in row.fields else set()
        self._set(record, {name: value for name, value in changed.items() if name not in dated})
        if "kind" in changed:
            self._take_thresholds(record, row)
        if "due_revision" in changed:
            # another revision is another date, of which nothing has been announced here
            record.level = None
        due_on = row.fields.get("due_on", record.due_on)
        precision = row.fields.get("due_precision", record.due_precision)
        if dated and (record.due_on, record.due_precision) != (due_on, precision):
            set_due(record, due_on=due_on, precision=precision)
        elif {"kind", "time_zone", "state", "due_on", "due_precision", "due_revision"} & changed.keys():
            plan_next_look(record)

    def _take_thresholds(self, record: FollowUp, row: FileRow) -> None:
        if "upcoming_days" not in row.fields:
            take_thresholds(record, known_kind(record.kind))

    def _tell(self, changed: Changed) -> None:
        if self.heard is not None:
            self.heard(changed)

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


def in_batches(rows: Sequence[FileRow]) -> Iterable[Sequence[FileRow]]:
    """The rows, as many at once as one statement takes."""
    return (rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE))


def _values_of(record: Base) -> dict[str, Any]:
    columns = record.__table__.columns
    values = {column.key: record.__dict__[column.key] for column in columns if column.key in record.__dict__}
    if "version" in columns:
        values["version"] = 1
    return values
