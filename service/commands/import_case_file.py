"""A case file is taken whole: what is new is created, what the file changed is changed, the rest is left as it is."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text

from service.casefile.findings import find
from service.casefile.tree import dotted
from service.commands.audit import audit
from service.commands.file_ids import row_id
from service.commands.file_rows import FileRow, rows_of
from service.commands.take_rows import AT_ONCE, Taker, in_batches
from service.commands.texts_beside import texts_beside
from service.errors import InvalidCaseFile, Problem
from service.records import Case, Finding, ImportedRow, Person, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import InstrumentedAttribute, Session

    from service.casefile import findings
    from service.casefile.reading import Document
    from service.commands.taken import Taken
    from service.security.encryption import Vault

# Any number will do, as long as nobody else takes this advisory lock.
_POSTGRESQL_LOCK = 0x5649_4749_4C02


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, by section of the file.

    `removed` names what an earlier import took and the file no longer holds: it is told, not deleted.
    `left_alone` names closed follow-ups that the file would have changed.
    """

    case_file: str
    taken: dict[str, Taken]
    removed: tuple[str, ...]
    left_alone: tuple[str, ...]
    findings: tuple[findings.Finding, ...] = field(default=())

    @property
    def changed_something(self) -> bool:
        """Whether the database is different now."""
        return any(count.created or count.updated for count in self.taken.values())

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        return {
            "case_file": self.case_file,
            "created": {kind: count.created for kind, count in self.taken.items()},
            "updated": {kind: count.updated for kind, count in self.taken.items()},
            "unchanged": {kind: count.unchanged for kind, count in self.taken.items()},
            "removed": list(self.removed),
            "left_alone": list(self.left_alone),
            "findings": [asdict(finding) for finding in self.findings],
        }


def import_case_file(
    session: Session,
    document: Document,
    *,
    now: datetime,
    by: str,
    vault: Vault,
    progress: Callable[[int, int], None] | None = None,
) -> ImportReport:
    """Take the file in the caller's transaction; the same file again changes nothing.

    A moved date begins a new revision, which is announced anew. `progress` hears how many rows of how many are done.
    Raises InvalidCaseFile when the file claims a reference, a source or a text that came from elsewhere.
    """
    one_import_at_a_time(session)
    file = document.file
    rows = list(rows_of(file))
    _require_ours(session, document, rows)
    known = {row.id: row for row in session.scalars(select(ImportedRow).where(ImportedRow.case_file == file.case_file))}
    _require_undeleted(session, document, rows, known)
    taker = Taker(session, file.case_file, vault, now)
    done = 0
    for _, of_kind in groupby(rows, key=attrgetter("kind")):
        for batch in in_batches(list(of_kind)):
            taker.take(batch, known)
            for _ in batch:
                done += 1
                if progress is not None:
                    progress(done, len(rows))
        taker.finish_kind()
    found = find(document)
    findings_changed = _keep_findings(session, file.case_file, found)
    in_file = {row.id for row in rows}
    removed = tuple(sorted(f"{row.kind} {row.key}" for row in known.values() if row.id not in in_file))
    report = ImportReport(file.case_file, taker.taken, removed, tuple(taker.left_alone), tuple(found))
    session.flush()
    if report.changed_something or findings_changed:
        counts = {kind: [count.created, count.updated] for kind, count in taker.taken.items()}
        audit(
            session, at=now, actor=by, action="import", record="case_file", record_id=file.case_file,
            detail={"created_and_updated": counts}, key=vault.audit_key,
        )  # fmt: skip
    return report


def one_import_at_a_time(session: Session) -> None:
    """Wait for whoever imports, until this transaction ends: two imports of one file would create the same rows."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _POSTGRESQL_LOCK})


def _require_ours(session: Session, document: Document, rows: Sequence[FileRow]) -> None:
    """References, source keys and the languages of a case are unique over all files and everything that staff wrote."""
    problems = [
        Problem(
            name,
            f"{row.key!r} exists already and did not come from this file",
            document.tree.line_of((*row.path, name)),
        )
        for row, name in taken_elsewhere(session, rows)
    ]
    texts = [row for row in rows if row.kind == "case_texts"]
    problems += [
        Problem(
            dotted(row.path),
            f"a text in {text.language} is here already and did not come from this file",
            document.tree.line_of(row.path),
        )
        for row, text, _ in texts_beside(session, texts)
    ]
    if problems:
        raise InvalidCaseFile(problems)


def taken_elsewhere(session: Session, rows: Sequence[FileRow]) -> Iterator[tuple[FileRow, str]]:
    """The rows whose key belongs to something of another origin, each with the column of that key."""
    names: tuple[tuple[str, InstrumentedAttribute[str], InstrumentedAttribute[UUID]], ...] = (
        ("sources", Source.key, Source.id),
        ("cases", Case.reference, Case.id),
    )
    for kind, name, identity in names:
        for batch in in_batches([row for row in rows if row.kind == kind]):
            by_key = {row.key: row for row in batch}
            for key, owner in session.execute(select(name, identity).where(name.in_(by_key))):
                if owner != by_key[key].id:
                    yield by_key[key], name.key


def _require_undeleted(
    session: Session, document: Document, rows: Sequence[FileRow], known: dict[UUID, ImportedRow]
) -> None:
    """What was erased here does not come back through a file that still holds it."""
    problems = []
    for kind, identity in (("sources", Source.id), ("persons", Person.id), ("cases", Case.id)):
        before = [row for row in rows if row.kind == kind and row.id in known]
        for start in range(0, len(before), AT_ONCE):
            batch = before[start : start + AT_ONCE]
            there = set(session.scalars(select(identity).where(identity.in_([row.id for row in batch]))))
            problems += [
                Problem(
                    f"{kind} {row.key}",
                    "was deleted here since the last import: take it out of the file",
                    document.tree.line_of(row.path),
                )
                for row in batch
                if row.id not in there
            ]
    if problems:
        raise InvalidCaseFile(problems)


def _keep_findings(session: Session, case_file: str, found: Sequence[findings.Finding]) -> bool:
    """Keep the findings as the file now has them; whether they differ from before."""
    wanted = {
        row_id(case_file, "findings", f"{finding.code}|{finding.case}|{finding.where}|{finding.message}"): finding
        for finding in found
    }
    kept = {row.id: row for row in session.scalars(select(Finding).where(Finding.case_file == case_file))}
    for identity in kept.keys() - wanted.keys():
        session.delete(kept[identity])
    for identity in wanted.keys() - kept.keys():
        finding = wanted[identity]
        session.add(
            Finding(
                id=identity,
                case_file=case_file,
                case_id=row_id(case_file, "cases", finding.case) if finding.case else None,
                code=finding.code,
                where=finding.where,
                message=finding.message,
            )
        )
    return kept.keys() != wanted.keys()
