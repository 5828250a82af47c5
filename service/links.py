"""Every address that Vigil gives out, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from service.security.tokens import Signer

CONFIRM = "confirm"
UNSUBSCRIBE = "unsubscribe"
SUMMARIES = "summaries"
CANARY = "canary"
KEY = "key"
FEED = "feed"
FEED_LINKS = "feed links"
MANAGE = "manage"
ADDRESS = "address"


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

    def unsubscribe_from_summaries(self, destination_id: UUID) -> str:
        """The page that ends what is gathered into summaries at one address; it takes the one-click POST too."""
        return f"{self.public_url}/u/summaries/{self.signer.sign(SUMMARIES, str(destination_id))}"

    def key(self, subscriber_id: UUID, *, expires_at: datetime) -> str:
        """The page on which a subscriber sets, replaces and removes their OpenPGP key."""
        return f"{self.public_url}/key/{self.signer.sign(KEY, str(subscriber_id), expires_at=expires_at)}"

    def feed(self, subscriber_id: UUID, *, made_at: datetime, name: str) -> str:
        """A subscriber's private calendar or feed, called `name`; it lives until another is made."""
        return f"{self.public_url}/feeds/{self.feed_token(subscriber_id, made_at=made_at)}/{name}"

    def feed_token(self, subscriber_id: UUID, *, made_at: datetime) -> str:
        """What opens a subscriber's private calendar and feed, made at that instant: the same each time, and known only here.

        The signature alone: what was signed would say who it is.
        """
        return self.signer.sign(FEED, [str(subscriber_id), made_at.astimezone(UTC).isoformat()]).rpartition(".")[2]

    def feed_links(self, subscriber_id: UUID, *, expires_at: datetime) -> str:
        """The page on which a subscriber makes and revokes their private calendar and feed."""
        return f"{self.public_url}/feed-links/{self.signer.sign(FEED_LINKS, str(subscriber_id), expires_at=expires_at)}"

    def first_page(self) -> str:
        """The page with all public cases."""
        return f"{self.public_url}/"

    def manage(self, visit_id: str, *, expires_at: datetime) -> str:
        """The page with the one button that opens a subscriber's own page; it is spent once."""
        return f"{self.public_url}/manage/open/{self.signer.sign(MANAGE, visit_id, expires_at=expires_at)}"

    def new_address(self, change_id: str, *, expires_at: datetime) -> str:
        """The page with the one button by which a new address takes over."""
        return f"{self.public_url}/address/{self.signer.sign(ADDRESS, change_id, expires_at=expires_at)}"

    def canary(self, alert_id: UUID, *, expires_at: datetime) -> str:
        """Where a canary is answered."""
        return f"{self.public_url}/canary/{self.signer.sign(CANARY, str(alert_id), expires_at=expires_at)}"

    @property
    def news(self) -> str:
        """Where somebody begins to read who is told only that there is news, or of more than one message holds.

        It says nothing of any case of theirs.
        """
        return f"{self.public_url}/manage"

    def alert(self, alert_id: UUID) -> str:
        """The API's resource for an alert, which a webhook names."""
        return f"{self.public_url}/api/v1/alerts/{alert_id}"

    def destination(self, destination_id: object) -> str:
        """The API's resource for a destination, which a notice about it names."""
        return f"{self.public_url}/api/v1/destinations/{destination_id}"
