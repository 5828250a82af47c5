"""What stands in the outbox: one late follow-up for a reader at an address, and the rows that tell what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from service.records import Delivery
from service.vocabulary import AttemptOutcome, DeliveryState
from service.worker.jobs import check_overdue
from tests import factories

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


def tell(worker: Worker, addresses: Sequence[Address | None], *, follow_ups: int = 1) -> None:
    """Late follow-ups of one case, announced to as many readers; None is a mailbox of its own at example.org."""
    with worker.writing.begin() as session:
        case = factories.make_case(session)
        for _ in range(follow_ups):
            factories.make_follow_up(session, case)
        for address in addresses:
            destination = factories.make_destination(session, worker.vault, address=address)
            factories.make_subscription(session, worker.vault, case=case, destination=destination)
    check_overdue(worker)


def states(worker: Worker) -> list[DeliveryState]:
    """Where every delivery stands, in the order in which they were queued."""
    with worker.reading() as session:
        return list(session.scalars(select(Delivery.state).order_by(Delivery.id)))
