"""The simulation as a picture of letters: one row a case, one column a month, the highest level announced in it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from alerts.facts import Level
from service.simulation.replay import Event

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from service.simulation.replay import Line

LETTERS = {Level.UPCOMING: "u", Level.DUE: "d", Level.OVERDUE: "o", Level.VERY_OVERDUE: "V", Level.CRITICAL: "C"}
QUIET = "."


def drawn(lines: Sequence[Line], *, first: date, last: date) -> list[str]:
    """The picture, a line of text each; cases of which nothing was announced are left out."""
    months = _months(first, last)
    highest: dict[tuple[str, int], Level] = {}
    for line in lines:
        if line.event is Event.ANNOUNCED and line.level is not None:
            place = (line.reference, _number(line.on))
            if place not in highest or line.level.rank > highest[place].rank:
                highest[place] = line.level
    by_case: dict[str, dict[int, Level]] = defaultdict(dict)
    for (reference, month), level in sorted(highest.items()):
        by_case[reference][month] = level
    width = max((len(reference) for reference in by_case), default=0)
    years = "".join(f"|{month // 12}"[: min(12, len(months))].ljust(12) for month in months if month % 12 == 0)
    before = next((place for place, month in enumerate(months) if month % 12 == 0), len(months))
    heading = f"{'':{width}}  {'':{before}}{years}"[: width + 2 + len(months)].rstrip()
    rows = [
        f"{reference:{width}}  " + "".join(LETTERS[found[month]] if month in found else QUIET for month in months)
        for reference, found in by_case.items()
    ]
    legend = ", ".join(f"{letter} {level.value.replace('_', ' ')}" for level, letter in LETTERS.items())
    return [heading, *rows, f"A letter is a month: {legend}."] if rows else ["Nothing is announced."]


def _months(first: date, last: date) -> range:
    return range(_number(first), _number(last) + 1)


def _number(day: date) -> int:
    return day.year * 12 + day.month - 1
