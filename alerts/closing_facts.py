"""The facts of the last message about a case: that nobody watches it any more."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosed:
    """The case is not watched any more, and its readers hear no more of it; the page stays. It names nobody."""

    case_reference: str
    case_url: str
