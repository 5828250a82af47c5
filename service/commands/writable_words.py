"""Makes what a receiver said fit for a database: no NUL, and no half of a character."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from alerts.outcomes import Accepted, Refused, Unknown

if TYPE_CHECKING:
    from service.commands.settling import Recorded

_UNWRITABLE = re.compile(r"[\x00\ud800-\udfff]")


def with_writable_words(one: Recorded) -> Recorded:
    """The same with words that either database can hold; nearly always it is the very same."""
    match one.outcome:
        case Accepted(excerpt=excerpt, provider_ref=reference) as accepted:
            if _UNWRITABLE.search(excerpt) or _UNWRITABLE.search(reference or ""):
                reference = reference and _writable(reference)
                return replace(one, outcome=replace(accepted, excerpt=_writable(excerpt), provider_ref=reference))
        case Refused(excerpt=excerpt, reason=reason) as refused:
            if _UNWRITABLE.search(excerpt) or _UNWRITABLE.search(reason):
                return replace(one, outcome=replace(refused, excerpt=_writable(excerpt), reason=_writable(reason)))
        case Unknown(reason=reason) as unknown:
            if _UNWRITABLE.search(reason):
                return replace(one, outcome=replace(unknown, reason=_writable(reason)))
        case _:
            pass
    return one


def _writable(text: str) -> str:
    return _UNWRITABLE.sub("\ufffd", text)
