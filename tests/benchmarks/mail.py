"""Personalised mail of 5 kB, each with its durable record, from one worker into a local sink."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.channels.mime import PreparedMail
from alerts.facts import EmailAddress, Envelope, Recipient
from alerts.messages import Form
from service.facts import alert_from_json
from service.records import Alert, Delivery
from service.worker.jobs import check_overdue
from tests.benchmarks import readers, sinks, workers
from tests.benchmarks.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.benchmarks.databases import Database
    from tests.benchmarks.figures import Asked

COUNT = 50_000
BARS = {"sqlite": 2_500.0, "postgresql": 1_500.0}
# What `smtp-source` sends; ours are a little longer, and the figure says how long.
SIZE = 5_000


def measure(database: Database, asked: Asked) -> Iterator[Figure]:
    """Mails a second that are sent and on record."""
    queue(database, asked.count)
    with sinks.smtp_sink() as port:
        limit = sinks.source_rate(port, count=asked.count, size=SIZE)
        used = workers.drain(database, relay(port), profile=asked.profile)
    workers.require_all_accepted(database, asked.count)
    yield Figure(
        name="mail",
        engine=database.engine_name,
        value=asked.count / used["seconds"],
        unit="mails/s",
        at_least=BARS[database.engine_name],
        beside_what=" ".join(["smtp-source", *sinks.source_command(port, count=asked.count, size=SIZE)[1:]]),
        beside_value=limit,
        command=asked.command,
        also={
            "bytes_each": size_of_one(database),
            "seconds": round(used["seconds"], 2),
            "cpu_s": round(used["cpu_s"], 2),
        },
    )


def queue(database: Database, count: int) -> None:
    """One late follow-up, announced, and so many mailboxes that are owed a mail of it."""
    case_id = readers.open_case(database)
    readers.add_followers(database, case_id, (EmailAddress(f"reader{n}@example.org") for n in range(count)))
    readers.add_late_follow_ups(database, case_id, 1)
    check_overdue(database.parts)
    database.analyse()


def size_of_one(database: Database) -> int:
    """How long one of these mails is on the wire (bytes)."""
    parts = database.parts
    with parts.reading() as session:
        alert = session.scalars(select(Alert)).first()
        delivery = session.scalars(select(Delivery)).first()
    if alert is None or delivery is None or delivery.subscription_id is None:
        raise ValueError("nothing was queued")
    mail = parts.renderer.render(alert_from_json(alert.facts["public"]), "en", form=Form.MAIL)
    stop = parts.links.unsubscribe(delivery.subscription_id)
    envelope = Envelope(
        key=delivery.key,
        recipient=Recipient(list_id=f"s{delivery.subscription_id}", unsubscribe_url=stop, one_click_url=stop),
        written_at=alert.created_at,
        now=alert.created_at,
        resource_url=parts.links.alert(alert.id),
    )
    prepared = PreparedMail(mail, sender="Vigil <vigil@example.org>", reply_to=None)
    return len(prepared.fill_in(to="reader1@example.org", envelope=envelope, domain="example.org"))


def relay(port: int) -> dict[str, str]:
    """The settings that lead to the sink."""
    return {"VIGIL_SMTP__HOST": "127.0.0.1", "VIGIL_SMTP__PORT": str(port), "VIGIL_SMTP__SECURITY": "none"}
