"""Sends malformed files through every way in, and counts crashes and partial rows; 0 when there are none."""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.databases import Databases
from tests.malformed.corpus import files
from tests.malformed.ground import prepared
from tests.malformed.running import run

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2014, 10, 24, 6, 0, tzinfo=UTC)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one line of JSON for each engine; 1 when anything crashed, or something was half-written."""
    parser = argparse.ArgumentParser(prog="python -m tests.malformed", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="how many must be refused")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    given = parser.parse_args(arguments)
    warnings.simplefilter("error")
    databases = Databases()
    try:
        with databases.fresh(given.engine) as database, tempfile.TemporaryDirectory() as folder:
            bundle = prepared(database.parts.writing, database.parts.vault, now=NOW)
            verdict = run(
                files(given.seed, bundle), refusals=given.count, writing=database.parts.writing, folder=Path(folder),
                now=NOW, vault=database.parts.vault,
            )  # fmt: skip
    finally:
        databases.close()
    for line in (*verdict.crashes, *verdict.partial, *verdict.wordless):
        sys.stderr.write(line + "\n")
    said = {
        "engine": given.engine, "seed": given.seed, "refused": verdict.refused, "by_name": verdict.by_name,
        "harmless": verdict.harmless, "crashes": len(verdict.crashes), "partial_rows": len(verdict.partial),
        "without_a_reason": len(verdict.wordless), "slowest_s": round(verdict.slowest_s, 2), "slowest": verdict.slowest,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }  # fmt: skip
    sys.stdout.write(json.dumps(said) + "\n")
    return 0 if verdict.holds else 1


if __name__ == "__main__":
    sys.exit(main())
