"""`vigil import FILE` takes a case file; `import table` and `import bundle` take the other two."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from service.casefile.reading import read_case_file
from service.cli.opening import ACTOR, keep_unless, opened
from service.cli.progress import progress_bar
from service.cli.speaking import AsJson, ExitCode, say_json, say_table, talk
from service.commands.import_case_file import ImportReport, import_case_file
from service.errors import InvalidInput

commands = typer.Typer()


@commands.command("casefile")
def take_in(
    file: Annotated[Path, typer.Argument(help="YAML, or JSON where the name ends in .json; at most 10 MiB.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do the same work and keep nothing of it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Import a case file: all of it or, when anything is wrong with it, nothing.

    Importing the same file again changes nothing. Findings (what the document contradicts or repeats) are normal and
    do not change the exit code.
    """
    with refusals_told(file, as_json=as_json):
        report = _import(file, dry_run=dry_run)
    if as_json:
        say_json({"file": str(file), "imported": not dry_run, "dry_run": dry_run, **report.as_dict()})
    else:
        _print_report(report)
        talk(_summary(report, dry_run=dry_run))


def _import(file: Path, *, dry_run: bool) -> ImportReport:
    document = read_case_file(file)
    with opened() as parts, progress_bar("Importing") as progress, parts.writing() as session:
        report = import_case_file(
            session, document, now=parts.clock.now(), by=ACTOR, vault=parts.vault, progress=progress
        )
        keep_unless(session, dry_run=dry_run)
    return report


@contextmanager
def refusals_told(file: Path, *, as_json: bool) -> Iterator[None]:
    """Tell everything that is wrong with a file that is refused, and end the command."""
    try:
        yield
    except InvalidInput as error:
        if as_json:
            problems = [problem.as_dict() for problem in error.problems]
            say_json({"file": str(file), "imported": False, "problems": problems})
        for problem in error.problems:
            talk(f"{file}: {problem}")
        talk("Nothing was imported.")
        raise typer.Exit(ExitCode.FAILED) from None


def _print_report(report: ImportReport) -> None:
    headings = ("what", "created", "updated", "unchanged")
    rows = [
        (kind.replace("_", " "), str(count.created), str(count.updated), str(count.unchanged))
        for kind, count in report.taken.items()
    ]
    say_table(headings, rows, numbers=headings[1:])
    for finding in report.findings:
        lines = ", ".join(map(str, finding.lines))
        about = f"{finding.case} " if finding.case else ""
        print(f"{finding.code.replace('_', ' ')}: {about}{finding.where} (lines {lines})")
        print(f"  {finding.message}")


def _summary(report: ImportReport, *, dry_run: bool) -> str:
    created = sum(count.created for count in report.taken.values())
    updated = sum(count.updated for count in report.taken.values())
    unchanged = sum(count.unchanged for count in report.taken.values())
    said = [f"{created} created, {updated} updated, {unchanged} unchanged, {len(report.findings)} findings."]
    said += [f"No longer in the file, kept here: {name}" for name in report.removed]
    said += [f"Closed here, left as it is: {name}" for name in report.left_alone]
    if dry_run:
        said.append("This was a dry run: nothing was kept.")
    return "\n".join(said)
