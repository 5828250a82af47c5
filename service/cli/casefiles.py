"""Commands for case files and what they may hold: `import`, `schema casefile`, `schema kinds`, `schema rules`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from alerts.follow_up_kinds import FOLLOW_UP_KINDS, FollowUpKind
from service.casefile.reading import read_case_file
from service.casefile.schema import CaseFile
from service.cli.opening import opened
from service.cli.speaking import AsJson, ExitCode, say_json, say_table, talk, talking
from service.commands.import_case_file import ImportReport, import_case_file
from service.errors import InvalidCaseFile
from service.rules.schema import RuleFile

# A bar for what is over in a moment only flickers.
BAR_AFTER_S = 1.0
ACTOR = "command line"

commands = typer.Typer()
schema = typer.Typer(help="What case files may hold.", no_args_is_help=True)
commands.add_typer(schema, name="schema")


@commands.command("import")
def take_in(
    file: Annotated[Path, typer.Argument(help="YAML, or JSON where the name ends in .json; at most 10 MiB.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do the same work and keep nothing of it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Import a case file: all of it or, when anything is wrong with it, nothing.

    Importing the same file again changes nothing. Findings (what the document contradicts or repeats) are normal and
    do not change the exit code.
    """
    try:
        report = _import(file, dry_run=dry_run)
    except InvalidCaseFile as error:
        if as_json:
            problems = [problem.as_dict() for problem in error.problems]
            say_json({"file": str(file), "imported": False, "problems": problems})
        _tell_problems(file, error)
        raise typer.Exit(ExitCode.FAILED) from None
    if as_json:
        say_json({"file": str(file), "imported": not dry_run, "dry_run": dry_run, **report.as_dict()})
    else:
        _print_report(report)
        talk(_summary(report, dry_run=dry_run))


@schema.command("casefile")
def casefile() -> None:
    """Print the JSON Schema (2020-12) of case files."""
    described = {"$schema": "https://json-schema.org/draft/2020-12/schema", **CaseFile.model_json_schema()}
    print(json.dumps(described, indent=2, ensure_ascii=False))


@schema.command("rules")
def rules() -> None:
    """Print the JSON Schema (2020-12) of files of rules."""
    described = {"$schema": "https://json-schema.org/draft/2020-12/schema", **RuleFile.model_json_schema()}
    print(json.dumps(described, indent=2, ensure_ascii=False))


@schema.command("kinds")
def kinds(as_json: AsJson = False) -> None:
    """Print the kinds of follow-up: when each level begins, in days from the due date, and by which rule."""
    if as_json:
        say_json({"kinds": [_kind(name) for name in FOLLOW_UP_KINDS]})
        return
    headings = ("kind", "what must happen", "upcoming", "overdue", "very overdue", "critical", "basis")
    say_table(headings, [_row(kind) for kind in FOLLOW_UP_KINDS.values()], numbers=headings[2:6])


def _import(file: Path, *, dry_run: bool) -> ImportReport:
    document = read_case_file(file)
    with opened() as parts, _progress() as progress, parts.writing() as session:
        report = import_case_file(
            session, document, now=parts.clock.now(), by=ACTOR, vault=parts.vault, progress=progress
        )
        if dry_run:
            session.rollback()
        else:
            session.commit()
    return report


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Something to call with how many of how many are done; it draws on a terminal only, and not at once."""
    bar = Progress(
        TextColumn("Importing"), BarColumn(), MofNCompleteColumn(), console=talking(), transient=True, disable=False
    )
    task = bar.add_task("import", total=None)
    began = monotonic()

    def show(done: int, total: int) -> None:
        if bar.console.is_terminal and not bar.live.is_started and monotonic() - began > BAR_AFTER_S:
            bar.start()
        if bar.live.is_started:
            bar.update(task, completed=done, total=total)

    try:
        yield show
    finally:
        if bar.live.is_started:
            bar.stop()


def _tell_problems(file: Path, error: InvalidCaseFile) -> None:
    for problem in error.problems:
        talk(f"{file}: {problem}")
    talk("Nothing was imported.")


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


def _row(kind: FollowUpKind) -> tuple[str, ...]:
    days = kind.thresholds
    upcoming = f"-{days.upcoming}" if days.upcoming else ""
    later = (f"+{days.overdue}", f"+{days.very_overdue}", f"+{days.critical}")
    return (kind.name, kind.words, upcoming, *later, kind.basis)


def _kind(name: str) -> dict[str, Any]:
    kind = FOLLOW_UP_KINDS[name]
    return {
        "name": name,
        "words": kind.words,
        "actor": kind.actor,
        "upcoming_days": kind.thresholds.upcoming,
        "overdue_days": kind.thresholds.overdue,
        "very_overdue_days": kind.thresholds.very_overdue,
        "critical_days": kind.thresholds.critical,
        "recurrence_days": kind.recurrence_days,
        "about_health": kind.about_health,
        "tier": kind.tier.value,
        "basis": kind.basis,
    }
