"""What became of one try at one delivery: it goes back to the service."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Accepted:
    """The receiving server took responsibility. Final.

    `way` is the gate that it passed, where there was a choice; `failed_ways` are those that were tried before in vain.
    """

    code: int
    provider_ref: str | None = None
    excerpt: str = ""
    way: str | None = None
    failed_ways: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """The message was not taken: for now, or (`permanent`) for good.

    `reason` is one plain sentence without secrets or addresses; `retry_after_s` (seconds) is the receiver's wish.
    `our_side`: the relay or homeserver refuses us, not this recipient, so its gate shuts and no delivery dies.
    `no_such_address`: the receiver says that nobody is there (RFC 3463): a hard bounce.
    `gone`: the same of a room or an endpoint. `our_mistake`: what we wrote is at fault, and not the destination.
    `failed_ways` are the gates whose host or relay is in trouble, whoever is written to.
    `maybe_sent`: a mistake of ours broke the try off, and nobody knows how far it had come.
    """

    permanent: bool
    reason: str
    code: int | None = None
    retry_after_s: float | None = None
    excerpt: str = ""
    our_side: bool = False
    no_such_address: bool = False
    gone: bool = False
    our_mistake: bool = False
    maybe_sent: bool = False
    failed_ways: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """The line broke after the data had been sent: it may or may not have arrived."""

    reason: str
    failed_ways: tuple[str, ...] = ()


Outcome = Accepted | Refused | Unknown
