"""What stands in the outbox: late follow-ups for readers at their addresses, and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.facts import EmailAddress, SignedWebhook
from service.records import Delivery
from service.vocabulary import AttemptOutcome, DeliveryState
from service.worker.jobs import check_overdue
from tests import factories
from tests.faults.posting import SECRET

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.facts import Address
    from tests.service.worker.conftest import Worker

# Where a delivery stands after its first try, and what the try's own row says, for each word of outcomes.py.
STATES = {
    "accepted": (DeliveryState.ACCEPTED, AttemptOutcome.ACCEPTED),
    "unknown": (DeliveryState.UNKNOWN, AttemptOutcome.UNKNOWN),
    "never": (DeliveryState.DEAD, AttemptOutcome.REFUSED_FOR_GOOD),
    "ours": (DeliveryState.QUEUED, AttemptOutcome.REFUSED),
    "theirs": (DeliveryState.QUEUED, AttemptOutcome.REFUSED),
    "now": (DeliveryState.QUEUED, AttemptOutcome.REFUSED),
}


def addresses(channel: str, count: int, *, host: str = "hooks") -> list[Address]:
    """So many mailboxes, or webhooks each on a host of its own."""
    if channel == "email":
        return [EmailAddress(f"reader{n}@{host}.example.org") for n in range(count)]
    return [SignedWebhook(f"https://{host}{n}.example.org/in", (SECRET,)) for n in range(count)]


def make_late(worker: Worker, readers: Sequence[Address | None], *, follow_ups: int = 1) -> None:
    """Late follow-ups of one case, with as many readers; None is a mailbox of its own at example.org."""
    with worker.writing.begin() as session:
        case = factories.make_case(session)
        for _ in range(follow_ups):
            factories.make_follow_up(session, case)
        for address in readers:
            destination = factories.make_destination(session, worker.vault, address=address)
            factories.make_subscription(session, worker.vault, case=case, destination=destination)


def tell(worker: Worker, readers: Sequence[Address | None], *, follow_ups: int = 1) -> None:
    """The same, announced."""
    make_late(worker, readers, follow_ups=follow_ups)
    check_overdue(worker)


def states(worker: Worker) -> list[DeliveryState]:
    """Where every delivery stands, in the order in which they were queued."""
    with worker.reading() as session:
        return list(session.scalars(select(Delivery.state).order_by(Delivery.id)))
