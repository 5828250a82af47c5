"""A worker that dies is seen to die: nothing goes on beside it as if all were well."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from service.errors import WorkerDied
from service.worker.running import run_worker, worker_beside

if TYPE_CHECKING:
    from tests.service.worker.conftest import Worker

# What `vigil serve` and `vigil worker` do, with parts of which one is broken.
PROGRAM = """
import asyncio, sys
from dataclasses import replace
from service.app import build_parts
from service.cli import app
from service.cli.serving import serve_beside_worker
from service.settings import load_settings
from service.worker.running import run_worker
from tests.service.worker.test_dying import Broken

parts = replace(build_parts(load_settings()), reading=Broken())
app.app.command("serve-broken")(lambda: serve_beside_worker(parts))
app.app.command("worker-broken")(lambda: asyncio.run(run_worker(parts, stop=asyncio.Event())))
sys.exit(app.main([sys.argv[1]]))
"""
NOT_TOLD = "reader@example.org must not be told"


class Broken:
    """Sessions that end in a mistake which nobody expects."""

    def __call__(self) -> Any:
        raise ZeroDivisionError(NOT_TOLD)


@pytest.fixture
def broken(worker: Worker) -> Worker:
    """A worker whose dispatcher cannot look for what is due."""
    return replace(worker, reading=Broken())  # type: ignore[arg-type] # that is the fault


def test_a_mistake_in_the_dispatcher_ends_the_worker_by_its_name_alone(broken: Worker) -> None:
    with pytest.raises(WorkerDied, match=r"the worker has died \(ZeroDivisionError\)") as died:
        asyncio.run(run_worker(broken, stop=asyncio.Event(), channels=broken.post.channels()))
    assert NOT_TOLD not in str(died.value)


def test_whoever_runs_beside_it_is_told_at_once_and_hears_why_at_the_end(broken: Worker) -> None:
    told = threading.Event()

    def serve() -> None:
        with worker_beside(broken, when_it_dies=told.set):
            assert told.wait(20)

    with pytest.raises(WorkerDied, match="ZeroDivisionError"):
        serve()


def test_a_worker_that_cannot_even_start_is_no_different(worker: Worker) -> None:
    told = threading.Event()

    def serve() -> None:
        with worker_beside(replace(worker, settings=None), when_it_dies=told.set):  # type: ignore[arg-type] # the fault
            assert told.wait(20)

    with pytest.raises(WorkerDied, match="AttributeError"):
        serve()


def test_a_worker_that_is_stopped_has_not_died(worker: Worker) -> None:
    died: list[bool] = []
    with worker_beside(worker, when_it_dies=lambda: died.append(True)):
        pass
    assert died == []


@pytest.mark.parametrize("command", ["serve-broken", "worker-broken"])
def test_the_process_ends_with_a_sentence_and_a_code_that_supervisors_see(worker: Worker, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = probe.getsockname()[1]
    environment = {
        **os.environ,
        "VIGIL_DATABASE_URL": worker.settings.database,
        "VIGIL_SECRET_KEY": "a key for tests alone, 32 letters or more",
        "VIGIL_PORT": str(free),
    }
    process = subprocess.run(
        [sys.executable, "-c", PROGRAM, command],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert process.returncode == 1
    assert "vigil: the worker has died (ZeroDivisionError)" in process.stderr
