"""The job for urgent actions: those whose hold-back is over go out, those whose last day to act has passed are over."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from service.commands.beat import beat
from service.commands.issue_urgent_action import expire_ended, issue_next
from service.facts import gates_for, urgent_snapshot
from service.vocabulary import Beat, UrgentActionStatus

if TYPE_CHECKING:
    from service.worker.parts import WorkerParts

MOVE_URGENT_ACTIONS = Beat.MOVE_URGENT_ACTIONS.value


@dataclass(frozen=True, slots=True)
class Moved:
    """How many versions went out, were kept back with a reason, and are over."""

    issued: int
    suspended: int
    expired: int


def move_urgent_actions(parts: WorkerParts) -> Moved:
    """Issue at business time what is ripe, one version a transaction, and mark what is over."""
    now, issued, suspended = parts.clock.now(), 0, 0
    snapshot = partial(urgent_snapshot, links=parts.links)
    while True:
        with parts.writing.begin() as session:
            action = issue_next(session, now=now, consents_of=gates_for, snapshot=snapshot, vault=parts.vault)
            if action is not None:
                issued += action.status is UrgentActionStatus.ISSUED
                suspended += action.status is UrgentActionStatus.SUSPENDED
                continue
            expired = expire_ended(session, now=now, vault=parts.vault)
            moved = Moved(issued, suspended, expired)
            detail = {"issued": issued, "suspended": suspended, "expired": expired}
            beat(session, MOVE_URGENT_ACTIONS, at=parts.wall_clock.now(), detail=detail)
            return moved
