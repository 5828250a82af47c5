"""The whole way: what a failing receiver does stands in the outbox as it was, and keeps nobody else waiting."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from alerts.outcomes import Accepted, Outcome, Refused
from service.mail_settings import SmtpSettings
from service.records import Alert, Attempt, Delivery, Destination, Subscription
from service.vocabulary import DeliveryState
from service.worker.running import run_until_drained
from tests.alerts.http_listener import OK, answering, listening
from tests.faults.broken_lines import endless, hang, reset, saying
from tests.faults.failing_relay import BANNER, DATA, DOT, EHLO, MAIL, QUIT, RCPT, failing_relay
from tests.faults.mailing import fault_at
from tests.faults.outbox import STATES, addresses, states, tell
from tests.faults.passing_time import run
from tests.faults.posting import OVER_HTTP, address_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.alerts.http_listener import Answer
    from tests.fakes import Sent
    from tests.service.worker.conftest import Worker

MAIL_CELLS = [
    ("hang", BANNER, "ours"),
    ("5xx", EHLO, "ours"),
    ("5xx", MAIL, "ours"),
    ("4xx", RCPT, "theirs"),
    ("5xx", RCPT, "never"),
    ("reset", DATA, "now"),
    ("hang", DOT, "unknown"),
    ("drip", DOT, "unknown"),
    ("reset", DOT, "unknown"),
    ("garbage", DOT, "unknown"),
    ("4xx", DOT, "theirs"),
    ("5xx", DOT, "never"),
    ("reset", QUIT, "accepted"),
]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
HTTP_CELLS: Mapping[str, tuple[Answer, str]] = {
    "ok": (OK, "accepted"),
    "endless-body": (saying(HEAD, endless(b"x" * 65_536)), "accepted"),
    "unavailable": (answering(503), "theirs"),
    "gone": (answering(410), "never"),
    "redirect": (answering(302, headers="Location: https://other.example.org/\r\n"), "theirs"),
    "reset": (reset, "unknown"),
    "stall": (hang, "unknown"),
}


def stands(worker: Worker, expected: str, *, began_at: datetime) -> None:
    """The newest delivery and its first try are as the word says."""
    with worker.reading() as session:
        delivery = session.scalars(select(Delivery).order_by(Delivery.id.desc())).first()
        assert delivery is not None
        attempt = session.get_one(Attempt, (delivery.id, 1))
    state, outcome = STATES[expected]
    assert (delivery.state, attempt.outcome) == (state, outcome)
    assert attempt.ended_at is not None
    assert delivery.open == (state in {DeliveryState.QUEUED, DeliveryState.UNKNOWN})
    assert delivery.maybe_sent == (expected == "unknown")
    if delivery.open:
        # the first wait is five seconds, a fifth less at most
        assert delivery.due_at >= began_at + timedelta(seconds=4)
        assert delivery.reason
    else:
        assert delivery.finished_at is not None


def put_away(worker: Worker) -> None:
    """What an earlier cell left comes up no more."""
    with worker.writing.begin() as session:
        session.execute(update(Delivery).values(open=False))


def test_a_relay_fails(worker: Worker, subtests: pytest.Subtests) -> None:
    async def send(fault: str, phase: str) -> int:
        async with failing_relay({phase: fault_at(fault, phase)}, pipelining=True) as relay:
            smtp = SmtpSettings(host="127.0.0.1", port=relay.port)
            await run_until_drained(replace(worker, settings=worker.settings.model_copy(update={"smtp": smtp})))
        return len(relay.taken)

    for fault, phase, expected in MAIL_CELLS:
        with subtests.test(f"smtp-{fault}-at-{phase}"):
            put_away(worker)
            began_at = datetime.now(UTC)
            tell(worker, [None])
            assert run(send(fault, phase)) == (1 if expected == "accepted" else 0)
            stands(worker, expected, began_at=began_at)


@pytest.mark.parametrize("channel", OVER_HTTP)
def test_a_server_fails(worker: Worker, subtests: pytest.Subtests, channel: str) -> None:
    async def send(answer: Answer) -> None:
        async with listening(answer) as listener:
            tell(worker, [address_at(listener.origin, channel)])
            settings = worker.settings.model_copy(update={"trusted_origins": (listener.origin,)})
            await run_until_drained(replace(worker, settings=settings))

    for fault, (answer, expected) in HTTP_CELLS.items():
        with subtests.test(f"{channel}-{fault}"):
            put_away(worker)
            began_at = datetime.now(UTC)
            run(send(answer))
            stands(worker, expected, began_at=began_at)


@pytest.mark.parametrize("channel", ["email", "webhook"])
def test_poisoned_messages_keep_nobody_waiting(worker: Worker, channel: str) -> None:
    unwritable, unopenable, raising, *others = addresses(channel, 33)
    tell(worker, [unwritable])
    with worker.writing.begin() as session:
        session.execute(update(Alert).values(facts={}))
    tell(worker, [unopenable, raising, *others])
    with worker.writing.begin() as session:
        spoilt = select(Subscription.destination_id).order_by(Subscription.id).offset(1).limit(1)
        session.execute(
            update(Destination).where(Destination.id == spoilt.scalar_subquery()).values(address_sealed="spoilt")
        )

    def answer(one: Sent) -> Accepted:
        if one.address == raising:
            raise ZeroDivisionError
        return Accepted(250)

    worker.post.answer = answer
    run(run_until_drained(worker, channels=worker.post.channels()))
    assert states(worker) == [DeliveryState.DEAD] * 3 + [DeliveryState.ACCEPTED] * 30
    assert sorted(map(repr, (one.address for one in worker.post.sent))) == sorted(map(repr, (raising, *others)))
    with worker.reading() as session:
        reasons = session.scalars(
            select(Delivery.reason).where(Delivery.state == DeliveryState.DEAD).order_by(Delivery.id)
        ).all()
    assert [str(reason).partition(":")[0] for reason in reasons] == [
        "It could not be written",
        "It could not be written",
        "An internal error",
    ]


def test_thirty_receivers_that_do_not_answer_keep_thirty_others_waiting_for_nothing(worker: Worker) -> None:
    slow, quick = (addresses("webhook", 30, host=host) for host in ("slow", "quick"))
    tell(worker, [*slow, *quick])

    async def send() -> list[DeliveryState]:
        are_told = asyncio.Event()

        async def hold(one: Sent) -> None:
            if one.address in slow:
                await are_told.wait()

        worker.post.before_answer = hold
        sending = asyncio.ensure_future(run_until_drained(worker, channels=worker.post.channels()))
        async with asyncio.timeout(60):
            # nobody answers for the slow ones until the quick ones stand in the outbox as accepted
            while (meanwhile := await asyncio.to_thread(states, worker)).count(DeliveryState.ACCEPTED) < 30:
                await asyncio.sleep(0.05)
            are_told.set()
            await sending
        return meanwhile

    meanwhile = asyncio.run(send())
    assert meanwhile[30:] == [DeliveryState.ACCEPTED] * 30
    assert DeliveryState.ACCEPTED not in meanwhile[:30]
    assert states(worker) == [DeliveryState.ACCEPTED] * 60
    assert len(set(worker.post.keys())) == len(worker.post.sent) == 60


def test_words_that_no_database_can_hold_keep_nobody_waiting(worker: Worker) -> None:
    # A homeserver may put a NUL, or half of a character, into the id of an event, and a relay into its reply.
    nul, half = "$a\x00b", "$a\ud800b"
    said: list[tuple[Outcome, DeliveryState]] = [
        (Accepted(200, provider_ref=nul), DeliveryState.ACCEPTED),
        (Accepted(200, provider_ref=half), DeliveryState.ACCEPTED),
        (Accepted(250, excerpt=nul), DeliveryState.ACCEPTED),
        (Accepted(250, excerpt=half), DeliveryState.ACCEPTED),
        (Refused(True, "No.", excerpt=nul), DeliveryState.DEAD),
        (Refused(False, "Not now.", excerpt=half), DeliveryState.QUEUED),
    ]
    readers = addresses("email", len(said) + 10)
    tell(worker, readers)
    outcomes = dict(zip(readers, (outcome for outcome, _ in said), strict=False))
    worker.post.answer = lambda one: outcomes.get(one.address, Accepted(250))

    async def send() -> None:
        async with asyncio.timeout(20):
            await run_until_drained(worker, channels=worker.post.channels())

    asyncio.run(send())
    assert states(worker) == [state for _, state in said] + [DeliveryState.ACCEPTED] * 10


def test_a_real_homeserver_and_a_real_relay_may_say_such_words(worker: Worker) -> None:
    async def send() -> None:
        event = answering(200, rb'{"event_id": "$a\u0000b\ud800"}')
        reply = "250 2.0.0 \x00 queued \xff\r\n".encode("latin-1")
        async with listening(event) as listener, failing_relay({DOT: reply}) as relay, asyncio.timeout(20):
            tell(worker, [address_at(listener.origin, "matrix"), *addresses("email", 3)])
            settings = worker.settings.model_copy(
                update={
                    "smtp": SmtpSettings(host="127.0.0.1", port=relay.port),
                    "trusted_origins": (listener.origin,),
                }
            )
            await run_until_drained(replace(worker, settings=settings))

    asyncio.run(send())
    assert states(worker) == [DeliveryState.ACCEPTED] * 4
