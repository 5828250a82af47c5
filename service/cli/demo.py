"""`vigil demo`: the whole way of an alert on a real case file, on this machine alone."""

from __future__ import annotations

import signal
import socket
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from service.cli.speaking import ExitCode, say_json
from service.demo.ledger import LedgerLine, all_accepted
from service.demo.play import Demo, open_demo
from service.errors import ConfigurationError

commands = typer.Typer()

WIDTH_IN_A_FILE = 144
# What gives way on a narrow terminal is the wording of what must happen.
COLUMNS = {"day": 10, "case": 12, "what must happen": 8, "due": 10, "level": 12, "told": 12, "acknowledged": 12}
CHANNEL_WORDS = {"email": "mail", "slack": "slack", "matrix": "matrix", "webhook": "hook"}


@commands.command()
def demo(
    *,
    once: Annotated[bool, typer.Option("--once", help="Stop after the ledger; serve no pages.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of the ledger.")] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where the pages are served.")] = 8000,
) -> None:
    """Play the Kazakhstan 2014 case file from 24 October 2014 to 1 March 2015, and show who was told what.

    Everything stays on this machine: an embedded database, real receivers on loopback, invented readers.
    """
    talk = Console(stderr=True, highlight=False)
    # Else the default handler would end the process before its folder is deleted.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(ExitCode.INTERRUPTED))
    if not once:
        _require_free(port)
    with tempfile.TemporaryDirectory(prefix="vigil-demo-") as folder, open_demo(Path(folder), port=port) as stage:
        _play(stage, talk)
        figures = stage.figures()
        if as_json:
            say_json(figures)
        else:
            _print_ledger(stage.ledger(), figures)
        if not once:
            _serve(stage, talk)
    if not all_accepted(figures):
        talk.print("[red]Not every delivery was accepted; see the states above.[/red]")
        raise typer.Exit(ExitCode.PARTLY_DELIVERED)


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise ConfigurationError(f"port {port} is taken: choose another with --port") from None


def _play(stage: Demo, talk: Console) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=talk, disable=not talk.is_terminal, transient=True) as progress:
        task = progress.add_task("Reading the case file", total=stage.days)
        stage.load()
        talk.print("Loaded the case file as it stood on 24 October 2014. Each day until 1 March 2015 is checked now.")
        stage.play(lambda day: progress.update(task, advance=1, description=f"Checking {day:%d %b %Y}"))


def _serve(stage: Demo, talk: Console) -> None:
    talk.print()
    talk.print(f"Pages:  {stage.url}")
    talk.print(f"Inbox:  {stage.url}/inbox   what the receivers took in, as their readers see it")
    talk.print(f"Staff:  {stage.url}/staff   name {stage.member}; password and code stand on the inbox page")
    talk.print("Ctrl-C ends the demo and deletes everything it made.")
    stage.serve()


def _print_ledger(lines: list[LedgerLine], figures: dict[str, Any]) -> None:
    out = Console(file=sys.stdout, width=None if sys.stdout.isatty() else WIDTH_IN_A_FILE, highlight=False)
    table = Table(title="What was late, who was told, what the receivers acknowledged", title_justify="left", box=None)
    for heading, least in COLUMNS.items():
        table.add_column(heading, no_wrap=True, overflow="ellipsis", min_width=least)
    for line in lines:
        table.add_row(
            f"{line.announced_at:%Y-%m-%d}",
            line.case_reference,
            line.what,
            f"{line.due_on:%Y-%m-%d}",
            str(line.level).replace("_", " "),
            _told(line),
            f"{line.acknowledged.total()} of {line.told.total()}",
        )
    out.print(table)
    out.print()
    out.print(_summary(figures))
    out.print()
    out.print("[bold]Findings of the import[/bold] (flagged, never mended)")
    for finding in figures["findings"]:
        text = f"  {finding['case'] or 'the file'}  {finding['code']}: {finding['message']}"
        out.print(text, markup=False, soft_wrap=True)


def _told(line: LedgerLine) -> str:
    told = [f"{line.told[channel]} {word}" for channel, word in CHANNEL_WORDS.items() if line.told[channel]]
    return " ".join(told + ([f"{line.in_digests} digest"] if line.in_digests else [])) or "nobody yet"


def _summary(figures: dict[str, Any]) -> Table:
    table = Table(box=None, show_header=False, title="Totals", title_justify="left")
    for name in ("persons", "cases", "demands", "sources", "follow_ups", "overdue", "alerts"):
        table.add_row(name.replace("_", " "), str(figures[name]))
    for channel, states in sorted(figures["deliveries"].items()):
        counted = Counter(states)
        table.add_row(channel, ", ".join(f"{count} {state}" for state, count in counted.most_common()))
    return table
