"""The named points at which a worker can be made to kill itself, found from outside the product."""

from __future__ import annotations

import os
import re
import signal
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

BEFORE_ALERT_COMMIT = "before the alert's commit"
AFTER_ALERT_COMMIT = "after the alert's commit"
BEFORE_ATTEMPT_ROW = "before the attempt's row"
AFTER_ATTEMPT_ROW = "after the attempt's row"
BEFORE_CLAIM_COMMIT = "before the claim's commit"
AFTER_CLAIM_COMMIT = "after the claim's commit"
BEFORE_FIRST_BYTE = "before the first byte"
AFTER_LAST_BYTE = "after the last byte"
AFTER_ANSWER = "after the answer"
BEFORE_OUTCOME_COMMIT = "before the outcome's commit"
AFTER_OUTCOME_COMMIT = "after the outcome's commit"

# How often each may be passed before the worker dies there: within the first batch that it gets hold of.
POINTS = {
    BEFORE_ALERT_COMMIT: 1,
    AFTER_ALERT_COMMIT: 1,
    BEFORE_ATTEMPT_ROW: 1,
    AFTER_ATTEMPT_ROW: 1,
    BEFORE_CLAIM_COMMIT: 1,
    AFTER_CLAIM_COMMIT: 1,
    BEFORE_FIRST_BYTE: 15,
    AFTER_LAST_BYTE: 10,
    AFTER_ANSWER: 15,
    BEFORE_OUTCOME_COMMIT: 2,
    AFTER_OUTCOME_COMMIT: 2,
}

_COMMITS = {
    "alert": (BEFORE_ALERT_COMMIT, AFTER_ALERT_COMMIT),
    "claim": (BEFORE_CLAIM_COMMIT, AFTER_CLAIM_COMMIT),
    "outcome": (BEFORE_OUTCOME_COMMIT, AFTER_OUTCOME_COMMIT),
}
_ATTEMPT = "INSERT INTO attempt"
# As the dispatcher names itself: host, colon, eight digits.
_WORKER = re.compile(r"[^'\s]{1,40}:[0-9a-f]{8}")


@dataclass
class Trap:
    """Kills this process when `point` is passed for the `nth` time."""

    point: str
    nth: int
    _passed: int = field(default=0, init=False)

    def passes(self, point: str) -> None:
        """Tell where the worker is."""
        if self.counts(point):
            self.spring()

    def counts(self, point: str) -> bool:
        """Whether the worker is where it must die, this time or any later."""
        if point != self.point:
            return False
        self._passed += 1
        return self._passed >= self.nth

    def spring(self) -> None:
        """Die as if the power had gone."""
        os.kill(os.getpid(), signal.SIGKILL)


class DatabaseWatch:
    """Sees every statement and commit of an engine, and tells `trap` where they are.

    `tell_name` gets the worker's own name before the first claim of it is committed.
    """

    def __init__(self, engine: Engine, trap: Trap | None, *, tell_name: Callable[[str], None]) -> None:
        self._trap = trap
        self._tell_name = tell_name
        self._told = False
        self._here = threading.local()
        event.listen(engine, "begin", self._begun)
        event.listen(engine, "before_cursor_execute", self._before_statement)
        event.listen(engine, "after_cursor_execute", self._after_statement)
        event.listen(engine, "commit", self._before_commit)
        event.listen(engine, "checkin", self._handed_back)

    def _begun(self, _connection: Connection) -> None:
        self._here.does, self._here.committed = None, False

    def _before_statement(
        self, _connection: Connection, _cursor: Any, statement: str, parameters: Any, *_: Any
    ) -> None:
        if statement.startswith(_ATTEMPT):
            self._learn_name(parameters)
            self._pass(BEFORE_ATTEMPT_ROW)
        if kind := _kind_of(statement):
            # A claim is more than its first statement, and one that found nothing is none.
            before = getattr(self._here, "does", None)
            self._here.does = kind if before is None or kind == "claim" else before

    def _after_statement(self, _connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(_ATTEMPT):
            self._pass(AFTER_ATTEMPT_ROW)

    def _before_commit(self, _connection: Connection) -> None:
        if (does := getattr(self._here, "does", None)) in _COMMITS:
            self._pass(_COMMITS[does][0])
            self._here.committed = True

    def _handed_back(self, *_: Any) -> None:
        """The connection goes back to the pool: what it committed is committed."""
        if getattr(self._here, "committed", False):
            self._pass(_COMMITS[self._here.does][1])
        self._here.does, self._here.committed = None, False

    def _learn_name(self, parameters: Any) -> None:
        if not self._told and (found := _WORKER.search(str(parameters))):
            self._told = True
            self._tell_name(found[0])

    def _pass(self, point: str) -> None:
        if self._trap is not None:
            self._trap.passes(point)


def _kind_of(statement: str) -> str | None:
    """What a transaction with this statement in it is for."""
    if statement.startswith(_ATTEMPT):
        return "claim"
    if statement.startswith("INSERT INTO alert "):
        return "alert"
    if "UPDATE delivery" in statement:
        return "a look at what is due" if "RETURNING" in statement else "outcome"
    return None
