"""A bundle from another installation enters: created, changed where the bundle has changed, all or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from service.bundles.shape import HANGS_ON, LISTED, REFERENCES, SECTIONS
from service.commands.audit import audit
from service.commands.bundle_rules import without_those_here
from service.commands.demands import stand_as_assessed
from service.commands.file_rows import FileRow
from service.commands.import_case_file import one_import_at_a_time, taken_elsewhere
from service.commands.take_rows import Taker, in_batches
from service.commands.texts_beside import foreign_texts, give_way
from service.errors import InvalidBundle, Problem
from service.records import Demand, DemandAssessment, ImportedRow
from service.records.cases import case_person
from service.records.demands import demand_case, demand_follow_up, demand_person
from service.records.imports import BUNDLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Table
    from sqlalchemy.orm import Session

    from service.bundles.shape import Bundle
    from service.commands.taken import Changed, Taken
    from service.security.encryption import Vault

# 80 bits: the page of an unlisted case cannot be guessed, and is another one in each installation.
SLUG_LENGTH = 20
MOST_PROBLEMS = 50


@dataclass(frozen=True, slots=True)
class BundleReport:
    """What an import did, by section.

    `removed` names what an earlier bundle of these cases held and this one does not; `left_alone` the follow-ups for which
    one stands that a rule had opened here.
    """

    references: tuple[str, ...]
    taken: dict[str, Taken]
    removed: tuple[str, ...]
    left_alone: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        return {
            "references": list(self.references),
            "created": {kind: count.created for kind, count in self.taken.items()},
            "updated": {kind: count.updated for kind, count in self.taken.items()},
            "unchanged": {kind: count.unchanged for kind, count in self.taken.items()},
            "removed": list(self.removed),
            "left_alone": list(self.left_alone),
        }


def import_bundle(
    session: Session,
    bundle: Bundle,
    *,
    now: datetime,
    by: str,
    vault: Vault,
    heard: Callable[[Changed], None] | None = None,
) -> BundleReport:
    """Take the bundle in the caller's transaction; the same bundle again changes nothing.

    What staff have changed here since stays unless the bundle now says something else there.
    Raises InvalidBundle for whatever is here already and came another way; the caller then rolls back.
    """
    one_import_at_a_time(session)
    known = _known(session, bundle)
    rows = {section: [_row(section, part, known, vault) for part in _parts(bundle, section)] for section in SECTIONS}
    problems = list(_problems(session, rows, known))
    if problems:
        rest = len(problems) - MOST_PROBLEMS
        raise InvalidBundle([*problems[:MOST_PROBLEMS], *([Problem("", f"and {rest} more")] if rest > 0 else [])])
    give_way(session, rows["case_texts"], now=now, by=by, vault=vault)
    removed = tuple(_removed(session, rows))
    rows["follow_ups"], standing = without_those_here(session, rows["follow_ups"], known=known)
    _keep_other_links(session, rows, standing)
    taker = Taker(session, BUNDLES, vault, now, heard=heard)
    for listed in rows.values():
        for batch in in_batches(listed):
            taker.take(batch, known)
        taker.finish_kind()
    _stand_as_assessed_here(session, rows["demands"])
    references = tuple(sorted(row.fields["reference"] for row in rows["cases"]))
    if any(count.created or count.updated for count in taker.taken.values()):
        audit(
            session, at=now, actor=by, action="import_bundle", record="case",
            record_id=references[0] if len(references) == 1 else "several",
            detail={
                "references": list(references),
                "created_and_updated": {kind: [one.created, one.updated] for kind, one in taker.taken.items()},
            },
            key=vault.audit_key,
        )  # fmt: skip
    left_alone = tuple(f"follow_ups {row_id}: a rule had opened {here} here" for row_id, here in standing.items())
    return BundleReport(references, taker.taken, removed, left_alone)


def _parts(bundle: Bundle, section: str) -> Sequence[Any]:
    listed: Sequence[Any] = getattr(bundle.content, section)
    return listed


def _known(session: Session, bundle: Bundle) -> dict[UUID, ImportedRow]:
    ids = [part.id for section in SECTIONS for part in _parts(bundle, section)]
    found: dict[UUID, ImportedRow] = {}
    for start in range(0, len(ids), 500):
        query = select(ImportedRow).where(ImportedRow.id.in_(ids[start : start + 500]))
        found |= {row.id: row for row in session.scalars(query)}
    return found


def _row(section: str, part: Any, known: Mapping[UUID, ImportedRow], vault: Vault) -> FileRow:
    record, columns = SECTIONS[section]
    fields = {name: getattr(part, name) for name in columns}
    if section == "persons":
        fields["names"] = [(name.text, name.kind, name.script, name.language) for name in part.names]
    for name in LISTED.get(section, ()):
        fields[name] = list(getattr(part, name))
    if section == "cases" and part.id not in known:
        fields["slug"] = vault.blind_index(f"slug|{part.id}")[:SLUG_LENGTH]
    if section == "demand_assessments" and part.id not in known:
        fields["recorded_by"] = BUNDLES
    return FileRow(section, str(part.id), part.id, record, fields, ())


def _problems(
    session: Session, rows: Mapping[str, Sequence[FileRow]], known: Mapping[UUID, ImportedRow]
) -> Iterator[Problem]:
    for section, listed in rows.items():
        for batch in in_batches(listed):
            record: Any = batch[0].record
            there = set(session.scalars(select(record.id).where(record.id.in_([row.id for row in batch]))))
            for row in batch:
                reason = _foreign(known.get(row.id), section, is_there=row.id in there)
                if reason is not None:
                    yield Problem(f"{section} {row.key}", reason)
        for row, name in taken_elsewhere(session, [_by_key(row) for row in listed]):
            yield Problem(f"{section} {row.id}", f"the {name} {row.key!r} belongs to something else here")
    yield from foreign_texts(session, rows["case_texts"])
    codes = {(row.fields["case_file"], row.fields["code"]): row for row in rows["demands"]}
    query = select(Demand.id, Demand.case_file, Demand.code).where(Demand.case_file.in_({one for one, _ in codes}))
    for identity, case_file, code in session.execute(query):
        if (ours := codes.get((case_file, code))) is not None and ours.id != identity:
            yield Problem(f"demands {ours.key}", f"the code {code} of {case_file} belongs to something else here")


def _foreign(known: ImportedRow | None, section: str, *, is_there: bool) -> str | None:
    if known is None:
        return "is here already and did not come in a bundle" if is_there else None
    if known.case_file != BUNDLES:
        return f"came here with the case file {known.case_file}: import a newer version of that"
    if known.kind != section:
        return f"is one of the {known.kind} here"
    return None if is_there else "was deleted here since the last import"


def _by_key(row: FileRow) -> FileRow:
    key = {"sources": "key", "cases": "reference"}.get(row.kind)
    return FileRow(row.kind, row.fields[key], row.id, row.record, row.fields, row.path) if key else row


def _keep_other_links(session: Session, rows: Mapping[str, Sequence[FileRow]], standing: Mapping[UUID, UUID]) -> None:
    """Another bundle, or staff, may have tied a row to persons and cases of which this bundle says nothing."""
    inside = {row.id for listed in rows.values() for row in listed}
    for section, name, links, owner, other in (
        ("cases", "persons", case_person, "case_id", "person_id"),
        ("demands", "persons", demand_person, "demand_id", "person_id"),
        ("demands", "cases", demand_case, "demand_id", "case_id"),
        ("demands", "follow_ups", demand_follow_up, "demand_id", "follow_up_id"),
    ):
        for row in rows[section]:
            stated = {standing.get(one, one) for one in row.fields[name]}
            row.fields[name] = sorted({*stated, *_linked(session, links, owner, row.id, other) - inside})


def _linked(session: Session, links: Table, owner: str, owner_id: UUID, other: str) -> set[Any]:
    return set(session.scalars(select(links.c[other]).where(links.c[owner] == owner_id)))


def _stand_as_assessed_here(session: Session, demands: Sequence[FileRow]) -> None:
    """What staff have found here of a demand counts beside what the bundle says of it."""
    ours = select(ImportedRow.id).where(ImportedRow.case_file == BUNDLES)
    for batch in in_batches(demands):
        query = select(DemandAssessment.demand_id).where(
            DemandAssessment.demand_id.in_([row.id for row in batch]), DemandAssessment.id.not_in(ours)
        )
        for demand_id in session.scalars(query.distinct()).all():
            stand_as_assessed(session, session.get_one(Demand, demand_id))


def _removed(session: Session, rows: Mapping[str, Sequence[FileRow]]) -> Iterator[str]:
    names = {row.id: row.fields["reference"] for row in rows["cases"]}
    ours = select(ImportedRow.id).where(ImportedRow.case_file == BUNDLES)
    for section, (record, columns) in SECTIONS.items():
        column = HANGS_ON.get(section, "case_id")
        if column not in columns:
            continue
        there: Any = record
        owner = getattr(there, column)
        owners = [row.id for row in rows[REFERENCES[column]]]
        here = {row.id for row in rows[section]}
        query = select(there.id, owner).where(owner.in_(owners), there.id.in_(ours)).order_by(there.id)
        for identity, owner_id in session.execute(query):
            if identity not in here:
                yield f"{names.get(owner_id, owner_id)} {section} {identity}"
