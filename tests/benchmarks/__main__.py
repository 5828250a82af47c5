"""Measures what `docs/figures.md` states: one JSON line a figure, with the machine's own limit beside it."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks import check, due_instant, fan_out, mail, memory, recovery, tables, webhooks
from tests.benchmarks.databases import Databases
from tests.benchmarks.figures import Asked
from tests.benchmarks.sinks import NoSink
from tests.postgresql import PostgreSQLNotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

BENCHMARKS = {
    "mail": mail,
    "webhooks": webhooks,
    "fan_out": fan_out,
    "check": check,
    "due_instant": due_instant,
    "recovery": recovery,
    "memory": memory,
    "tables": tables,
}
ENGINES = ("sqlite", "postgresql")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks that are named, or all; 0 when every bar is cleared, 1 when one is not, 2 when a program is missing."""
    given = _parser().parse_args(arguments)
    tempfile.tempdir = str(given.folder)
    databases, all_hold = Databases(), True
    try:
        for name in given.names or BENCHMARKS:
            for engine in ENGINES if given.engine == "both" else (given.engine,):
                count = given.count or BENCHMARKS[name].COUNT
                asked = Asked(count=count, command=_command(name, engine, count), profile=given.profile)
                with databases.fresh(engine) as database:
                    for figure in BENCHMARKS[name].measure(database, asked):
                        sys.stdout.write(figure.as_line() + "\n")
                        sys.stdout.flush()
                        all_hold = all_hold and figure.holds
    except (NoSink, PostgreSQLNotFound) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    finally:
        databases.close()
    return 0 if all_hold else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*BENCHMARKS, []], help=", ".join(BENCHMARKS))
    parser.add_argument("--engine", choices=(*ENGINES, "both"), default="both")
    parser.add_argument("--count", type=int, help="how many; the bars are meant for the default")
    parser.add_argument("--profile", type=Path, metavar="FILE", help="run the worker under cProfile, which slows it")
    # Elsewhere than in /tmp, which may be memory: a figure for durable records needs a disk.
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp"), help="where the databases lie (a disk)")  # noqa: S108
    return parser


def _command(name: str, engine: str, count: int) -> str:
    return f"python -m tests.benchmarks {name} --engine {engine} --count {count}"


if __name__ == "__main__":
    sys.exit(main())
