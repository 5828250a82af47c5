"""A claim: one delivery that is one worker's to send until its lease ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from service.records.deliveries import delivery_key

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from alerts.facts import Tier
    from service.vocabulary import ChannelName, Detail


class Claim(NamedTuple):
    """One delivery that is ours until the lease ends (`leased_until`, the database's clock).

    `attempt` is the number of this try; with `first_attempt_at` the 72 hours began, in this very claim if it `begins`
    them. `ways` are the gates through which it may leave, the preferred one first; `is_probe` says that it finds out
    whether a tripped gate is well again.
    """

    id: int
    alert_id: UUID | None
    digest_id: UUID | None
    destination_id: UUID
    subscription_id: int | None
    channel: ChannelName
    language: str
    tier: Tier
    detail: Detail
    attempt: int
    maybe_sent: bool
    first_attempt_at: datetime
    leased_until: datetime
    lease_token: UUID
    begins: bool = False
    ways: tuple[str, ...] = ()
    is_probe: bool = False

    @property
    def key(self) -> str:
        """The key that every repeat carries."""
        return delivery_key(self.alert_id or self.digest_id, self.destination_id)
