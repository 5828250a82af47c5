"""How long after the only worker was killed while it sent, and started again at once, the first repeat goes out."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from service.records import Attempt, Delivery
from service.vocabulary import AttemptOutcome, ChannelName
from tests.benchmarks import mail, webhooks, workers
from tests.benchmarks.figures import Figure
from tests.benchmarks.receivers import receivers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.benchmarks.databases import Database
    from tests.benchmarks.figures import Asked
    from tests.benchmarks.receivers import Receivers

# No more than one worker takes at once, so that the second one finds nothing else to do.
COUNT = 50
BELOW_S = 60.0
# The receiver is slow enough to be met in the middle.
HOLD_S = 3.0
WAIT_S = 180.0


class NothingInFlight(AssertionError):
    """The kill came too late: every outcome was on record."""


def measure(database: Database, asked: Asked) -> Iterator[Figure]:
    """Once for mail, once for webhooks; the same database, so the mails are done first."""
    with receivers("mails", hold_s=HOLD_S, note=True) as receiving:
        mail.queue(database, asked.count)
        yield _measured(ChannelName.EMAIL, database, asked, receiving, mail.relay(receiving.ports[0]))
    with receivers("webhooks", hold_s=HOLD_S, note=True) as receiving:
        webhooks.queue(database, asked.count, receiving.ports)
        yield _measured(ChannelName.WEBHOOK, database, asked, receiving, webhooks.trusting(receiving.ports))


def _measured(
    channel: ChannelName, database: Database, asked: Asked, receiving: Receivers, settings: Mapping[str, str]
) -> Figure:
    started_at = time.time()
    with workers.started(database, settings) as worker:
        sent = {receiving.next_note(within_s=WAIT_S)["key"]}
        first_after = time.time() - started_at
        worker.kill()
        worker.wait()
    killed_at = time.time()
    in_flight = _in_flight(database, channel)
    with workers.started(database, settings):
        repeated_at = _first_repeat(receiving, sent, killed_at)
    return Figure(
        name=f"recovery_{channel.value}",
        engine=database.engine_name,
        value=repeated_at - killed_at,
        unit="s",
        below=BELOW_S,
        beside_what="from the start of the process to its first message, with nothing to recover",
        beside_value=first_after,
        command=asked.command,
        also={"in_flight": in_flight},
    )


def _first_repeat(receiving: Receivers, sent: set[str], killed_at: float) -> float:
    """When the first message that had been sent before began to come again (seconds of the epoch)."""
    while True:
        note = receiving.next_note(within_s=WAIT_S)
        if note["key"] in sent and note["began"] > killed_at:
            return float(note["began"])
        if note["ended"] <= killed_at:
            sent.add(note["key"])


def _in_flight(database: Database, channel: ChannelName) -> int:
    with database.parts.reading() as session:
        count = session.scalar(
            select(func.count())
            .select_from(Attempt)
            .join(Delivery, Delivery.id == Attempt.delivery_id)
            .where(Attempt.outcome == AttemptOutcome.STARTED, Delivery.channel == channel)
        )
    if not count:
        raise NothingInFlight
    return count
