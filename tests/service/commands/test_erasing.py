"""What is owed goes with whom or what it is about, even while it is being queued."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, func, select

from service.commands.announce_overdue import announce_overdue
from service.commands.fan_out import fan_out
from service.records import Alert, Delivery, Destination, Subscriber, Subscription
from tests import factories

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session, sessionmaker

    from alerts.facts import Level
    from service.records import FollowUp
    from service.security.encryption import Vault

NOW = datetime(2014, 11, 20, 9, tzinfo=UTC)


def no_words(
    session: Session, reached: Sequence[tuple[FollowUp, Level]], *, now: datetime
) -> Mapping[UUID, dict[str, Any]]:
    return {follow_up.id: {} for follow_up, _ in reached}


def queue_two(session: Session, vault: Vault) -> Sequence[UUID]:
    """Two followers of a case with one late follow-up; the alert that is to be fanned out."""
    case = factories.make_case(session)
    factories.make_subscription(session, vault, case=case)
    factories.make_subscription(session, vault, case=case)
    factories.make_follow_up(session, case)
    return announce_overdue(session, now=NOW, snapshots=no_words).alert_ids


def left(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Delivery)) or 0


@pytest.mark.parametrize("record", [Subscriber, Destination])
def test_whoever_is_erased_takes_along_what_was_owed(
    session: Session, vault: Vault, record: type[Subscriber | Destination]
) -> None:
    fan_out(session, queue_two(session, vault), now=NOW)
    erased = session.scalars(select(record.id).limit(1)).one()
    session.execute(delete(record).where(record.id == erased))
    assert left(session) == 1


def test_an_alert_that_is_deleted_is_owed_to_nobody(session: Session, vault: Vault) -> None:
    fan_out(session, queue_two(session, vault), now=NOW)
    session.execute(delete(Alert))
    assert left(session) == 0


def test_a_delivery_outlives_the_subscription_that_was_its_reason(session: Session, vault: Vault) -> None:
    fan_out(session, queue_two(session, vault), now=NOW)
    session.execute(delete(Subscription))
    assert session.scalars(select(Delivery.subscription_id)).all() == [None, None]


def test_whoever_is_erased_during_a_fan_out_is_owed_nothing_after_it(
    writing: sessionmaker[Session], vault: Vault
) -> None:
    with writing.begin() as session:
        alert_ids = queue_two(session, vault)

    def erase() -> None:
        with writing.begin() as erasing:
            erasing.execute(delete(Subscriber))

    with ThreadPoolExecutor() as beside, writing.begin() as session:
        assert fan_out(session, alert_ids, now=NOW) == 2
        erased = beside.submit(erase)
        # It waits for this transaction; were it not to, it would be through by now, and the two would be left over.
        with pytest.raises(TimeoutError):
            erased.result(timeout=1)
        session.commit()
        erased.result(timeout=60)
    with writing() as session:
        assert left(session) == 0
