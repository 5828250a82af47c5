"""The load: who listens, what becomes late and when, and so what must arrive."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import cycle
from typing import TYPE_CHECKING

from alerts.facts import EmailAddress, MatrixRoom, SignedWebhook, SlackWebhook
from service.vocabulary import ChannelName
from tests import factories

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session, sessionmaker

    from alerts.facts import Address
    from service.security.encryption import Vault
    from tests.torture.receivers import Receivers

# One message that is owed: the case of the follow-up, and the reader's label.
Pair = tuple[str, str]

# Each country has readers of its own: 70 % mailboxes, 24 % webhooks, 3 % Slack channels, 3 % Matrix rooms.
READERS = {ChannelName.EMAIL: 24, ChannelName.WEBHOOK: 8, ChannelName.SLACK: 1, ChannelName.MATRIX: 1}
COUNTRIES = ("KZ", "KG", "UZ", "TJ", "TM", "AZ")
# So long ago that the last level is reached, and nothing is announced again while the run lasts.
DUE_ON = date(2014, 11, 10)
# Follow-ups become late over so many seconds after they were opened, each on its own: workers know of them beforehand
# and all look at the same instant.
BECOMES_LATE_WITHIN_S = 3.0


class Load:
    """Opens follow-ups that are about to become late, and knows who must hear of each."""

    def __init__(
        self,
        writing: sessionmaker[Session],
        vault: Vault,
        receivers: Receivers,
        *,
        deliveries: int,
        secret: str,
        chance: random.Random,
    ) -> None:
        self.labels: dict[UUID, str] = {}
        self.expected: set[Pair] = set()
        self._writing = writing
        self._vault = vault
        self._receivers = receivers
        self._secret = secret
        self._chance = chance
        self._planned = max(1, round(deliveries / sum(READERS.values())))
        self._opened = 0
        self._countries = COUNTRIES[: self._planned]
        self._next_country = cycle(self._countries)

    @property
    def remaining(self) -> int:
        """How many of the planned follow-ups are not open yet."""
        return max(0, self._planned - self._opened)

    def subscribe(self) -> None:
        """Write down the readers of every country; the first of each has two reasons to be told."""
        with self._writing.begin() as session:
            for country in self._countries:
                for channel, count in READERS.items():
                    for number in range(count):
                        self._subscribe(session, country, channel, number)

    def open(self, count: int, now: datetime) -> None:
        """Open so many follow-ups: one is late at `now`, one in three seconds, the others in between."""
        waits = [0.0, BECOMES_LATE_WITHIN_S, *(self._chance.uniform(0, BECOMES_LATE_WITHIN_S) for _ in range(count))]
        self._open_all(now, waits[:count])

    def open_ahead(self, now: datetime) -> None:
        """Open one more that is late in three seconds, so that no worker's bell falls silent."""
        self._open_all(now, [BECOMES_LATE_WITHIN_S])

    def _open_all(self, now: datetime, waits: Sequence[float]) -> None:
        with self._writing.begin() as session:
            for wait_s in waits:
                self._open(session, now + timedelta(seconds=wait_s))

    def _subscribe(self, session: Session, country: str, channel: ChannelName, number: int) -> None:
        label = f"{country.lower()}-{channel}-{number}"
        destination = factories.make_destination(session, self._vault, address=self._address(channel, label))
        self.labels[destination.id] = label
        for _ in range(1 if number else 2):
            factories.make_subscription(session, self._vault, country=country, destination=destination)

    def _address(self, channel: ChannelName, label: str) -> Address:
        match channel:
            case ChannelName.EMAIL:
                return EmailAddress(f"{label}@example.org")
            case ChannelName.WEBHOOK:
                return SignedWebhook(f"{self._receivers.origin(channel)}/hooks/{label}", (self._secret,))
            case ChannelName.SLACK:
                return SlackWebhook(f"{self._receivers.origin(channel)}/services/{label}")
            case ChannelName.MATRIX:
                return MatrixRoom(self._receivers.origin(channel), f"!{label}:example.org", "the account's token")

    def _open(self, session: Session, late_at: datetime) -> None:
        self._opened += 1
        country, reference = next(self._next_country), f"TOR-2099-{self._opened:04d}"
        case = factories.make_case(session, reference=reference, country=country)
        follow_up = factories.make_follow_up(session, case, due_on=DUE_ON)
        follow_up.next_level_at = late_at
        readers = (label for label in self.labels.values() if label.startswith(f"{country.lower()}-"))
        self.expected |= {(reference, label) for label in readers}
