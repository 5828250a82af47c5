"""`vigil export`: a section of a case file as a table, and cases, their texts in other languages, timelines and the ledger as documents."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO, TypeVar

import typer

from service.cli.import_table import SectionName
from service.cli.opening import ACTOR, opened
from service.cli.progress import progress_bar
from service.cli.speaking import talk
from service.commands.note_export import note_export
from service.errors import InvalidInput, NotFound
from service.exports.case_texts import export_case_texts
from service.exports.cases import export_cases
from service.exports.export import Export, ExportTier
from service.exports.ledger import export_ledger
from service.exports.timelines import export_timeline
from service.exports.written import ExportFormat, written
from service.queries.section_rows import section_rows
from service.security.policy import Actor
from service.tables.csv_text import text_stream, write_csv
from service.tables.rows import written_rows
from service.tables.sections import SECTIONS
from service.tables.workbook import write_workbook
from service.vocabulary import Access, Role

commands = typer.Typer()

Output = Annotated[Path, typer.Option("--output", "-o", help="The file to write; - is standard output.")]


Format = Annotated[ExportFormat | None, typer.Option("--format", help="If the name of the file does not say it.")]
ForTier = Annotated[ExportTier, typer.Option("--tier", help="For whom: what is held more closely is left out.")]
References = Annotated[
    list[str] | None, typer.Option("--case", help="The reference of a case; may be repeated. Else all.")
]
Kind = TypeVar("Kind", bound=StrEnum)

# Whoever holds the database and its key: only what is sealed is kept from them here.
OPERATOR = Actor(name=ACTOR, role=Role.ADMIN, all_cases=Access.READ, cases={})


class TableFormat(StrEnum):
    """How a table is written."""

    CSV = "csv"
    XLSX = "xlsx"


@commands.command("table")
def table(
    section: Annotated[SectionName, typer.Option("--section", help="What the rows are.")],
    case_file: Annotated[str, typer.Option("--case-file", help="The case file to which the rows belong.")],
    output: Output,
    kind: Annotated[TableFormat | None, typer.Option("--format", help="If the name does not say it.")] = None,
) -> None:
    """Export a section of a case file as it stands here now; what is sealed never leaves."""
    wanted = SECTIONS[section.value]
    kind = kind or format_of(output, TableFormat)
    with opened() as parts, progress_bar("Exporting") as progress, parts.writing() as session:
        rows = written_rows(wanted, section_rows(session, case_file, wanted))
        now, headings, done = parts.clock.now(), list(wanted.fields), [0]
        with written_whole(output) as stream:
            lines = counted(rows, done, progress)
            if kind is TableFormat.XLSX:
                write_workbook(stream, wanted.name, headings, lines, now=now)
            else:
                with text_stream(stream) as text:
                    write_csv(text, headings, lines)
            note_export(
                session, f"{wanted.name} table", [case_file], rows=done[0], tier="confidential", now=now,
                by=ACTOR, vault=parts.vault,
            )  # fmt: skip
            session.commit()
    talk(f"{done[0]} rows of {wanted.name}.")


@commands.command("cases")
def cases(
    output: Output, kind: Format = None, tier: ForTier = ExportTier.RESTRICTED, references: References = None
) -> None:
    """Export the cases, a row each."""
    _export(export_cases, output, kind, tier, references or [])


@commands.command("case-texts")
def case_texts(
    output: Output, kind: Format = None, tier: ForTier = ExportTier.RESTRICTED, references: References = None
) -> None:
    """Export the summaries of the cases in other languages; for the public only what its pages show."""
    _export(export_case_texts, output, kind, tier, references or [])


@commands.command("timeline")
def timeline(
    output: Output, kind: Format = None, tier: ForTier = ExportTier.RESTRICTED, references: References = None
) -> None:
    """Export what happened in the cases; health records are in none of it."""
    _export(export_timeline, output, kind, tier, references or [])


@commands.command("ledger")
def ledger(
    output: Output, kind: Format = None, tier: ForTier = ExportTier.RESTRICTED, references: References = None
) -> None:
    """Export what is asked of the state, and what became of it."""
    _export(export_ledger, output, kind, tier, references or [])


def _export(
    make: Callable[..., Export], output: Path, kind: ExportFormat | None, tier: ExportTier, references: list[str]
) -> None:
    kind = kind or format_of(output, ExportFormat)
    with opened() as parts, parts.writing() as session:
        now = parts.clock.now()
        export = make(session, OPERATOR, tier=tier.tier, now=now, references=references)
        if missing := sorted(set(references) - set(export.about)):
            raise NotFound(f"no case that is {tier.value} bears the reference {', '.join(missing)}")
        content = written(export, kind)
        note_export(
            session, export.what, export.about, rows=len(export.rows), tier=tier.value, now=now, by=ACTOR,
            vault=parts.vault,
        )  # fmt: skip
        with written_whole(output) as stream:
            stream.write(content)
            session.commit()
    talk(f"{len(export.rows)} rows of {export.what}, for readers of what is {tier.value}.")


def format_of(path: Path, formats: type[Kind]) -> Kind:
    """What the name says. Raises InvalidInput when it says nothing."""
    with suppress(ValueError):
        return formats(path.suffix.lower().removeprefix("."))
    raise InvalidInput(f"{path}: say with --format what to write")


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A file that appears under its name when everything is written, readable by its owner alone; - is standard output."""
    if str(path) == "-":
        yield sys.stdout.buffer
        sys.stdout.flush()
        return
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def counted(
    rows: Iterable[Sequence[str]], done: list[int], progress: Callable[[int, int | None], None]
) -> Iterator[Sequence[str]]:
    """The same rows; `done` holds how many went by."""
    for row in rows:
        yield row
        done[0] += 1
        progress(done[0], None)
