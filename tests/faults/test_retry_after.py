"""The fault grid of Retry-After: whatever a receiver asks for, nothing is sent to it earlier, and nobody is silenced."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from service.records import Attempt, Delivery
from service.vocabulary import DeliveryState
from service.worker.running import run_until_drained
from tests.alerts.http_listener import answering, listening
from tests.faults.outbox import tell
from tests.faults.passing_time import run
from tests.faults.posting import OVER_HTTP, address_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.service.worker.conftest import Worker

AT_ONCE = timedelta(0)
ASKED = timedelta(hours=2)
CAP = timedelta(hours=24)
# What the schedule says by itself, a shut gate's first half minute included, and the time that the test takes.
SOON = timedelta(minutes=5)

# What the header says, and the wait to which that comes at least.
HEADERS: Mapping[str, tuple[str, timedelta]] = {
    "seconds": ("7200", ASKED),
    "date": ("a date in two hours", ASKED),
    "past": ("Mon, 09 Mar 2009 12:00:00 GMT", AT_ONCE),
    "negative": ("-7200", AT_ONCE),
    "huge": ("99999999999999999999", CAP),
    "huge-date": ("Mon, 09 Mar 2999 12:00:00 GMT", CAP),
    "junk": ("in a while", AT_ONCE),
}
MILLISECONDS: Mapping[str, tuple[Any, timedelta]] = {
    "milliseconds": (7_200_000, ASKED),
    "negative": (-7_200_000, AT_ONCE),
    "huge": (10**30, CAP),
    "junk": ("in a while", AT_ONCE),
    "boolean": (True, AT_ONCE),
}


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("channel", OVER_HTTP)
def test_a_server_asks_by_its_header(worker: Worker, channel: str, status: int) -> None:
    # whole seconds, and the time that the test takes to send
    in_two_hours = format_datetime(datetime.now(UTC) + ASKED + SOON, usegmt=True)
    said = {name: value for name, (value, _) in HEADERS.items()} | {"date": in_two_hours}
    answers = {name: answering(status, headers=f"Retry-After: {value}\r\n") for name, value in said.items()}
    are_obeyed(worker, channel, answers, {name: wait for name, (_, wait) in HEADERS.items()})


def test_a_homeserver_asks_in_milliseconds(worker: Worker) -> None:
    answers = {name: answering(429, limit_exceeded(value)) for name, (value, _) in MILLISECONDS.items()}
    are_obeyed(worker, "matrix", answers, {name: wait for name, (_, wait) in MILLISECONDS.items()})


def limit_exceeded(retry_after_ms: Any) -> bytes:
    return json.dumps({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": retry_after_ms}).encode()


def are_obeyed(worker: Worker, channel: str, answers: Mapping[str, bytes], waits: Mapping[str, timedelta]) -> None:
    """One server for each answer, and one delivery to each server."""

    async def send() -> None:
        async with AsyncExitStack() as listeners:
            origins = [(await listeners.enter_async_context(listening(one))).origin for one in answers.values()]
            tell(worker, [address_at(origin, channel) for origin in origins])
            settings = worker.settings.model_copy(update={"trusted_origins": tuple(origins)})
            await run_until_drained(replace(worker, settings=settings))

    began_at = datetime.now(UTC)
    run(send())
    ended_at = datetime.now(UTC)
    with worker.reading() as session:
        rows = session.execute(
            select(Delivery, Attempt)
            .join(Attempt, Attempt.delivery_id == Delivery.id)
            .order_by(Delivery.subscription_id)
        ).all()
    for (name, wait), (delivery, attempt) in zip(waits.items(), rows, strict=True):
        assert (name, delivery.state, attempt.n) == (name, DeliveryState.QUEUED, 1)
        assert began_at + wait <= delivery.due_at <= ended_at + wait + 2 * SOON, name
        assert (attempt.retry_after_s is None) == (wait is AT_ONCE), name
