"""When alerts are stopped, the reader's other ways are told, and nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts.facts import SlackWebhook
from service.commands.summaries import stop_summaries
from service.commands.unsubscribe import unsubscribe, unsubscribe_from_all
from service.records import Alert, Delivery
from service.vocabulary import AlertKind, Cadence, SubscriptionState
from tests import factories

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.records import Destination
    from service.security.encryption import Vault


@pytest.fixture
def mailbox(session: Session, vault: Vault) -> Destination:
    return factories.make_destination(session, vault)


@pytest.fixture
def room(session: Session, vault: Vault, mailbox: Destination) -> Destination:
    """Another way to the same reader."""
    slack = SlackWebhook("https://hooks.slack.com/services/T/B/x")
    return factories.make_destination(session, vault, address=slack, subscriber=mailbox.subscriber)


def told(session: Session) -> list[UUID]:
    """Where a notice is queued."""
    query = select(Delivery.destination_id).join(Alert).where(Alert.kind == AlertKind.ALERTS_STOPPED)
    return list(session.scalars(query.order_by(Delivery.id)))


def test_ten_cases_stopped_in_a_row_are_one_notice_and_the_next_day_another(
    session: Session, vault: Vault, now: datetime, mailbox: Destination, room: Destination
) -> None:
    for _ in range(10):
        case = factories.make_case(session)
        unsubscribe(session, factories.make_subscription(session, vault, case=case, destination=mailbox), now=now)
    assert told(session) == [room.id]
    later = factories.make_subscription(session, vault, country="KZ", destination=mailbox)
    unsubscribe(session, later, now=now + timedelta(days=1))
    assert told(session) == [room.id, room.id]


def test_whoever_stops_everything_hears_of_each_way_by_the_others(
    session: Session, vault: Vault, now: datetime, mailbox: Destination, room: Destination
) -> None:
    for destination in (mailbox, room):
        factories.make_subscription(session, vault, country="KZ", destination=destination)
    unsubscribe_from_all(session, mailbox.subscriber_id, now=now)
    assert set(told(session)) == {mailbox.id, room.id}


def test_summaries_that_are_stopped_are_told_once(
    session: Session, vault: Vault, now: datetime, mailbox: Destination, room: Destination
) -> None:
    factories.make_subscription(session, vault, country="KZ", destination=mailbox, cadence=Cadence.DAILY)
    for _ in range(2):
        stop_summaries(session, mailbox.id, now=now)
    assert told(session) == [room.id]


def test_a_wish_that_never_spoke_is_dropped_in_silence(
    session: Session, vault: Vault, now: datetime, mailbox: Destination, room: Destination
) -> None:
    asked = factories.make_subscription(
        session, vault, country="KZ", destination=mailbox, state=SubscriptionState.PENDING
    )
    unsubscribe(session, asked, now=now)
    assert told(session) == []
    assert room.subscriber_id == mailbox.subscriber_id


def test_a_reader_with_one_way_is_told_nothing(
    session: Session, vault: Vault, now: datetime, mailbox: Destination
) -> None:
    unsubscribe(session, factories.make_subscription(session, vault, country="KZ", destination=mailbox), now=now)
    assert told(session) == []
