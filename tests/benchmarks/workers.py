"""Workers in processes of their own, which know nothing but the environment that an operator would give them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from service.records import Attempt, Delivery
from service.vocabulary import AttemptOutcome, DeliveryState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.benchmarks.databases import Database

CHECKOUT = Path(__file__).resolve().parents[2]
WATCH_EVERY_S = 1.0


class NotAllAccepted(AssertionError):
    """The worker ended and something is not on record as accepted."""


def drain(
    database: Database,
    settings: Mapping[str, str],
    *,
    profile: Path | None = None,
    watch: Callable[[int], None] | None = None,
) -> dict[str, Any]:
    """Have a worker send all that is due: `seconds` from its start of work to the last recorded outcome, and `cpu_s`.

    With `profile` it runs under cProfile, which makes it several times slower, and writes the profile there.
    `watch` is called with the process's id each second.
    """
    command = [sys.executable, "-m", "tests.benchmarks.draining"]
    command += ["--profile", str(profile.absolute())] if profile else []
    env = environment(database, settings)
    with subprocess.Popen(command, env=env, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            try:
                process.wait(WATCH_EVERY_S)
            except subprocess.TimeoutExpired:
                if watch is not None:
                    watch(process.pid)
        assert process.stdout is not None
        said: dict[str, Any] = json.loads(process.stdout.read())
    return said


def resident_kb(pid: int) -> int:
    """The memory of a process that is resident (VmRSS)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split(maxsplit=1)[0])


@contextmanager
def started(database: Database, settings: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """`vigil worker`, running; at the end it is told to stop, unless it was killed."""
    command = [sys.executable, "-c", "from service.cli import main; main()", "worker"]
    process = subprocess.Popen(command, env=environment(database, settings), cwd=CHECKOUT)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def environment(database: Database, settings: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment, with this database and these settings and no others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VIGIL_")}
    return {**kept, **database.settings, **settings}


def require_all_accepted(database: Database, count: int) -> None:
    """Every delivery is accepted, each with its one attempt on record. Raises NotAllAccepted."""
    with database.parts.reading() as session:
        states = dict(session.execute(select(Delivery.state, func.count()).group_by(Delivery.state)).tuples().all())
        outcomes = dict(session.execute(select(Attempt.outcome, func.count()).group_by(Attempt.outcome)).tuples().all())
    if states != {DeliveryState.ACCEPTED: count} or outcomes != {AttemptOutcome.ACCEPTED: count}:
        raise NotAllAccepted(f"of {count} deliveries: {states}, attempts {outcomes}")
