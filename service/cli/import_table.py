"""`vigil import table`: one section of a case file from CSV or XLSX, with a dry run that shows what would change."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from service.cli.importing import refusals_told
from service.cli.opening import ACTOR, keep_unless, opened
from service.cli.progress import progress_bar
from service.cli.speaking import AsJson, say_json, talk
from service.commands.differences import difference
from service.commands.import_table import TableReport, import_table
from service.tables.columns import TableMapping, columns_of, joined, read_mapping
from service.tables.dates import DATE_FORMATS
from service.tables.reading import read_table
from service.tables.rows import rows_of
from service.tables.sections import SECTIONS

SectionName = StrEnum("SectionName", {name: name for name in SECTIONS})  # type: ignore[misc] # the table is the list
DateFormat = StrEnum("DateFormat", {name: name for name in DATE_FORMATS})  # type: ignore[misc] # the table is the list

commands = typer.Typer()


@commands.command("table")
def take_table(
    file: Annotated[Path, typer.Argument(help="A .csv or .xlsx file whose first row names the columns.")],
    section: Annotated[SectionName, typer.Option("--section", help="What the rows are.")],
    case_file: Annotated[str, typer.Option("--case-file", help="The case file to which the rows belong.")],
    begin: Annotated[bool, typer.Option("--new", help="Let the table begin a case file of this name.")] = False,
    mapping: Annotated[
        Path | None, typer.Option("--mapping", help="A YAML file: columns, values, ignore, dates.")
    ] = None,
    columns: Annotated[list[str] | None, typer.Option("--map", help="Which field a column is: 'Column=field'.")] = None,
    values: Annotated[list[str] | None, typer.Option("--set", help="A value for every row: 'field=value'.")] = None,
    ignore: Annotated[list[str] | None, typer.Option("--ignore", help="A column to pass over.")] = None,
    dates: Annotated[
        DateFormat | None, typer.Option("--dates", help="How days are written, if not YYYY-MM-DD.")
    ] = None,
    sheet: Annotated[str | None, typer.Option("--sheet", help="The sheet, where a workbook has several.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Import a table: all of it or, when anything is wrong with it, nothing.

    Rows that are not in the table stay as they are, and so do the fields for which it has no column.
    """
    changes: list[dict[str, Any]] = []
    told = changes.append if dry_run or as_json else None
    with refusals_told(file, as_json=as_json):
        given = joined(
            read_mapping(mapping) if mapping else TableMapping(), columns=columns or (), values=values or (),
            ignore=ignore or (), dates=dates.value if dates else None,
        )  # fmt: skip
        report = _import(file, section.value, case_file, given, sheet=sheet, begin=begin, dry_run=dry_run, told=told)
    if as_json:
        say_json(
            {"file": str(file), "imported": not dry_run, "dry_run": dry_run, **report.as_dict(), "changes": changes}
        )
        return
    for change in changes:
        print("\n".join(_lines(change)))
    talk(_summary(report, dry_run=dry_run))


def _import(
    file: Path, section_name: str, case_file: str, given: TableMapping, *, sheet: str | None, begin: bool, dry_run: bool,
    told: Any,
) -> TableReport:  # fmt: skip
    section = SECTIONS[section_name]
    table = read_table(file, sheet=sheet)
    columns = columns_of(table, section, given)
    rows = rows_of(table, section, columns)
    del table
    with opened() as parts, progress_bar("Importing") as progress, parts.writing() as session:
        report = import_table(
            session, rows, case_file=case_file, section=section, columns=columns, now=parts.clock.now(),
            by=ACTOR, vault=parts.vault, may_begin=begin, progress=progress,
            heard=None if told is None else lambda changed: told(difference(changed)),
        )  # fmt: skip
        keep_unless(session, dry_run=dry_run)
    return report


def _lines(change: dict[str, Any]) -> Iterable[str]:
    sign = {"created": "+", "changed": "~"}.get(change["what"], "=")
    yield f"{sign} {change['kind'].replace('_', ' ')} {change['key']}" + (
        ": left alone, it is closed" if sign == "=" else ""
    )
    for one in change["fields"]:
        yield f"    {one['field']}: {_or_nothing(one['before'])} → {_or_nothing(one['now'])}"


def _or_nothing(text: str | None) -> str:
    return "nothing" if text is None else text.replace("\n", " / ")


def _summary(report: TableReport, *, dry_run: bool) -> str:
    taken = report.taken
    said = [f"{taken.created} created, {taken.updated} changed, {taken.unchanged} unchanged in {report.section}."]
    said += [f"Closed here, left as it is: {name}" for name in report.left_alone]
    said += ["This was a dry run: nothing was kept."] if dry_run else []
    return "\n".join(said)
