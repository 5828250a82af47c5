"""The crash harness as a program: ends with 0 only if nothing was lost and no repeat was unknown."""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

from tests.postgresql import PostgreSQLNotFound
from tests.torture.arguments import arguments_from
from tests.torture.databases import NotDurable
from tests.torture.running import run

if TYPE_CHECKING:
    from tests.torture.verdict import Verdict

INTERRUPTED = 130
CANNOT_RUN = 2


def main() -> int:
    """Run what the command line asks for; the exit status."""
    arguments = arguments_from()
    # None of the developer's own settings may reach a worker.
    for name in [name for name in os.environ if name.startswith("VIGIL_") and not name.startswith("VIGIL_TEST_")]:
        del os.environ[name]
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, _interrupt)
    _tell(f"seed {arguments.seed}")
    try:
        verdict = run(arguments, _tell)
    except KeyboardInterrupt:
        _tell("interrupted")
        return INTERRUPTED
    except (PostgreSQLNotFound, NotDurable) as error:
        _tell(str(error))
        return CANNOT_RUN
    sys.stdout.write(_as_json(verdict) if arguments.as_json else _as_table(verdict))
    return 0 if verdict.holds else 1


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def _tell(words: str) -> None:
    sys.stderr.write(f"{words}\n")


def _as_json(verdict: Verdict) -> str:
    return json.dumps({**verdict.figures, "holds": verdict.holds, "broken": list(verdict.broken)}) + "\n"


def _as_table(verdict: Verdict) -> str:
    lines: list[str] = []
    for name, figure in verdict.figures.items():
        rows = figure.items() if isinstance(figure, dict) else [("", figure)]
        lines += [f"{name.replace('_', ' '):<26}{inner:<30}{value:>10}" for inner, value in rows]
    lines += [f"BROKEN: {fault}" for fault in verdict.broken] or ["everything holds"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
