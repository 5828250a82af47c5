"""Lanes: how many deliveries to one host, relay or destination are on their way at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from alerts.facts import EmailAddress, MatrixRoom

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from uuid import UUID

    from alerts.facts import Address

# As many connections as the network keeps to one host, and the relay's sessions to us.
PER_HOST = 10
# A receiver that does not answer holds so many slots and no more.
PER_DESTINATION = 4
# What waits behind them holds a slot too, so beyond this it goes back in line.
MOST_WAITING = 40

RELAY = "relay"


class Lanes:
    """Counts what is on its way and what waits, by host and by destination. Belongs to one event loop."""

    def __init__(self) -> None:
        self._here: Counter[str] = Counter()
        self._by_destination: Counter[UUID] = Counter()
        self._open: dict[str, asyncio.Semaphore] = {}

    def busy(self) -> list[UUID]:
        """The destinations to which nothing more should be claimed now."""
        return [destination for destination, count in self._by_destination.items() if count >= PER_DESTINATION]

    def has_room(self, address: Address) -> bool:
        """Whether one more may wait for this host; mail has one relay, whose waiting the dispatcher bounds itself."""
        host = host_of(address)
        return host == RELAY or self._here[host] < PER_HOST + MOST_WAITING

    @asynccontextmanager
    async def lane(self, address: Address, destination_id: UUID) -> AsyncIterator[None]:
        """Wait for a place, and keep it while the block runs."""
        host = host_of(address)
        keys = [(host, PER_HOST)]
        if host != RELAY:
            keys.insert(0, (str(destination_id), PER_DESTINATION))
        self._here[host] += 1
        self._by_destination[destination_id] += 1
        try:
            async with AsyncExitStack() as places:
                for key, most in keys:
                    await places.enter_async_context(self._open.setdefault(key, asyncio.Semaphore(most)))
                yield
        finally:
            self._leave(host, destination_id)

    def _leave(self, host: str, destination_id: UUID) -> None:
        self._here[host] -= 1
        self._by_destination[destination_id] -= 1
        if not self._here[host]:
            del self._here[host]
            self._open.pop(host, None)
        if not self._by_destination[destination_id]:
            del self._by_destination[destination_id]
            self._open.pop(str(destination_id), None)


def host_of(address: Address) -> str:
    """What deliveries to this address share: the relay, or the host."""
    if isinstance(address, EmailAddress):
        return RELAY
    return urlsplit(address.homeserver_url if isinstance(address, MatrixRoom) else address.url).netloc.lower()
