"""Makes what a receiver said fit for a database: no NUL, and no half of a character."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from alerts.outcomes import Accepted, Refused, Unknown

if TYPE_CHECKING:
    from alerts.outcomes import Outcome
    from service.commands.settling import Recorded


def with_writable_words(one: Recorded) -> Recorded:
    """The same with words that either database can hold; nearly always it is the very same."""
    match one.outcome:
        case Accepted() as accepted:
            reference = accepted.provider_ref and _writable(accepted.provider_ref)
            clean: Outcome = replace(accepted, excerpt=_writable(accepted.excerpt), provider_ref=reference)
        case Refused() as refused:
            clean = replace(refused, excerpt=_writable(refused.excerpt), reason=_writable(refused.reason))
        case Unknown() as unknown:
            clean = replace(unknown, reason=_writable(unknown.reason))
        case _:
            return one
    return one if clean == one.outcome else replace(one, outcome=clean)


def _writable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
