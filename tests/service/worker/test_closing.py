"""When a case is closed, those who follow it by name hear so once, and then nothing; nobody else does."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts.facts import SlackWebhook
from service.commands.change import change
from service.records import Case, Delivery, Subscription
from service.vocabulary import Cadence, DeliveryState, Detail, EndedReason, Monitoring, SubscriptionState
from service.worker.jobs import check_overdue
from service.worker.running import run_until_drained
from tests import factories
from tests.service.worker.test_urgent_actions import Office

if TYPE_CHECKING:
    from alerts.messages import Sendable
    from tests.service.worker.conftest import Worker

ENDED = (SubscriptionState.ENDED, EndedReason.CASE_CLOSED)


class Closing(Office):
    """The office, whose case can be closed and opened again."""

    def set(self, monitoring: Monitoring) -> None:
        with self.worker.writing.begin() as session:
            change(
                session, session.get_one(Case, self.case_id), {"monitoring": monitoring},
                now=self.worker.clock.now(), by="alice", vault=self.worker.vault,
            )  # fmt: skip

    def messages(self) -> list[Sendable]:
        """What left since the last look."""
        asyncio.run(run_until_drained(self.worker, channels=self.worker.post.channels()))
        sent, self.worker.post.sent[:] = list(self.worker.post.sent), []
        return [one.message for one in sent]

    def standing(self, subscription_id: int) -> tuple[SubscriptionState, EndedReason | None]:
        with self.worker.reading() as session:
            found = session.get_one(Subscription, subscription_id)
            return found.state, found.ended_reason


@pytest.fixture
def office(worker: Worker) -> Closing:
    return Closing(worker, reference="KAZ-2099-777")


def test_all_who_follow_the_case_by_name_hear_of_it_once_and_follow_it_no_more(office: Closing) -> None:
    with office.worker.writing.begin() as session:
        room = factories.make_destination(
            session, office.worker.vault, address=SlackWebhook("https://hooks.slack.com/services/T/B/x")
        )
    later = office.worker.clock.now() + timedelta(days=30)
    theirs = [office.follow(), office.follow(cadence=Cadence.DAILY), office.follow(paused_until=later)]
    theirs.append(office.follow(destination=room))
    asked = office.follow(state=SubscriptionState.PENDING)
    country = office.follow(case=None, country="KZ")
    office.set(Monitoring.CLOSED)
    assert [office.standing(one) for one in (*theirs, asked)] == [ENDED] * 5
    assert office.standing(country) == (SubscriptionState.ACTIVE, None)
    assert office.subjects() == ["No more alerts about case KAZ-2099-777"] * 4
    assert office.missing() == []
    office.set(Monitoring.ACTIVE)
    office.set(Monitoring.CLOSED)
    assert office.subjects() == []


def test_what_is_queued_about_a_date_goes_and_the_last_word_comes(office: Closing) -> None:
    office.follow()
    with office.worker.writing.begin() as session:
        factories.make_follow_up(session, session.get_one(Case, office.case_id), due_on=date(2014, 11, 10))
    check_overdue(office.worker)
    office.set(Monitoring.CLOSED)
    assert office.subjects() == ["No more alerts about case KAZ-2099-777"]
    assert sorted(one.state for one in office.deliveries()) == [DeliveryState.ACCEPTED, DeliveryState.CANCELLED]


def test_a_case_that_is_watched_again_before_the_word_leaves_is_not_said_to_be_closed(office: Closing) -> None:
    subscription = office.follow()
    office.set(Monitoring.CLOSED)
    office.set(Monitoring.ACTIVE)
    assert office.subjects() == []
    with office.worker.reading() as session:
        assert session.scalars(select(Delivery.reason)).all() == ["The case is watched again."]
    assert office.standing(subscription) == ENDED


def test_a_reader_who_wants_nothing_said_hears_only_that_there_is_news(office: Closing) -> None:
    office.follow(detail=Detail.NOTICE)
    with office.worker.writing.begin() as session:
        factories.make_follow_up(session, session.get_one(Case, office.case_id), due_on=date(2014, 11, 10))
    check_overdue(office.worker)
    [late] = office.messages()
    office.set(Monitoring.CLOSED)
    assert office.messages() == [late]
