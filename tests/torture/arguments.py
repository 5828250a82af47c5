"""What may be asked of the crash harness on its command line."""

from __future__ import annotations

import argparse
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SQLITE = "sqlite"
POSTGRESQL = "postgresql"
# Several workers at once are what PostgreSQL is for.
WORKERS = {SQLITE: 1, POSTGRESQL: 3}


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """One run: how much is sent, and how often what is killed.

    `pace_ms` is how long a receiver takes to answer. An `impatient` run brings forward the leases of dead workers.
    """

    engine: str
    kills: int
    deliveries: int
    workers: int
    seed: int
    database_crashes: int = 0
    points: bool = False
    pace_ms: int = 50
    impatient: bool = False
    as_json: bool = False


def arguments_from(words: Sequence[str] | None = None) -> Arguments:
    """Read them from the command line; a wrong one ends the program with status 2."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.torture",
        description="Kill workers while they announce and send, and count what receivers took: lost must be 0.",
    )
    parser.add_argument("--engine", choices=tuple(WORKERS), default=SQLITE)
    parser.add_argument("--kills", type=_count, default=20, help="workers to end with SIGKILL (20)")
    parser.add_argument("--deliveries", type=_count, default=2_000, help="about how many are owed (2000)")
    parser.add_argument("--workers", type=_count, help="at once (1 on SQLite, 3 on PostgreSQL)")
    parser.add_argument("--seed", type=int, help="plays the same kills again, as far as the machine allows")
    parser.add_argument("--database-crashes", type=_count, default=0, help="PostgreSQL ended with SIGQUIT (0)")
    parser.add_argument("--points", action="store_true", help="every kill at a named point, not every fourth")
    parser.add_argument("--pace", type=_count, default=50, metavar="MS", help="a receiver's time to answer (50)")
    parser.add_argument("--impatient", action="store_true", help="do not wait a minute for the leases of the dead")
    parser.add_argument("--json", action="store_true", help="print one object")
    given = parser.parse_args(words)
    if given.database_crashes and given.engine != POSTGRESQL:
        parser.error("--database-crashes needs --engine postgresql: SQLite has no server to crash")
    return Arguments(
        engine=given.engine,
        kills=given.kills,
        deliveries=given.deliveries,
        workers=given.workers or WORKERS[given.engine],
        seed=secrets.randbelow(2**31) if given.seed is None else given.seed,
        database_crashes=given.database_crashes,
        points=given.points,
        pace_ms=given.pace,
        impatient=given.impatient,
        as_json=given.json,
    )


def _count(text: str) -> int:
    count = int(text)
    if count < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return count
