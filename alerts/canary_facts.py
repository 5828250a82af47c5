"""What a canary says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """A message that Vigil sends to itself; whoever receives it answers at `receipt_url`."""

    receipt_url: str
