"""Commands for the installation itself: `migrate` and `doctor`."""

from __future__ import annotations

from typing import Annotated

import typer

from service.cli.checks import Finding, check_installation
from service.cli.opening import reached
from service.cli.speaking import AsJson, say_json, talk
from service.clock import SystemClock
from service.database import open_engine
from service.migrating import current_revision, migrate, newest_revision
from service.security.encryption import open_vault
from service.settings import load_settings

commands = typer.Typer()


@commands.command("migrate")
def bring_to_newest() -> None:
    """Bring the database to the newest migration; the embedded one is made, with its key, where there is none."""
    settings = load_settings()
    if settings.is_embedded and settings.database_url is None:
        # the folder holds the key: nobody else needs to look in
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    open_vault(settings, create=True)
    engine = open_engine(settings.database)
    try:
        with reached():
            before = current_revision(engine)
            migrate(engine)
    finally:
        engine.dispose()
    newest = newest_revision()
    if before == newest:
        talk(f"The database is at {newest} already.")
    else:
        talk(f"The database went from {before or 'empty'} to {newest}.")


@commands.command()
def doctor(
    as_json: AsJson = False,
    live: Annotated[
        bool, typer.Option("--live", help="Only key and database: whether this machine could work at all.")
    ] = False,
) -> None:
    """Look at key, database, the worker's signs of life, destinations and the mail relay, each in one sentence.

    Ends with 0 when all is well, 4 when the configuration is at fault, 5 the database, 3 anything else.
    """
    settings = load_settings()
    findings = list(check_installation(settings, live=live, now=SystemClock().now()))
    ok = all(finding.ok for finding in findings)
    if as_json:
        checks = [{"name": finding.name, "ok": finding.ok, "message": finding.message} for finding in findings]
        say_json({"ok": ok, "checks": checks})
    else:
        for finding in findings:
            print(_line(finding))
    if not ok:
        raise typer.Exit(max(finding.code for finding in findings))


def _line(finding: Finding) -> str:
    return f"{'ok    ' if finding.ok else 'FAULT '} {finding.name}: {finding.message}"
