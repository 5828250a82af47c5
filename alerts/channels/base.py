"""What every channel has in common: its shape, its patience, and how an HTTP answer is sorted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from alerts.network import ForbiddenTarget, LineBroke, Response, Unreachable
from alerts.outcomes import Accepted, Refused, Unknown
from alerts.retries import parse_retry_after

if TYPE_CHECKING:
    from collections.abc import Awaitable, Collection, Mapping

    from alerts.facts import Envelope
    from alerts.messages import Form
    from alerts.outcomes import Outcome

# Given to a whole HTTP call; the rest of the budget is for recording what came of it.
HTTP_BUDGET_S = 20.0
# Ending early leaves time to write the outcome down while the lease still holds.
EARLY_S = 2.0
# A kept answer: enough to see what is wrong, too little to store somebody else's data.
LONGEST_EXCERPT = 2_000
# Redirects and most 4xx come from a mistake that somebody may be mending just now.
TRIES_BEFORE_FOR_GOOD = 3

_FOR_NOW = frozenset({408, 425, 429})
_GONE: Mapping[int, str] = {410: "The server says that it is gone (status 410)."}


@dataclass(frozen=True, slots=True)
class RepeatPolicy:
    """What to do with a delivery that may have arrived: send it again, or (after `hold_after_s`) let people decide.

    Seconds count from the first try; None means that a repeat is always right.
    """

    hold_after_s: float | None = None


class Channel(Protocol):
    """One way to reach somebody. `budget_s` (seconds) bounds one try, the recording of its outcome included."""

    name: ClassVar[str]
    form: ClassVar[Form]
    address_type: ClassVar[type]
    budget_s: ClassVar[float]
    repeat_policy: ClassVar[RepeatPolicy]

    async def send(self, message: Any, address: Any, envelope: Envelope) -> Outcome:
        """One try at one delivery; what is expected to go wrong is an outcome, not an exception."""

    async def aclose(self) -> None:
        """Closes what the channel holds open."""


async def answered(call: Awaitable[Response], envelope: Envelope) -> Response | Refused | Unknown:
    """The answer to a call, or what its failure means."""
    try:
        return await call
    except ForbiddenTarget as error:
        return Refused(permanent=True, reason=str(error))
    except Unreachable as error:
        return Refused(permanent=False, reason=str(error), failed_ways=envelope.ways)
    except LineBroke as error:
        return Unknown(reason=str(error), failed_ways=envelope.ways)


def sorted_by_status(
    response: Response,
    envelope: Envelope,
    *,
    for_good: Mapping[int, str] = _GONE,
    gone: Collection[int] = (410,),
    our_mistake: Collection[int] = (),
) -> Outcome:
    """What a status means: 2xx accepted; 408, 425, 429 and 5xx for now; the rest for good at the third try.

    `for_good` names the statuses, with a reason each, that this channel knows to be final at once; among them are those
    by which a destination says that it is gone, and those by which it complains of what we wrote.
    """
    status, excerpt = response.status, excerpt_of(response)
    reasons = {**_GONE, **for_good}
    if 200 <= status < 300:
        return Accepted(code=status, excerpt=excerpt)
    if status in reasons:
        return Refused(
            permanent=True, code=status, reason=reasons[status], excerpt=excerpt,
            gone=status in gone, our_mistake=status in our_mistake,
        )  # fmt: skip
    if status in _FOR_NOW or status >= 500:
        hint = parse_retry_after(response.headers.get("retry-after"), now=envelope.now)
        reason = f"The server cannot take it now (status {status})."
        return Refused(
            permanent=False, code=status, reason=reason, retry_after_s=hint, excerpt=excerpt, failed_ways=envelope.ways
        )
    permanent = envelope.attempt >= TRIES_BEFORE_FOR_GOOD
    return Refused(
        permanent=permanent, code=status, reason=f"The server turned it away (status {status}).", excerpt=excerpt
    )


def excerpt_of(response: Response) -> str:
    """The beginning of the answer, without control characters."""
    text = response.excerpt[:LONGEST_EXCERPT].decode("utf-8", "replace")
    return "".join(char if char.isprintable() else " " for char in text)
