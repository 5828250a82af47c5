"""The job for forms that were put down and not looked at, because the process that took them died."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.commands.askings import answer_asking, left_behind

if TYPE_CHECKING:
    from service.worker.parts import WorkerParts

ANSWER_ASKINGS = "answer_askings"


def answer_askings(parts: WorkerParts) -> int:
    """Look at each, in a transaction of its own; returns how many there were."""
    wall_now = parts.wall_clock.now()
    with parts.reading() as session:
        waiting = left_behind(session, wall_now=wall_now)
    for asking_id in waiting:
        with parts.writing.begin() as session:
            answer_asking(session, asking_id, now=parts.clock.now(), wall_now=wall_now, vault=parts.vault)
    return len(waiting)
