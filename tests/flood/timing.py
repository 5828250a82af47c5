"""Whether the time of an answer tells a known address from an unknown one."""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

import httpx

from alerts.facts import EmailAddress
from service.app import create_app
from tests.factories import make_destination, make_subscription
from tests.flood.flooding import SAME, form_token, wish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from service.clock import FixedClock
    from service.records import Case
    from service.web import Parts


class UntilAnswered:
    """Notes how long each answer took until its last byte left; what is done after that is not the answer's."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.took_s = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        began = time.perf_counter()

        async def noting(message: Message) -> None:
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                self.took_s = time.perf_counter() - began

        await self._app(scope, receive, noting)


async def auc(parts: Parts, clock: FixedClock, case: Case, path: str, *, each: int, seed: int) -> float:
    """The chance that a known address takes longer than an unknown one: 0.5 when time tells nothing."""
    with parts.writing.begin() as session:
        for number in range(each):
            mailbox = make_destination(session, parts.vault, address=EmailAddress(f"k{number}@known.example.org"))
            make_subscription(session, parts.vault, case=case, destination=mailbox)
    timed = UntilAnswered(create_app(parts))
    order = [(known, number) for known in (True, False) for number in range(each)]
    Random(seed).shuffle(order)  # noqa: S311 - to be able to repeat it
    took: dict[bool, list[float]] = {True: [], False: []}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(timed), base_url=parts.settings.public_url) as client:
        for known, number in order:
            clock.at += timedelta(seconds=10)
            address = f"k{number}@{'known' if known else 'other'}.example.org"
            fields = {"address": address} if path == "/manage" else wish(address, case.slug)
            data = {**fields, "form_token": form_token(parts)}
            answer = await client.post(path, data=data, headers=SAME)
            if answer.status_code != 303:
                raise RuntimeError(f"the form was answered with {answer.status_code}")
            took[known].append(timed.took_s)
    return _area(took[True], took[False])


def _area(these: Sequence[float], those: Sequence[float]) -> float:
    """The area under the curve of a classifier by time (Mann and Whitney's U)."""
    ordered = sorted(those)
    wins = sum((bisect_left(ordered, one) + bisect_right(ordered, one)) / 2 for one in these)
    return wins / (len(these) * len(ordered))
