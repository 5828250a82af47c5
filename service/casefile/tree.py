"""Plain data with the line of every part, built within limits from what a parser saw."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from service.errors import InvalidCaseFile, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

# A case file is five levels deep; more is a mistake or an attack.
DEEPEST = 20
# The largest file that is accepted has no room for more rows than this.
MOST_NODES = 500_000
MOST_PROBLEMS = 50
# Of a value, or of a name that somebody made up, an error repeats no more.
LONGEST_SHOWN = 40

_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

Path = tuple[str | int, ...]
Scalar = str | int | float | bool | None


class Kind(Enum):
    """What a parser saw."""

    MAPPING = auto()
    LIST = auto()
    END = auto()
    SCALAR = auto()


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a parser saw, and the line (from 1) where it begins."""

    kind: Kind
    line: int
    value: Scalar = None


@dataclass(slots=True)
class Tree:
    """Plain data; `lines` gives the line of each part by its path, `problems` what is wrong with the form alone."""

    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line_of(self, path: Path) -> int | None:
        """The line of a part, or of the nearest part around it that is there."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return None


@dataclass(slots=True)
class _Open:
    container: dict[str, Any] | list[Any]
    path: Path
    key: str | None = None
    awaits_key: bool = True


def build(events: Iterable[Event]) -> Tree:
    """Build the tree. Raises InvalidCaseFile when it is too deep or has too many parts.

    A repeated key, a key that is no text and a character that no text has become problems of the tree.
    """
    tree, stack = Tree(), list[_Open]()
    for number, event in enumerate(events):
        if number > MOST_NODES:
            raise InvalidCaseFile([Problem("", f"more than {MOST_NODES:,} parts", event.line)])
        if event.kind is Kind.END:
            stack.pop()
        elif stack and _takes_key(stack[-1], event, tree):
            continue
        else:
            _place(event, stack, tree)
    return tree


def dotted(path: Path) -> str:
    """A path as people write it: `cases[3].follow_ups[0].due`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{shortened(part)}" for part in path)
    return "".join(parts).removeprefix(".")


def shortened(text: str) -> str:
    """A text as an error shows it."""
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def _takes_key(top: _Open, event: Event, tree: Tree) -> bool:
    """Whether this event is the key of the mapping that is open."""
    if not isinstance(top.container, dict) or not top.awaits_key:
        return False
    if event.kind is not Kind.SCALAR:
        raise InvalidCaseFile([Problem(dotted(top.path), "a key must be plain text", event.line)])
    key = event.value if isinstance(event.value, str) else str(event.value).lower()
    if key in top.container:
        first = tree.line_of((*top.path, key))
        tree.problems.append(Problem(dotted((*top.path, key)), f"stands twice, first on line {first}", event.line))
    top.key, top.awaits_key = key, False
    return True


def _place(event: Event, stack: list[_Open], tree: Tree) -> None:
    path = _next_path(stack[-1]) if stack else ()
    value: Any = {} if event.kind is Kind.MAPPING else [] if event.kind is Kind.LIST else event.value
    if isinstance(value, str) and (bad := unwritable(value)):
        tree.problems.append(Problem(dotted(path), f"has the character {bad}, which no text has", event.line))
    tree.lines.setdefault(path, event.line)
    if not stack:
        tree.value = value
    else:
        top = stack[-1]
        if isinstance(top.container, dict):
            top.container.setdefault(str(top.key), value)
            top.awaits_key = True
        else:
            top.container.append(value)
    if event.kind is not Kind.SCALAR:
        if len(stack) >= DEEPEST:
            raise InvalidCaseFile([Problem(dotted(path), f"nested more than {DEEPEST} levels deep", event.line)])
        stack.append(_Open(value, path))


def _next_path(top: _Open) -> Path:
    return (*top.path, str(top.key) if isinstance(top.container, dict) else len(top.container))


def unwritable(text: str) -> str | None:
    """The first character that no text of ours has: controls, and halves of surrogate pairs."""
    found = _UNWRITABLE.search(text)
    return f"U+{ord(found[0]):04X}" if found else None
