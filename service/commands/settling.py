"""The rules by which a try that was not accepted is settled: again later, held, cancelled or dead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from alerts.outcomes import Accepted, Outcome, Refused, Unknown
from alerts.retries import THEN_EVERY_S, next_attempt
from service.vocabulary import DeliveryState

if TYPE_CHECKING:
    from service.commands.claims import Claim

# A delivery put back untried is looked at again this soon.
PUT_BACK_S = 1.0
LONGEST_REASON = 500

GAVE_UP = "Gave up after 72 hours."
MAY_HAVE_ARRIVED = "May have arrived: the worker stopped, and the receiver can no longer tell a repeat."


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Nothing left: what it would tell does not stand any more."""

    reason: str


@dataclass(frozen=True, slots=True)
class Held:
    """Nothing left: an earlier try may have arrived, and a repeat could not be known as one. People decide."""

    reason: str = MAY_HAVE_ARRIVED


@dataclass(frozen=True, slots=True)
class PutBack:
    """Nothing left: there was no slot, or the worker is stopping; the try does not count."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One claim and what became of it; `jitter` in [0, 1) spreads the next try, `hold_after_s` is the channel's policy."""

    claim: Claim
    outcome: Outcome | Cancelled | Held | PutBack
    jitter: float = 0.5
    hold_after_s: float | None = None


def settlement(one: Recorded, now: datetime) -> dict[str, Any]:
    """How the delivery of a try that was not accepted stands from `now` (UTC, the database's clock) on.

    The values are for the statement that `record_outcomes` runs. Raises ValueError for what was accepted or put back.
    """
    settled = {
        "of_id": one.claim.id,
        "of_token": one.claim.lease_token,
        "new_state": DeliveryState.QUEUED,
        "new_open": True,
        "new_due_at": now,
        "new_reason": None,
        "new_finished_at": None,
        "new_attempts": one.claim.attempt,
        "new_maybe_sent": one.claim.maybe_sent,
        "new_first_attempt_at": one.claim.first_attempt_at,
    }
    match one.outcome:
        case Cancelled(reason):
            return settled | _final(DeliveryState.CANCELLED, reason, now) | {"new_attempts": one.claim.attempt - 1}
        case Held(reason):
            return settled | _final(DeliveryState.HELD, reason, now) | {"new_attempts": one.claim.attempt - 1}
        case Unknown(reason):
            return settled | _unknown(one, reason, now)
        case Refused() as refused:
            maybe_sent = one.claim.maybe_sent or refused.maybe_sent
            return settled | _refused(one, refused, now) | {"new_maybe_sent": maybe_sent}
        case Accepted() | PutBack():
            raise ValueError("what is accepted is final, and what was put back has nothing to settle")


def _unknown(one: Recorded, reason: str, now: datetime) -> dict[str, Any]:
    again_at = _next(one, None, now)
    hold_at = one.claim.first_attempt_at + timedelta(seconds=one.hold_after_s) if one.hold_after_s else None
    if again_at is None or (hold_at is not None and again_at >= hold_at):
        return _final(DeliveryState.HELD, reason, now) | {"new_maybe_sent": True}
    return {
        "new_state": DeliveryState.UNKNOWN,
        "new_due_at": again_at,
        "new_reason": reason[:LONGEST_REASON],
        "new_maybe_sent": True,
    }


def _refused(one: Recorded, refused: Refused, now: datetime) -> dict[str, Any]:
    if refused.permanent and not refused.our_side:
        return _final(DeliveryState.DEAD, refused.reason, now)
    again_at = _next(one, refused.retry_after_s, now)
    if again_at is None and refused.our_side:
        # Our own relay or homeserver refuses us: that is no reason to give up on anybody.
        again_at = now + timedelta(seconds=THEN_EVERY_S)
    if again_at is None:
        return _final(DeliveryState.DEAD, f"{GAVE_UP} {refused.reason}", now)
    settled = {"new_due_at": again_at, "new_reason": refused.reason[:LONGEST_REASON]}
    # The 72 hours are the receiver's: they begin anew when our own side kept the message from it.
    begins_anew = refused.our_side and not one.claim.maybe_sent
    return settled | {"new_first_attempt_at": None} if begins_anew else settled


def _next(one: Recorded, retry_after_s: float | None, now: datetime) -> datetime | None:
    return next_attempt(
        one.claim.attempt,
        first_attempt_at=one.claim.first_attempt_at,
        now=now,
        retry_after_s=retry_after_s,
        jitter=one.jitter,
    )


def _final(state: DeliveryState, reason: str, now: datetime) -> dict[str, Any]:
    return {
        "new_state": state,
        "new_open": False,
        "new_due_at": now,
        "new_reason": reason[:LONGEST_REASON],
        "new_finished_at": now,
    }
