"""Postfix's own load tools: a sink that takes mail as fast as the machine can, and how fast it can be filled."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

READY_WITHIN_S = 10.0
# As many sessions as Vigil keeps open to a relay.
SESSIONS = 10
BACKLOG = 1024
# The sink gives up root at once; the package makes this user.
USER = "postfix"


class NoSink(RuntimeError):
    """The tools are not installed."""


@contextmanager
def smtp_sink() -> Iterator[int]:
    """A running `smtp-sink`; yields its port on loopback. Raises NoSink."""
    port = free_port()
    as_user = ["-u", USER] if os.geteuid() == 0 else []
    process = subprocess.Popen([_tool("smtp-sink"), *as_user, f"127.0.0.1:{port}", str(BACKLOG)])
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait()


def source_command(port: int, *, count: int, size: int) -> list[str]:
    """The command that fills the sink: kept sessions, `count` messages of `size` bytes."""
    return [
        _tool("smtp-source"), "-d", "-s", str(SESSIONS), "-m", str(count), "-l", str(size),
        "-f", "a@example.org", "-t", "b@example.org", f"127.0.0.1:{port}",
    ]  # fmt: skip


def source_rate(port: int, *, count: int, size: int) -> float:
    """Messages a second that `smtp-source` hands to the sink: the machine's own limit."""
    began = time.perf_counter()
    subprocess.run(source_command(port, count=count, size=size), check=True)
    return count / (time.perf_counter() - began)


def free_port() -> int:
    """A port on loopback that nobody uses at present."""
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def _tool(name: str) -> str:
    # Debian puts them where only root looks.
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/libexec/postfix")
    if found is None:
        raise NoSink(f"there is no {name} here: it comes with Debian's package postfix")
    return found


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise NoSink(f"smtp-sink ended with {process.returncode}")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.02)
    raise NoSink(f"smtp-sink does not answer on port {port}")
