"""The table of one section enters a case file: created, changed field by field, or left as it is, all or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, select

from service.commands.audit import audit
from service.commands.import_case_file import one_import_at_a_time, taken_elsewhere
from service.commands.table_rows import TableRows
from service.commands.take_rows import AT_ONCE, Taker
from service.commands.taken import Taken
from service.errors import InvalidTable, Problem
from service.records import ImportedRow
from service.tables.rows import Problems

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.commands.file_rows import FileRow
    from service.commands.taken import Changed
    from service.security.encryption import Vault
    from service.tables.columns import Columns
    from service.tables.rows import TableRow
    from service.tables.sections import Section


@dataclass(frozen=True, slots=True)
class TableReport:
    """What an import of a table did; `left_alone` names closed follow-ups that the table would have changed."""

    case_file: str
    section: str
    taken: Taken
    left_alone: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        return {
            "case_file": self.case_file,
            "section": self.section,
            "created": self.taken.created,
            "updated": self.taken.updated,
            "unchanged": self.taken.unchanged,
            "left_alone": list(self.left_alone),
        }


def import_table(
    session: Session,
    rows: Sequence[TableRow],
    *,
    case_file: str,
    section: Section,
    columns: Columns,
    now: datetime,
    by: str,
    vault: Vault,
    may_begin: bool = False,
    heard: Callable[[Changed], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> TableReport:
    """Take the rows in the caller's transaction, as `import_case_file` takes a file that holds nothing else.

    What is not in the table stays as it is: other rows, and of its rows the fields that no column gives. `may_begin`
    lets the table begin a case file of a new name.
    Raises InvalidTable with every problem (the first 50); the caller then rolls back.
    """
    one_import_at_a_time(session)
    _require_case_file(session, case_file, may_begin=may_begin)
    parts = TableRows(session, case_file, section, columns)
    taker = Taker(session, case_file, vault, now, heard=heard, clears=True)
    problems, keys = Problems(), frozenset(row.key for row in rows)
    for start in range(0, len(rows), AT_ONCE):
        batch = rows[start : start + AT_ONCE]
        known = _known(session, [parts.identity(row) for row in batch])
        found = [p for row in batch for p in parts.problems(row, is_new=parts.identity(row) not in known, keys=keys)]
        for problem in found:
            problems.add(problem)
        if not found:
            _take(session, parts, taker, batch, known, problems)
        if progress is not None:
            progress(start + len(batch), len(rows))
    problems.require_none()
    taker.finish_kind()
    taken = taker.taken.get(section.name, Taken())
    if taken.created or taken.updated:
        counts = {section.name: [taken.created, taken.updated]}
        audit(
            session, at=now, actor=by, action="import_table", record="case_file", record_id=case_file,
            detail={"created_and_updated": counts}, key=vault.audit_key,
        )  # fmt: skip
    return TableReport(case_file, section.name, taken, tuple(taker.left_alone))


def _take(
    session: Session,
    parts: TableRows,
    taker: Taker,
    batch: Sequence[TableRow],
    known: dict[UUID, ImportedRow],
    problems: Problems,
) -> None:
    file_rows: list[FileRow] = [parts.file_row(row, known.get(parts.identity(row)), taker.mark) for row in batch]
    places = {row.key: row.place for row in batch}
    elsewhere = list(taken_elsewhere(session, file_rows))
    for row, name in elsewhere:
        problems.add(Problem(places[row.key], f"the {name} {row.key!r} exists already and did not come from this file"))
    if not elsewhere:
        taker.take(file_rows, known)


def _known(session: Session, identities: Sequence[UUID]) -> dict[UUID, ImportedRow]:
    return {row.id: row for row in session.scalars(select(ImportedRow).where(ImportedRow.id.in_(identities)))}


def _require_case_file(session: Session, case_file: str, *, may_begin: bool) -> None:
    if may_begin or session.scalar(select(exists().where(ImportedRow.case_file == case_file))):
        return
    there = ", ".join(
        session.scalars(select(ImportedRow.case_file).distinct().order_by(ImportedRow.case_file).limit(20))
    )
    raise InvalidTable(f"no case file here is called {case_file}; there are: {there or 'none'}")
