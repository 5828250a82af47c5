"""The heartbeat outside is sent when all is well and withheld when it is not; its address is told to nobody else."""

from __future__ import annotations

import asyncio
import io
import json
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import structlog
from pydantic import SecretStr
from sqlalchemy import delete, event, select, update

from service.clock import FixedClock
from service.commands.beat import beat
from service.logs import configure_logs
from service.records import Alert, Delivery, Heartbeat
from service.vocabulary import Beat
from service.worker.jobs import check_completeness, check_overdue, close_ended_digests, send_canary
from service.worker.outside_heartbeat import send_outside_heartbeat
from service.worker.running import run_until_drained, run_worker
from tests import factories
from tests.alerts.http_listener import OK, Answer, Listener, answering, listening

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.service.worker.conftest import Worker

pytestmark = pytest.mark.anyio
PATH = "/ping/5f1d3c1e-a-secret-token"
SECRET = "a-secret-token"


def watched(worker: Worker, origin: str, *, trusted: bool = True) -> Worker:
    """The worker with an address outside, and a machine's clock that the test moves."""
    settings = worker.settings.model_copy(
        update={"heartbeat_url": SecretStr(origin + PATH), "trusted_origins": (origin,) if trusted else ()}
    )
    clock = FixedClock(datetime.now(UTC))
    return replace(worker, settings=settings, wall_clock=clock)


@asynccontextmanager
async def outside(worker: Worker, answer: Answer = OK) -> AsyncIterator[tuple[Worker, Listener]]:
    """A worker, and what listens outside."""
    async with listening(answer) as listener:
        yield watched(worker, listener.origin), listener


async def ring(worker: Worker, *, check: bool = True) -> None:
    """Five minutes pass, and every rhythm runs; `check` False: the overdue check stands still."""
    worker.wall_clock.at += timedelta(minutes=5)  # type: ignore[attr-defined] # the test's own clock
    if check:
        await asyncio.to_thread(check_overdue, worker)
    await asyncio.to_thread(close_ended_digests, worker)
    await asyncio.to_thread(check_completeness, worker)


def noted(worker: Worker) -> dict[str, dict[str, object]]:
    with worker.reading() as session:
        return {one.name: one.detail for one in session.scalars(select(Heartbeat)) if one.name.startswith("outside")}


async def announce(worker: Worker) -> None:
    """One late follow-up, announced to one mailbox and sent."""
    with worker.writing.begin() as session:
        case = factories.make_case(session)
        factories.make_follow_up(session, case)
        factories.make_subscription(session, worker.vault, case=case)
    await asyncio.to_thread(check_overdue, worker)
    await run_until_drained(worker, channels=worker.post.channels())


async def test_it_is_a_post_without_a_body(worker: Worker) -> None:
    async with outside(worker) as (watched_worker, listener):
        await announce(watched_worker)
        await ring(watched_worker)
    [request] = listener.requests
    assert request.line == f"POST {PATH} HTTP/1.1"
    assert (request.headers["content-length"], request.body) == ("0", b"")
    assert noted(worker) == {"outside_heartbeat": {}}


async def test_it_comes_again_every_five_minutes(worker: Worker) -> None:
    async with outside(worker) as (watched_worker, listener):
        for _ in range(3):
            await ring(watched_worker)
            await asyncio.to_thread(check_completeness, watched_worker)
        assert len(listener.requests) == 3


async def test_a_lost_delivery_withholds_it_until_it_is_there_again(worker: Worker) -> None:
    async with outside(worker) as (watched_worker, listener):
        await announce(watched_worker)
        with worker.writing.begin() as session:
            lost = session.scalars(select(Delivery)).one()
            kept = {column.name: getattr(lost, column.name) for column in Delivery.__table__.columns}
            session.execute(delete(Delivery))
        await ring(watched_worker)
        assert listener.requests == []
        with worker.writing.begin() as session:
            session.add(Delivery(**kept))
        await ring(watched_worker)
        assert len(listener.requests) == 1


async def test_a_check_that_stands_still_withholds_it(worker: Worker) -> None:
    async with outside(worker) as (watched_worker, listener):
        await ring(watched_worker)
        assert len(listener.requests) == 1
        await ring(watched_worker, check=False)
        await ring(watched_worker, check=False)
        assert len(listener.requests) == 1


async def test_a_message_that_waits_too_long_withholds_it(worker: Worker) -> None:
    async with outside(worker) as (watched_worker, listener):
        await announce(watched_worker)
        with worker.writing.begin() as session:
            long_due = datetime.now(UTC) - timedelta(minutes=11)
            session.execute(update(Delivery).values(open=True, state="queued", due_at=long_due))
        await ring(watched_worker)
        assert listener.requests == []


async def test_a_canary_that_does_not_come_back_withholds_it(worker: Worker) -> None:
    async with outside(worker) as (plain, listener):
        with worker.writing.begin() as session:
            subscription = factories.make_subscription(session, worker.vault, case=factories.make_case(session))
        settings = plain.settings.model_copy(update={"canary_subscription": subscription.id})
        watched_worker = replace(plain, settings=settings)
        send_canary(watched_worker)
        await run_until_drained(watched_worker, channels=worker.post.channels())
        for _ in range(2):
            await ring(watched_worker)
        assert len(listener.requests) == 2
        await ring(watched_worker)
        assert len(listener.requests) == 2
        with worker.writing.begin() as session:
            received = [str(session.scalars(select(Alert.id)).one())]
            beat(session, Beat.CANARY_RECEIPT, at=watched_worker.wall_clock.now(), detail={"received": received})
        await ring(watched_worker)
        assert len(listener.requests) == 3


async def _cut(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (answering(404), "The answer was 404."),
        (answering(302, headers="Location: https://elsewhere.example.org/\r\n"), "The answer was 302."),
        (answering(500), "The answer was 500."),
        (_cut, "The line broke after the data had been sent."),
    ],
    ids=["404", "redirect", "500", "cut"],
)
async def test_an_answer_that_is_no_yes_is_noted_and_raises_nothing(
    worker: Worker, answer: Answer, reason: str
) -> None:
    async with outside(worker, answer) as (watched_worker, _):
        await ring(watched_worker)
    assert noted(worker) == {"outside_heartbeat.failed": {"reason": reason}}


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    """Everything that we log, however little it matters."""
    configure_logs("debug")
    lines = io.StringIO()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(lines))
    yield lines
    structlog.reset_defaults()


async def test_nobody_there_is_noted_and_raises_nothing(worker: Worker) -> None:
    async with listening() as listener:
        origin = listener.origin
    await asyncio.to_thread(send_outside_heartbeat, watched(worker, origin))
    assert noted(worker) == {"outside_heartbeat.failed": {"reason": "The server could not be reached."}}


@pytest.mark.parametrize("answer", [OK, answering(500), _cut], ids=["taken", "refused", "cut"])
async def test_the_address_is_neither_logged_nor_noted(
    worker: Worker, answer: Answer, said: io.StringIO, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with outside(worker, answer) as (watched_worker, listener):
        await ring(watched_worker)
        assert SECRET in listener.requests[0].line
    with worker.reading() as session:
        kept = json.dumps([[one.name, one.detail] for one in session.scalars(select(Heartbeat))])
    settings = watched_worker.settings
    for place in (said.getvalue(), caplog.text, kept, repr(settings), str(settings.model_dump())):
        assert SECRET not in place
    assert caplog.text


async def test_a_mistake_of_ours_does_not_tell_the_address_either(worker: Worker, said: io.StringIO) -> None:
    # A port beyond all ports: whatever the library makes of it, its words would hold the address.
    await asyncio.to_thread(send_outside_heartbeat, watched(worker, "http://127.0.0.1:99999"))
    assert list(noted(worker)) == ["outside_heartbeat.failed"]
    assert "An internal error" in said.getvalue()
    assert SECRET not in said.getvalue() + json.dumps(noted(worker))


async def test_no_transaction_is_open_while_it_is_under_way(worker: Worker) -> None:
    open_now: list[object] = []
    seen: list[int] = []
    event.listen(worker.engine, "checkout", lambda connection, *_: open_now.append(connection))
    event.listen(worker.engine, "checkin", lambda connection, *_: open_now.remove(connection))

    async def look(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(len(open_now))
        writer.write(OK)
        await writer.drain()
        writer.close()

    async with outside(worker, look) as (watched_worker, _):
        await ring(watched_worker)
    assert seen == [0]


async def test_an_origin_that_the_operator_set_needs_no_exemption_of_its_own(worker: Worker) -> None:
    async with listening() as listener:
        await asyncio.to_thread(send_outside_heartbeat, watched(worker, listener.origin, trusted=False))
        assert len(listener.requests) == 1


async def test_without_an_address_nothing_is_sent_or_noted(worker: Worker) -> None:
    await asyncio.to_thread(check_overdue, worker)
    await asyncio.to_thread(check_completeness, worker)
    assert noted(worker) == {}


async def test_a_running_worker_looks_and_sends_canaries_by_itself(worker: Worker) -> None:
    with worker.writing.begin() as session:
        subscription = factories.make_subscription(session, worker.vault, case=factories.make_case(session))
    settings = worker.settings.model_copy(update={"canary_subscription": subscription.id})
    stop = asyncio.Event()
    running = asyncio.create_task(
        run_worker(replace(worker, settings=settings), stop=stop, channels=worker.post.channels())
    )
    async with asyncio.timeout(60):
        while not (worker.post.sent and Beat.CHECK_COMPLETENESS in await asyncio.to_thread(names, worker)):
            await asyncio.sleep(0.05)
        stop.set()
        await running
    assert "/canary/" in worker.post.sent[0].message.text  # type: ignore[union-attr] # a mail


def names(worker: Worker) -> list[str]:
    with worker.reading() as session:
        return list(session.scalars(select(Heartbeat.name)))
