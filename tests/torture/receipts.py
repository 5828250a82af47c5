"""What a receiver took, one line each, written down before the receiver answers."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Enough of a file's end to hold whatever is being answered just now.
TAIL = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One message that arrived at `at` (seconds since 1970).

    `destination` is the reader's label, `about` the case's reference or the alert's id, `key` what repeats share (empty
    for Slack). `marked`: it says that it is a repeat. `shown`: a reader sees it, which a folded repeat is not.
    `genuine`: its signature holds, where there is one.
    """

    at: float
    channel: str
    destination: str
    about: str
    key: str
    marked: bool = False
    shown: bool = True
    genuine: bool = True


class Book:
    """One receiver's file. What is written has left this process, so that only the machine's end could undo it."""

    def __init__(self, path: Path, channel: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._channel = channel

    def write(
        self, destination: str, about: str, key: str, *, marked: bool = False, shown: bool = True, genuine: bool = True
    ) -> None:
        """Note one message."""
        flags = "".join("1" if flag else "0" for flag in (marked, shown, genuine))
        line = "\t".join((f"{time.time():.6f}", self._channel, destination, about, key, flags))
        os.write(self._file, f"{line}\n".encode())


def read(path: Path) -> Iterator[Receipt]:
    """Everything that the receiver of this file took, in the order in which it came."""
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        at, channel, destination, about, key, flags = line.split("\t")
        marked, shown, genuine = (flag == "1" for flag in flags)
        yield Receipt(
            at=float(at),
            channel=channel,
            destination=destination,
            about=about,
            key=key,
            marked=marked,
            shown=shown,
            genuine=genuine,
        )


def was_taken(path: Path, key: str) -> bool:
    """Whether the receiver of this file took a message with this key a moment ago."""
    if not path.exists():
        return False
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL))
        return key.encode() in file.read()
