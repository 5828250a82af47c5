"""Every address that Vigil gives out, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from service.security.tokens import Signer

CONFIRM = "confirm"
UNSUBSCRIBE = "unsubscribe"
CANARY = "canary"


@dataclass(frozen=True)
class Links:
    """Builds absolute URLs below `public_url` (an origin); personal ones carry a signed token."""

    public_url: str
    signer: Signer

    def case(self, slug: str) -> str:
        """The public page of a case."""
        return f"{self.public_url}/c/{slug}"

    def call(self, slug: str) -> str:
        """The public page of one version of an urgent action."""
        return f"{self.public_url}/ua/{slug}"

    def staff_case(self, reference: str) -> str:
        """The follow-ups of a case on the staff board."""
        return f"{self.public_url}/staff/cases/{reference}/follow-ups"

    def confirm(self, subscription_id: int, *, expires_at: datetime) -> str:
        """The page with the one button that starts a subscription."""
        return f"{self.public_url}/confirm/{self.signer.sign(CONFIRM, subscription_id, expires_at=expires_at)}"

    def unsubscribe(self, subscription_id: int) -> str:
        """The page that ends a subscription; the same URL takes the one-click POST of RFC 8058."""
        return f"{self.public_url}/u/{self.signer.sign(UNSUBSCRIBE, subscription_id)}"

    def canary(self, alert_id: UUID, *, expires_at: datetime) -> str:
        """Where a canary is answered."""
        return f"{self.public_url}/canary/{self.signer.sign(CANARY, str(alert_id), expires_at=expires_at)}"

    def alert(self, alert_id: UUID) -> str:
        """The API's resource for an alert, which a webhook names."""
        return f"{self.public_url}/api/v1/alerts/{alert_id}"

    def destination(self, destination_id: object) -> str:
        """The API's resource for a destination, which a notice about it names."""
        return f"{self.public_url}/api/v1/destinations/{destination_id}"
