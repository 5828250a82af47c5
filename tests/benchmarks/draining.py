"""A worker in a process of its own that sends all that is due and says how long it took (seconds, as JSON)."""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import os
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from service.app import build_parts
from service.cli.opening import opened
from service.logs import configure_logs
from service.worker.running import run_on_own_loop, run_until_drained
from tests.benchmarks.workers import resident_kb

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.web import Parts


def main() -> None:
    """Drain the outbox of the installation that the environment names."""
    given = argparse.ArgumentParser()
    given.add_argument("--profile", type=Path)
    profile = given.parse_args().profile
    with opened() as installation:
        configure_logs(installation.settings.log_level)
        parts = build_parts(installation.settings, engine=installation.engine, vault=installation.vault)
        resident = resident_kb(os.getpid())
        began, used = time.perf_counter(), time.process_time()
        if profile is None:
            run_on_own_loop(run_until_drained(parts))
        else:
            _profiled(parts, profile)
        said = {"seconds": time.perf_counter() - began, "cpu_s": time.process_time() - used, "resident_kb": resident}
    sys.stdout.write(json.dumps(said) + "\n")


class _Inline(ThreadPoolExecutor):
    """Runs the database's work in the loop's own thread, so that one profile shows both."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for it
            future.set_exception(error)
        return future


def _profiled(parts: Parts, path: Path) -> None:
    async def drain() -> None:
        asyncio.get_running_loop().set_default_executor(_Inline())
        await run_until_drained(parts)

    profile = cProfile.Profile()
    profile.runcall(asyncio.run, drain())
    profile.dump_stats(path)


if __name__ == "__main__":
    main()
