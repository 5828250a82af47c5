"""Receivers of our own in a process of theirs: where they listen, and what they noted."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from tests.benchmarks.workers import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Receivers:
    """A running process that receives on these ports of the loopback."""

    ports: list[int]
    _process: subprocess.Popen[str]
    _said: IO[str]

    def notes(self) -> Iterator[dict[str, Any]]:
        """Each message as it comes: `key`, and the instants at which it `began` and `ended` (seconds, the epoch's)."""
        for line in self._said:
            yield json.loads(line)

    def stop(self) -> dict[str, int]:
        """End it; what it counted."""
        self._process.terminate()
        *_, last = self._said.read().splitlines()
        self._process.wait()
        counted: dict[str, int] = json.loads(last)
        return counted


@contextmanager
def receivers(kind: str, *, ports: int = 1, hold_s: float = 0.0, note: bool = False) -> Iterator[Receivers]:
    """Receivers of `mails` or `webhooks` that answer `hold_s` seconds after the end of each message."""
    command = [sys.executable, "-m", "tests.benchmarks.receiving", kind]
    command += ["--ports", str(ports), "--hold", str(hold_s), *(["--note"] if note else [])]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            first = json.loads(process.stdout.readline())
            yield Receivers(first["ports"], process, process.stdout)
        finally:
            process.terminate()
            process.stdout.read()
