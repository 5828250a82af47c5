"""Fifty thousand follow-ups from a workbook into a case file and out again, with the commands that staff use."""

from __future__ import annotations

import os
import pty
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from service.tables.sections import SECTIONS
from service.tables.workbook import read_workbook, write_workbook
from tests.benchmarks.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.benchmarks.databases import Database
    from tests.benchmarks.figures import Asked

COUNT = 50_000
CASES = 200
BELOW_S = 60.0
ABOVE_BASE_BELOW_MB = 300.0
NAME = "many-follow-ups"
FIELDS = list(SECTIONS["follow_ups"].fields)
RUN = "import sys; from service.cli import main; sys.exit(main())"
# What a spreadsheet would run, and what it would turn into something else.
TITLES = ("Reply to the complaint about the cell", "=1+1", "-2", "@ministry", "1S2", "#N/A", "Ответ министерства")

CASE_FILE = """\
schema: vigil-casefile/1
case_file: {name}
title: Many follow-ups
as_of: 2014-10-24
country: KZ
time_zone: Asia/Almaty
main_source: register
sources:
  - {{key: register, title: A register of complaints}}
cases:
"""
CASE = (
    "  - {{reference: KAZ-2099-{number:03d}, title: Case {number}, summary: A case in a register., status: unknown}}\n"
)


class WrongTable(AssertionError):
    """A command failed, drew no bar, or what came out is not what went in."""


@dataclass(frozen=True, slots=True)
class Ran:
    """One command: its seconds, those that it had a processor, its peak resident memory, and what it drew."""

    seconds: float
    busy_s: float
    peak_mb: float
    drawn: str


def measure(database: Database, asked: Asked) -> Iterator[Figure]:
    """Seconds for both ways, and the peak above that of the same commands with one row."""
    folder = database.folder
    case_file = folder / "many.yaml"
    case_file.write_text(CASE_FILE.format(name=NAME) + "".join(CASE.format(number=n) for n in range(1, CASES + 1)))
    _run(database, "import", case_file)
    one, many, out = folder / "one.xlsx", folder / "many.xlsx", folder / "out.xlsx"
    began = time.perf_counter()
    _write(many, asked.count)
    writing_s = time.perf_counter() - began
    _write(one, 1)
    base_in = _run(database, "import", "table", one, *_where())
    base_out = _run(database, "export", "table", *_where(), "-o", out)
    taken = _run(database, "import", "table", many, *_where())
    given = _run(database, "export", "table", *_where(), "-o", out)
    for ran, words in ((taken, "Importing"), (given, "Exporting")):
        if asked.count >= COUNT and words not in ran.drawn:
            raise WrongTable(f"no bar was drawn: {ran.drawn[-200:]!r}")
    _require_alike(many, out)
    again = _run(database, "import", "table", out, *_where())
    if f"0 created, 0 changed, {asked.count} unchanged" not in again.drawn:
        raise WrongTable(again.drawn[-500:])
    yield Figure(
        name="table_round_trip",
        engine=database.engine_name,
        value=taken.seconds + given.seconds,
        unit="s",
        below=BELOW_S,
        beside_what="writing the same rows with openpyxl and nothing else",
        beside_value=writing_s,
        command=asked.command,
        also={
            "in": round(taken.seconds, 1),
            "out": round(given.seconds, 1),
            "again": round(again.seconds, 1),
            # beside other work the clock runs on while the process waits for a processor
            "busy_in": round(taken.busy_s, 1),
            "busy_out": round(given.busy_s, 1),
        },
    )
    yield Figure(
        name="table_memory_above_base",
        engine=database.engine_name,
        value=max(taken.peak_mb - base_in.peak_mb, given.peak_mb - base_out.peak_mb),
        unit="MB",
        below=ABOVE_BASE_BELOW_MB,
        beside_what="the import of a table of one row",
        beside_value=base_in.peak_mb,
        command=asked.command,
        also={"in": round(taken.peak_mb, 1), "out": round(given.peak_mb, 1)},
    )


def _where() -> tuple[str, ...]:
    return ("--section", "follow_ups", "--case-file", NAME)


def _write(path: Path, count: int) -> None:
    first = date(2014, 10, 24)
    rows = (_row(number, first + timedelta(days=number % 365)) for number in range(count))
    with path.open("wb") as stream:
        write_workbook(stream, "follow_ups", FIELDS, rows, now=datetime(2014, 10, 24, tzinfo=UTC))


def _row(number: int, due: date) -> list[str]:
    values = {
        "case": f"KAZ-2099-{number % CASES + 1:03d}",
        "key": f"reply-{number:06d}",
        "kind": "complaint_reply",
        "title": f"{TITLES[number % len(TITLES)]}",
        "due": due.isoformat(),
        "due_precision": "day",
        "basis": "Mandela Rule 57; 30 days after the complaint (project default)",
        "tier": "public",
    }
    return [values.get(name, "") for name in FIELDS]


def _require_alike(before: Path, after: Path) -> None:
    with before.open("rb") as one, after.open("rb") as other:
        first, second = read_workbook(one), read_workbook(other)
    if first.headings != second.headings or [row for _, row in first.rows] != [row for _, row in second.rows]:
        raise WrongTable("what came out is not what went in")


def _run(database: Database, *arguments: object) -> Ran:
    """One command in a process of its own, its standard error a terminal."""
    leading, following = pty.openpty()
    drawn: list[bytes] = []
    reader = threading.Thread(target=_drain, args=(leading, drawn))
    reader.start()
    began = time.perf_counter()
    environment = {**os.environ, **database.settings, "TERM": "xterm", "COLUMNS": "100"}
    command = [sys.executable, "-c", RUN, *map(str, arguments)]
    pid = os.posix_spawn(sys.executable, command, environment, file_actions=[(os.POSIX_SPAWN_DUP2, following, 2)])
    os.close(following)
    _, status, used = os.wait4(pid, 0)
    seconds = time.perf_counter() - began
    reader.join()
    text = b"".join(drawn).decode(errors="replace")
    if os.waitstatus_to_exitcode(status):
        raise WrongTable(f"{arguments} failed: {text[-500:]}")
    return Ran(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, text)


def _drain(leading: int, drawn: list[bytes]) -> None:
    try:
        while piece := os.read(leading, 65_536):
            drawn.append(piece)
    except OSError:
        pass  # the other end was closed
    finally:
        os.close(leading)
