"""How commands speak: results on standard output, talk on standard error, one object with `--json`."""

from __future__ import annotations

import json
import sys
from enum import IntEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from service.errors import ConfigurationError, DatabaseNotReady

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

JSON_SCHEMA = 1
# Where no terminal says how wide it is, a file has room.
WIDTH_OF_A_FILE = 160

# Rich itself leaves colours out where standard output is no terminal or NO_COLOR is set.
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]


class ExitCode(IntEnum):
    """What a command's end means to the one who called it."""

    FINE = 0
    FAILED = 1
    USAGE = 2
    FINDINGS = 3
    CONFIGURATION = 4
    DATABASE = 5
    PARTLY_DELIVERED = 6
    INTERRUPTED = 130


def say_json(result: Mapping[str, Any]) -> None:
    """Print one object, which bears the number of its schema."""
    print(json.dumps({"schema": JSON_SCHEMA, **result}, ensure_ascii=False, indent=2, default=str))


def talk(text: str) -> None:
    """Say something to the person at the terminal, where it cannot mix with results."""
    print(text, file=sys.stderr)


def results() -> Console:
    """Where results are drawn; what looks like markup in a case file is text."""
    console = Console(markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_OF_A_FILE
    return console


def say_table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Container[str] = ()) -> None:
    """Draw a table on a terminal; elsewhere one line a row, its columns parted by tabs.

    Columns whose heading is among `numbers` are aligned to the right.
    """
    console = results()
    if not console.is_terminal:
        for row in (headings, *rows):
            print("\t".join(row))
        return
    table = Table()
    for number, heading in enumerate(headings):
        # the first column names the row, and half a name is none
        table.add_column(heading, justify="right" if heading in numbers else "left", no_wrap=number == 0)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def talking() -> Console:
    """Where talk and progress are drawn."""
    return Console(stderr=True)


def exit_code_of(error: Exception) -> ExitCode:
    """The exit code for an error that ended a command."""
    if isinstance(error, ConfigurationError):
        return ExitCode.CONFIGURATION
    if isinstance(error, DatabaseNotReady):
        return ExitCode.DATABASE
    return ExitCode.FAILED
