"""Each file through the door that its name asks for, and a look at the database after each."""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, literal_column, select, union_all

from service.bundles.document import read_bundle
from service.casefile.reading import read_case_file
from service.commands.import_bundle import import_bundle
from service.commands.import_case_file import import_case_file
from service.commands.import_table import import_table
from service.errors import InvalidInput
from service.records import Base
from service.tables.columns import TableMapping, columns_of, read_mapping
from service.tables.csv_text import read_csv
from service.tables.reading import read_table
from service.tables.rows import rows_of
from service.tables.sections import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session, sessionmaker

    from service.security.encryption import Vault
    from tests.malformed.corpus import Malformed

FOLLOW_UPS = SECTIONS["follow_ups"]
# Fifty problems of a few hundred characters: more is the file itself, repeated.
LONGEST_REFUSAL = 20_000
# A table for the mappings, since a mapping alone is not imported.
MAPPED = b"Ref,Frist,Notes\n002-reply,24.12.2014,x\n"


@dataclass(slots=True)
class Verdict:
    """How many were refused, how many were harmless after all and would have entered whole, and what went wrong."""

    refused: int = 0
    harmless: int = 0
    by_name: dict[str, int] = field(default_factory=dict)
    crashes: list[str] = field(default_factory=list)
    partial: list[str] = field(default_factory=list)
    wordless: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    slowest: str = ""

    @property
    def holds(self) -> bool:
        """No crash, no partial row, and a reason for each refusal."""
        return not (self.crashes or self.partial or self.wordless)


def run(
    corpus: Iterable[Malformed],
    *,
    refusals: int,
    writing: sessionmaker[Session],
    folder: Path,
    now: datetime,
    vault: Vault,
) -> Verdict:
    """Until so many were refused; those that turn out harmless are rolled back and counted beside."""
    verdict = Verdict()
    before = rows_in(writing)
    for malformed in corpus:
        if verdict.refused >= refusals:
            break
        path = folder / malformed.name
        path.write_bytes(malformed.content)
        began = time.perf_counter()
        _try(path, verdict, writing=writing, now=now, vault=vault)
        took = time.perf_counter() - began
        if took > verdict.slowest_s:
            verdict.slowest_s, verdict.slowest = took, malformed.name
        path.unlink()
        if (after := rows_in(writing)) != before:
            verdict.partial.append(f"{malformed.name}: {before} → {after}")
            before = after
    return verdict


def _try(path: Path, verdict: Verdict, *, writing: sessionmaker[Session], now: datetime, vault: Vault) -> None:
    try:
        with writing() as session:
            taken, there = _take(session, path, now=now, vault=vault)
            if taken != there:
                verdict.partial.append(f"{path.name}: {taken} of {there}")
            session.rollback()
        verdict.harmless += 1
    except InvalidInput as error:
        verdict.refused += 1
        sort = path.name.partition("-")[2]
        verdict.by_name[sort] = verdict.by_name.get(sort, 0) + 1
        if not str(error).strip() or len(str(error)) > LONGEST_REFUSAL:
            verdict.wordless.append(path.name)
    except Exception:  # noqa: BLE001 - whatever it is, it is what is looked for
        verdict.crashes.append(f"{path.name}: {traceback.format_exc(limit=-6)}")


def rows_in(writing: sessionmaker[Session]) -> tuple[int, ...]:
    """How many rows each table has, asked for in a transaction of its own."""
    counts: list[Any] = [
        select(literal_column(str(number)).label("place"), func.count().label("rows")).select_from(table)
        for number, table in enumerate(Base.metadata.sorted_tables)
    ]
    with writing() as session:
        found = sorted(session.execute(union_all(*counts)).all())
        session.rollback()
    return tuple(rows for _, rows in found)


def _take(session: Session, path: Path, *, now: datetime, vault: Vault) -> tuple[int, int]:
    """How many rows were taken of how many."""
    sort = path.name.partition("-")[2]
    if sort == "bundle.json":
        bundle = read_bundle(path)
        report = import_bundle(session, bundle, now=now, by="corpus", vault=vault)
        there = sum(len(getattr(bundle.content, section)) for section in report.taken)
        return _sum(report.taken.values()), there
    if sort.startswith("case."):
        document = read_case_file(path)
        taken = import_case_file(session, document, now=now, by="corpus", vault=vault).taken
        return _sum(taken.values()), _sum(taken.values())
    mapping = read_mapping(path) if sort == "mapping.yaml" else TableMapping()
    sheet = read_csv(MAPPED) if sort == "mapping.yaml" else read_table(path)
    columns = columns_of(sheet, FOLLOW_UPS, mapping)
    rows = rows_of(sheet, FOLLOW_UPS, columns)
    one = import_table(
        session, rows, case_file="sample-2014", section=FOLLOW_UPS, columns=columns, now=now, by="corpus", vault=vault
    )
    return _sum([one.taken]), len(sheet.rows)


def _sum(counts: Iterable[object]) -> int:
    return sum(sum(getattr(one, name) for name in ("created", "updated", "unchanged")) for one in counts)
