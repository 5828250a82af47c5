"""Receivers of our own in a process of theirs: where they listen, and what they noted."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from tests.benchmarks.workers import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator

READY_WITHIN_S = 30.0


class NothingCame(TimeoutError):
    """The receivers had nothing to say for too long."""


class Receivers:
    """A running process that receives on `ports` of the loopback."""

    def __init__(self, process: subprocess.Popen[str], said: IO[str]) -> None:
        self._process = process
        self._lines: queue.Queue[str] = queue.Queue()
        self._reading = threading.Thread(target=self._read, args=(said,), daemon=True)
        self._reading.start()
        self.ports: list[int] = self.next_note(within_s=READY_WITHIN_S)["ports"]

    def next_note(self, *, within_s: float) -> dict[str, Any]:
        """The next message: its `key`, when it `began` and `ended` (seconds of the epoch). Raises NothingCame."""
        try:
            note: dict[str, Any] = json.loads(self._lines.get(timeout=within_s))
        except queue.Empty:
            raise NothingCame(f"no message within {within_s} s") from None
        return note

    def stop(self) -> dict[str, int]:
        """End it; what it counted."""
        self._process.terminate()
        self._process.wait()
        self._reading.join()
        last = ""
        while not self._lines.empty():
            last = self._lines.get()
        counted: dict[str, int] = json.loads(last)
        return counted

    def _read(self, said: IO[str]) -> None:
        for line in said:
            self._lines.put(line)


@contextmanager
def receivers(kind: str, *, ports: int = 1, hold_s: float = 0.0, note: bool = False) -> Iterator[Receivers]:
    """Receivers of `mails` or `webhooks` that answer `hold_s` seconds after the end of each message."""
    command = [sys.executable, "-m", "tests.benchmarks.receiving", kind]
    command += ["--ports", str(ports), "--hold", str(hold_s), *(["--note"] if note else [])]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Receivers(process, process.stdout)
        finally:
            process.terminate()
            process.wait()
