"""`vigil export table`: a section of a case file as a table that `vigil import table` reads."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from service.cli.import_table import SectionName
from service.cli.opening import opened
from service.cli.progress import progress_bar
from service.cli.speaking import COMMAND_LINE, talk
from service.commands.note_export import note_export
from service.errors import InvalidInput
from service.queries.section_rows import section_rows
from service.tables.csv_text import text_stream, write_csv
from service.tables.rows import written_rows
from service.tables.sections import SECTIONS
from service.tables.workbook import write_workbook

commands = typer.Typer()

Output = Annotated[Path, typer.Option("--output", "-o", help="The file to write; - is standard output.")]


class TableFormat(StrEnum):
    """How a table is written."""

    CSV = "csv"
    XLSX = "xlsx"


@commands.command("table")
def table(
    section: Annotated[SectionName, typer.Option("--section", help="What the rows are.")],
    case_file: Annotated[str, typer.Option("--case-file", help="The case file to which the rows belong.")],
    output: Output,
    written: Annotated[TableFormat | None, typer.Option("--format", help="If the name does not say it.")] = None,
) -> None:
    """Export a section of a case file as it stands here now; what is sealed never leaves."""
    wanted = SECTIONS[section.value]
    kind = written or format_of(output)
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
                by=COMMAND_LINE, vault=parts.vault,
            )  # fmt: skip
            session.commit()
    talk(f"{done[0]} rows of {wanted.name}.")


def format_of(path: Path) -> TableFormat:
    """What the name says. Raises InvalidInput when it says nothing."""
    with suppress(ValueError):
        return TableFormat(path.suffix.lower().removeprefix("."))
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
