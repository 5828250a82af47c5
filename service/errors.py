"""The errors that a caller may meet, drawn as a tree; HTTP status codes are the doors' matter.

VigilError
├── InvalidInput            what was given cannot be accepted; carries problems with their places
│   ├── InvalidCaseFile     the same for a case file; places are lines
│   ├── InvalidRules        the same for a file of rules
│   ├── InvalidTable        the same for a table; places are rows and columns
│   └── InvalidBundle       the same for a case bundle
├── NotFound                no such record, or none that this caller may know of
├── Conflict                the record exists already, or its state forbids the change
│   └── StaleVersion        somebody else changed the record in the meantime; carries both versions
├── NotAllowed              the caller is known and may not do this
├── NotAuthenticated        the caller is not known
├── TooManyRequests         slow down; carries the seconds to wait
├── ConfigurationError      a setting is missing, unsafe or contradicts another
├── Damaged                 what is stored is not what was stored: another key, or somebody altered it
├── DatabaseNotReady        the database cannot be reached or lacks migrations
└── WorkerDied              the worker ended by a mistake of ours; whoever started it must start it again
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: `where` is a field or pointer, `line` counts from 1 where the input has lines."""

    where: str
    reason: str
    line: int | None = None

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line is not None else ""
        return f"{place}{self.where}: {self.reason}" if self.where else f"{place}{self.reason}"

    def as_dict(self) -> dict[str, object]:
        """The same as plain data."""
        return asdict(self)


class VigilError(Exception):
    """Anything that Vigil refuses or cannot do, in words that a person can act on."""


class InvalidInput(VigilError):
    """What was given cannot be accepted; `problems` says what, where and why."""

    def __init__(self, problems: Sequence[Problem] | str) -> None:
        self.problems = (Problem("", problems),) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class InvalidCaseFile(InvalidInput):
    """A case file was refused whole; nothing of it was stored."""


class InvalidRules(InvalidInput):
    """A file of rules was refused whole; the rules in force stay as they were."""


class InvalidTable(InvalidInput):
    """A table was refused whole; nothing of it was stored."""


class InvalidBundle(InvalidInput):
    """A case bundle was refused whole; nothing of it was stored."""


class NotFound(VigilError):
    """No such record, or none that this caller may know of."""


class Conflict(VigilError):
    """The record exists already, or its state forbids the change."""


class StaleVersion(Conflict):
    """Somebody else changed the record since it was read.

    `wanted` is what the change asked for, `current` the record as this caller may see it now, in `version`.
    """

    def __init__(
        self, *, version: int, wanted: Mapping[str, object] | None = None, current: Mapping[str, object] | None = None
    ) -> None:
        self.version, self.wanted, self.current = version, wanted, current
        super().__init__(f"somebody changed this since you read it; it is at version {version} now")


class NotAllowed(VigilError):
    """The caller is known and may not do this."""


class NotAuthenticated(VigilError):
    """The caller is not known."""


class TooManyRequests(VigilError):
    """The caller must wait `retry_after_s` seconds."""

    def __init__(self, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"Too many requests. Wait {retry_after_s} seconds, then try again.")


class ConfigurationError(VigilError):
    """A setting is missing, unsafe or contradicts another."""


class Damaged(VigilError):
    """What is stored is not what was stored: it was sealed with another key, or somebody altered it."""


class DatabaseNotReady(VigilError):
    """The database cannot be reached or lacks migrations."""


class WorkerDied(VigilError):
    """The worker ended by a mistake of ours; whoever started it must start it again."""
