"""Posts the public forms again and again for one victim, and notes when a mail is queued."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
from sqlalchemy import func, select

from service.app import create_app
from service.records import Delivery, Destination
from service.security.csrf import FormTokens
from tests.flood.spellings import spellings

if TYPE_CHECKING:
    from datetime import datetime

    from service.clock import FixedClock
    from service.web import Parts

ONE_DAY = timedelta(days=1)
SAME = {"Sec-Fetch-Site": "same-origin"}
# Somebody who floods has many addresses; each counts as a network of its own.
NETWORKS = 64


@dataclass
class Flood:
    """What came of it."""

    answers: Counter[int] = field(default_factory=Counter)
    mails_at: list[datetime] = field(default_factory=list)
    addresses_stored: int = 0

    @property
    def worst_day(self) -> int:
        """The most mails within any 24 hours."""
        return max((sum(at <= other < at + ONE_DAY for other in self.mails_at) for at in self.mails_at), default=0)


def wish(address: str, slug: str) -> dict[str, str]:
    """What the form of a case holds."""
    return {
        "case": slug, "address": address, "cadence": "immediate", "least_level": "upcoming", "language": "en",
        "time_zone": "UTC",
    }  # fmt: skip


def form_token(parts: Parts) -> str:
    """A token of a form that was opened a minute ago."""
    return FormTokens(parts.signer).issue(now=parts.wall_clock.now() - timedelta(minutes=1))


async def flood(parts: Parts, clock: FixedClock, slug: str, *, posts: int, gap: timedelta, seed: int) -> Flood:
    """Ask to follow, and for the link to the own page, by turns; `gap` of the machine's time lies between two posts."""
    app, found = create_app(parts), Flood()
    clients = [
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app, client=(f"2001:db8:0:{number:x}::1", 1)),
            base_url=parts.settings.public_url,
        )
        for number in range(NETWORKS)
    ]
    addresses = spellings(seed)
    before = _mails(parts)
    for number in range(posts):
        clock.at += gap
        address = next(addresses)
        path, fields = ("/manage", {"address": address}) if number % 2 else ("/subscribe", wish(address, slug))
        data = {**fields, "form_token": form_token(parts)}
        answer = await clients[number % NETWORKS].post(path, data=data, headers=SAME)
        found.answers[answer.status_code] += 1
        now = _mails(parts)
        found.mails_at += [clock.at] * (now - before)
        before = now
    for client in clients:
        await client.aclose()
    with parts.reading() as session:
        found.addresses_stored = session.scalar(select(func.count()).select_from(Destination)) or 0
    return found


def _mails(parts: Parts) -> int:
    with parts.reading() as session:
        return session.scalar(select(func.count()).select_from(Delivery)) or 0
