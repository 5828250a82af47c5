"""Commands that do the daily work: `check` passes once by hand, `worker` runs until it is stopped."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from alerts.follow_up_kinds import FOLLOW_UP_KINDS
from service.app import build_parts
from service.cli.instants import instant
from service.cli.opening import opened
from service.cli.speaking import AsJson, results, say_json, talk
from service.clock import FixedClock
from service.logs import configure_logs
from service.queries.due import Announcement
from service.worker.jobs import Checked, check_overdue, close_ended_digests, rehearse
from service.worker.running import run_on_own_loop, run_worker

commands = typer.Typer()


@commands.command()
def check(
    now: Annotated[
        datetime | None,
        typer.Option("--now", parser=instant, metavar="INSTANT", help="Check as of this instant, not the present one."),
    ] = None,
    as_json: AsJson = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be announced; write nothing.")] = False,
) -> None:
    """Announce what has become late, close the digests whose period has ended, and queue what they say.

    A second check at the same instant announces nothing. What is queued is sent by `vigil worker` or `vigil serve`.
    """
    with opened() as installation:
        clock = FixedClock(now) if now else installation.clock
        parts = build_parts(installation.settings, clock=clock, engine=installation.engine, vault=installation.vault)
        at = clock.now()
        if dry_run:
            checked, digests = rehearse(parts)
        else:
            checked, digests = check_overdue(parts), close_ended_digests(parts)
    if as_json:
        say_json({"now": at.isoformat(), "dry_run": dry_run, **_plain(checked), "digests": digests})
    else:
        _print(checked, digests, dry_run=dry_run)


@commands.command()
def worker() -> None:
    """Run the checks in their rhythm and send what is queued, until stopped (Ctrl-C or SIGTERM).

    Any number of workers may share one PostgreSQL database. A worker that is stopped finishes what is on its way.
    """
    with opened() as installation:
        configure_logs(installation.settings.log_level)
        parts = build_parts(installation.settings, engine=installation.engine, vault=installation.vault)

        async def run() -> None:
            stop = asyncio.Event()
            for name in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(name, stop.set)
            await run_worker(parts, stop=stop)

        run_on_own_loop(run())


def _plain(checked: Checked) -> dict[str, Any]:
    return {"looked_at": checked.looked_at, "announced": [asdict(one) for one in checked.announced]}


def _print(checked: Checked, digests: int, *, dry_run: bool) -> None:
    if checked.announced:
        results().print(_table(checked.announced))
    would = "would be " if dry_run else ""
    talk(f"{len(checked.announced)} {would}announced, {digests} digests {would}queued.")


def _table(announced: tuple[Announcement, ...]) -> Table:
    table = Table(box=None)
    for heading in ("case", "what must happen", "level", "due", "told at once", "in digests"):
        table.add_column(heading)
    for one in announced:
        kind = FOLLOW_UP_KINDS.get(one.kind)
        table.add_row(
            one.case_reference,
            kind.words if kind else one.kind,
            str(one.level).replace("_", " "),
            one.due_on.isoformat(),
            str(one.told),
            str(one.in_digests),
        )
    return table
