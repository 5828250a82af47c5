"""The command `vigil`: every family of commands hangs here, and every error ends here."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError

from service.cli import (
    bundling,
    case_texts,
    corrections,
    database,
    deliveries,
    demands,
    demo,
    destinations,
    documents,
    exporting,
    follow_ups,
    i18n,
    import_group,
    mail,
    members,
    officials,
    openpgp,
    persons,
    preview,
    recording,
    rules,
    running,
    schemas,
    serving,
    simulate,
    sources,
    statements,
    suppressions,
    timetables,
    tokens,
    transferring,
    urgent_actions,
)
from service.cli.speaking import ExitCode, exit_code_of, talk
from service.errors import VigilError

app = typer.Typer(
    name="vigil",
    help="Keeps watch over the dates of people in prison, and tells those who follow the case when one has passed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # a traceback with local values would show what is confidential
    rich_markup_mode=None,
)
exports = typer.Typer(help="Write what is here into files: tables, documents, bundles.", no_args_is_help=True)
exports.add_typer(exporting.commands)
exports.add_typer(bundling.exporting)
app.add_typer(exports, name="export")
recording.record.add_typer(transferring.commands)
destinations.destinations.add_typer(timetables.commands)
for family in (
    import_group.commands,
    schemas.commands,
    corrections.commands,
    case_texts.commands,
    database.commands,
    deliveries.commands,
    demands.commands,
    demo.commands,
    destinations.commands,
    documents.commands,
    follow_ups.commands,
    i18n.commands,
    mail.commands,
    members.commands,
    officials.commands,
    openpgp.commands,
    persons.commands,
    preview.commands,
    recording.commands,
    rules.commands,
    running.commands,
    serving.commands,
    simulate.commands,
    sources.commands,
    statements.commands,
    suppressions.commands,
    tokens.commands,
    urgent_actions.commands,
):
    app.add_typer(family)


def _print_version(asked: bool) -> None:
    if asked:
        try:
            print(version("vigil-alerts"))
        except PackageNotFoundError:
            print("not installed: this is a checkout")
        raise typer.Exit


@app.callback()
def _vigil(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command (None: of this process) and return its exit code; every expected error is told in plain lines."""
    try:
        app(args=arguments, prog_name="vigil")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except VigilError as error:
        for line in str(error).splitlines():
            talk(f"vigil: {line}")
        return exit_code_of(error)
    except StaleDataError:
        talk("vigil: somebody else changed the same record in the meantime: nothing was written, try again")
        return ExitCode.FAILED
    except OperationalError as error:
        lines = str(error.orig).strip().splitlines()
        talk(f"vigil: the database failed: {lines[0] if lines else type(error.orig).__name__}")
        return ExitCode.DATABASE
    return ExitCode.FINE
