"""From the instant at which a follow-up becomes late to the first byte that the mail server sees of it."""

from __future__ import annotations

import math
import random
import smtplib
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.facts import EmailAddress
from service.records import Alert, Case, Delivery, FollowUp
from tests import factories
from tests.benchmarks import mail, readers, workers
from tests.benchmarks.figures import Figure
from tests.benchmarks.receivers import receivers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from tests.benchmarks.databases import Database
    from tests.benchmarks.figures import Asked
    from tests.benchmarks.receivers import Receivers

COUNT = 100
P99_BELOW_S = 1.0
# The worker is up by then, and has seen when the next follow-up is due.
FIRST_AFTER_S = 10.0
# On average; they fall at random, so that some are close together and most meet an idle worker.
APART_S = 0.5
# A missed bell is made up by the next minute's.
WAIT_S = 90.0


def measure(database: Database, asked: Asked) -> Iterator[Figure]:
    """The 99th percentile of so many trials with a running `vigil worker`."""
    with receivers("mails", note=True) as receiving:
        bare = [_bare_s(receiving, number) for number in range(asked.count)]
        due = _open_follow_ups(database, asked.count)
        with workers.started(database, mail.relay(receiving.ports[0])):
            began = dict(_mails(receiving, asked.count))
        waits = _waits(database, due, began)
    yield Figure(
        name="due_instant",
        engine=database.engine_name,
        value=_percentile(waits, 99),
        unit="s",
        below=P99_BELOW_S,
        beside_what="smtplib, which sleeps until an instant and connects, p99",
        beside_value=_percentile(bare, 99),
        command=asked.command,
        also={"p50": round(_percentile(waits, 50), 3), "slowest": round(max(waits), 3), "trials": len(waits)},
    )


def _open_follow_ups(database: Database, count: int) -> dict[str, datetime]:
    """Follow-ups of one case, with the instants (UTC) at which they are to be announced, by their ids."""
    case_id = readers.open_case(database)
    readers.add_followers(database, case_id, [EmailAddress("reader@example.org")])
    first = database.parts.clock.now() + timedelta(seconds=FIRST_AFTER_S)
    chance = random.Random(count)  # noqa: S311 - the same instants each time
    due = {}
    with database.parts.writing.begin() as session:
        case = session.get_one(Case, case_id)
        for _ in range(count):
            follow_up = factories.make_follow_up(session, case, due_on=readers.LONG_OVERDUE)
            due[str(follow_up.id)] = first + timedelta(seconds=chance.uniform(0, count * APART_S))
            follow_up.next_level_at = due[str(follow_up.id)]
    return due


def _mails(receiving: Receivers, count: int) -> Iterator[tuple[str, float]]:
    """For each mail its key, and the instant (seconds of the epoch) at which its first byte came."""
    for _ in range(count):
        note = receiving.next_note(within_s=FIRST_AFTER_S + WAIT_S)
        yield note["key"], note["began"]


def _waits(database: Database, due: dict[str, datetime], began: dict[str, float]) -> list[float]:
    with database.parts.reading() as session:
        told = session.execute(
            select(Delivery, FollowUp.id)
            .join(Alert, Alert.id == Delivery.alert_id)
            .join(FollowUp, FollowUp.id == Alert.follow_up_id)
        ).all()
    return [began[delivery.key] - due[str(follow_up_id)].timestamp() for delivery, follow_up_id in told]


def _bare_s(receiving: Receivers, number: int) -> float:
    """How late the first byte is where nothing stands between the clock and the mail server."""
    due = time.time() + 0.05
    time.sleep(max(0.0, due - time.time()))
    with smtplib.SMTP("127.0.0.1", receiving.ports[0]) as smtp:
        smtp.sendmail("a@example.org", "b@example.org", f"Message-ID: <{number}@example.org>\r\n\r\nLate.\r\n")
    began: float = receiving.next_note(within_s=WAIT_S)["began"]
    return began - due


def _percentile(values: Sequence[float], percent: int) -> float:
    """The nearest rank: at least so many percent of the values are no higher."""
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]
