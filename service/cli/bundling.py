"""`vigil export bundle` and `vigil import bundle`: whole cases from one installation to another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.bundles.document import read_bundle
from service.cli.exporting import OPERATOR, Output, written_whole
from service.cli.importing import refusals_told
from service.cli.opening import ACTOR, keep_unless, opened
from service.cli.speaking import AsJson, say_json, say_table, talk
from service.commands.import_bundle import BundleReport, import_bundle
from service.commands.note_export import note_export
from service.exports.bundles import make_bundle
from service.rules.reading import rule_book

exporting = typer.Typer()
importing = typer.Typer()


@exporting.command("bundle")
def give(
    references: Annotated[list[str], typer.Argument(help="The references of the cases.")],
    output: Output,
) -> None:
    """Export cases for another installation: what the persons agreed to share with partners, nothing that is sealed."""
    with opened() as parts, parts.writing() as session:
        now = parts.clock.now()
        book = rule_book(parts.settings.rules_file)
        made = make_bundle(session, OPERATOR, references, book=book, now=now)
        note_export(
            session, "bundle", made.references, rows=made.rows, tier="confidential", now=now, by=ACTOR,
            vault=parts.vault,
        )  # fmt: skip
        with written_whole(output) as stream:
            stream.write(made.content)
            session.commit()
    for left_out in made.left_out:
        talk(f"Left out of {left_out}.")
    talk(f"{made.rows} records of {len(made.references)} cases.")


@importing.command("bundle")
def take(
    file: Annotated[Path, typer.Argument(help="A bundle that another installation exported.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do the same work and keep nothing of it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Import a bundle: all of it or, when anything is wrong with it, nothing. The same bundle again changes nothing."""
    with refusals_told(file, as_json=as_json):
        report = _take(file, dry_run=dry_run)
    if as_json:
        say_json({"file": str(file), "imported": not dry_run, "dry_run": dry_run, **report.as_dict()})
        return
    headings = ("what", "created", "updated", "unchanged")
    rows = [
        (kind.replace("_", " "), str(one.created), str(one.updated), str(one.unchanged))
        for kind, one in report.taken.items()
    ]
    say_table(headings, rows, numbers=headings[1:])
    for name in report.removed:
        talk(f"No longer in the bundle, kept here: {name}")
    for name in report.left_alone:
        talk(f"Already here, left as it is: {name}")
    if dry_run:
        talk("This was a dry run: nothing was kept.")


def _take(file: Path, *, dry_run: bool) -> BundleReport:
    bundle = read_bundle(file)
    with opened() as parts, parts.writing() as session:
        report = import_bundle(session, bundle, now=parts.clock.now(), by=ACTOR, vault=parts.vault)
        keep_unless(session, dry_run=dry_run)
    return report
