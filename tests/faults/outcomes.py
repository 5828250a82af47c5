"""The words in which the grids say what must come of a fault, and what each asks of the outcome."""

from __future__ import annotations

from alerts.outcomes import Accepted, Outcome, Refused, Unknown


def check(outcome: Outcome, expected: str) -> None:
    """Whether the outcome is what this word says.

    `accepted`: has arrived. `unknown`: may have arrived. `never`: refused for good. Refused for now: `ours`, our own
    matter, so that no delivery dies of it; `theirs`, by the receiver, so that it ends after 72 hours; `now`, either.
    """
    match expected:
        case "accepted":
            assert isinstance(outcome, Accepted)
        case "unknown":
            assert isinstance(outcome, Unknown)
        case "never":
            assert isinstance(outcome, Refused)
            assert (outcome.permanent, outcome.our_side) == (True, False)
        case "ours" | "theirs":
            assert isinstance(outcome, Refused)
            assert (outcome.permanent, outcome.our_side) == (False, expected == "ours")
        case "now":
            assert isinstance(outcome, Refused)
            assert not outcome.permanent
        case _:
            raise ValueError(f"no grid says {expected}")
