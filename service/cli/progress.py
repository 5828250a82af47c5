"""A bar that says how far a long command has come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from service.cli.speaking import talking

# A bar for what is over in a moment only flickers.
BAR_AFTER_S = 1.0


@contextmanager
def progress_bar(words: str) -> Iterator[Callable[[int, int | None], None]]:
    """Something to call with how many of how many are done; it draws on a terminal only, and not at once."""
    bar = Progress(
        TextColumn(words), BarColumn(), MofNCompleteColumn(), console=talking(), transient=True, disable=False
    )
    task = bar.add_task(words, total=None)
    began = monotonic()

    def show(done: int, total: int | None) -> None:
        if bar.console.is_terminal and not bar.live.is_started and monotonic() - began > BAR_AFTER_S:
            bar.start()
        if bar.live.is_started:
            bar.update(task, completed=done, total=total)

    try:
        yield show
    finally:
        if bar.live.is_started:
            bar.stop()
