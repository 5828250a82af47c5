"""Floods one victim's mailbox by the public forms, and asks whether time tells known from unknown addresses."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog

from service.clock import FixedClock
from tests.benchmarks.databases import Databases
from tests.factories import make_case
from tests.flood.flooding import flood
from tests.flood.timing import auc

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_A_DAY = 3
MOST_TELLING = 0.55
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one line of JSON for each measurement; 1 when more than three mails a day left, or time tells something."""
    parser = argparse.ArgumentParser(prog="python -m tests.flood", description=__doc__)
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--each", type=int, default=1_000, help="known and unknown addresses to time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    given = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    databases = Databases()
    try:
        good = [
            _flooded(databases, given, "over one day", timedelta(days=1) / given.posts),
            _flooded(databases, given, "over ten days", timedelta(days=10) / given.posts),
            _flooded(databases, given, "at once", timedelta(milliseconds=5)),
            _timed(databases, given, "/subscribe"),
            _timed(databases, given, "/manage"),
        ]
    finally:
        databases.close()
    return 0 if all(good) else 1


def _flooded(databases: Databases, given: argparse.Namespace, name: str, gap: timedelta) -> bool:
    with databases.fresh(given.engine) as database:
        clock = FixedClock(NOW)
        parts = replace(database.parts, wall_clock=clock)
        with parts.writing.begin() as session:
            case = make_case(session)
        began = time.perf_counter()
        found = asyncio.run(flood(parts, clock, case.slug, posts=given.posts, gap=gap, seed=given.seed))
        _say(
            measured="flood", engine=given.engine, pace=name, posts=given.posts,
            answers={str(code): count for code, count in sorted(found.answers.items())}, mails=len(found.mails_at),
            worst_day=found.worst_day, addresses_stored=found.addresses_stored,
            seconds=round(time.perf_counter() - began, 1),
        )  # fmt: skip
        return found.worst_day <= MOST_A_DAY


def _timed(databases: Databases, given: argparse.Namespace, path: str) -> bool:
    with databases.fresh(given.engine) as database:
        clock = FixedClock(NOW)
        parts = replace(database.parts, wall_clock=clock)
        with parts.writing.begin() as session:
            case = make_case(session)
        area = asyncio.run(auc(parts, clock, case, path, each=given.each, seed=given.seed))
        _say(measured="timing", engine=given.engine, path=path, each=given.each, auc=round(area, 3))
        return 1 - MOST_TELLING <= area <= MOST_TELLING


def _say(**said: Any) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
