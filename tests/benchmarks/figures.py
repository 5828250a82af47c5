"""A figure: what was measured, the bar it must clear, and the machine's own limit beside it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one run is to measure: how many, the command that says so, and where a profile goes, if one is wanted."""

    count: int
    command: str
    profile: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured value on one engine.

    The bar is cleared from `at_least` upwards, or anywhere `below`; one of the two is given. `beside` is the machine's
    own limit, measured in the same run and in the same unit. `also` is what helps to read the value; the load
    of the machine (processes that want to run, over the last minute) is always there.
    """

    name: str
    engine: str
    value: float
    unit: str
    beside_what: str
    beside_value: float
    command: str
    at_least: float | None = None
    below: float | None = None
    also: dict[str, Any] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether the bar is cleared."""
        if self.at_least is not None:
            return self.value >= self.at_least
        return self.below is not None and self.value < self.below

    def as_line(self) -> str:
        """One line of JSON."""
        bar = f">= {self.at_least:g}" if self.at_least is not None else f"< {self.below:g}"
        return json.dumps(
            {
                "figure": self.name,
                "engine": self.engine,
                "value": _short(self.value),
                "unit": self.unit,
                "bar": bar,
                "holds": self.holds,
                "beside": {"what": self.beside_what, "value": _short(self.beside_value)},
                "also": {**self.also, "load": round(os.getloadavg()[0], 1)},
                "command": self.command,
            }
        )


def _short(value: float) -> float:
    """Three digits behind the point where the value is small, none where they would say nothing."""
    return round(value) if value >= 100 else round(value, 3)
