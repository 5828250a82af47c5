"""What is personal in a digest."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStop:
    """Where this reader ends the messages about one case alone."""

    case_reference: str
    stop_url: str
