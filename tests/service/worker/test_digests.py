"""What a digest says when it leaves: what still stands, once, the most urgent first; and nothing where nothing stands."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from alerts.facts import Thresholds
from alerts.messages import Mail
from service.commands.change import change
from service.commands.fan_out import fan_out
from service.commands.follow_ups import complete, move
from service.commands.unsubscribe import unsubscribe
from service.mail_settings import IntakeSettings
from service.records import Case, Consent, Delivery, Destination, DigestItem, FollowUp, Subscription
from service.security.return_addresses import ReturnAddresses
from service.vocabulary import Cadence, ConsentScope, DeliveryState, Monitoring
from service.worker.jobs import check_completeness, check_overdue, close_ended_digests
from service.worker.running import run_until_drained
from tests import factories
from tests.returned import DOMAIN
from tests.service.commands.telling import make_alert
from tests.service.commands.test_digest_year import everything_was_told_once

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from tests.service.worker.conftest import Worker

    Deed = Callable[[Session, Worker], None]

# In Berlin the day's digest has just left.
NOON = datetime(2014, 11, 11, 11, tzinfo=UTC)
DAY = timedelta(days=1)
ONCE = Thresholds(upcoming=0, overdue=1_000, very_overdue=1_001, critical=1_002)


@pytest.fixture
def reader(worker: Worker) -> Worker:
    """One mailbox that follows two cases once a day, each with a date that was announced at noon."""
    worker.clock.at = NOON
    with worker.writing.begin() as session:
        mailbox = factories.make_destination(session, worker.vault)
        for reference in ("KAZ-2099-901", "KAZ-2099-902"):
            person = factories.make_person(session)
            factories.make_consent(session, person, ConsentScope.NAME_PUBLICLY)
            case = factories.make_case(session, reference=reference, persons=(person,))
            factories.make_follow_up(session, case, due_on=date(2014, 11, 11), thresholds=ONCE, person=person)
            follow(session, worker, case, mailbox)
    assert len(check_overdue(worker).announced) == 2
    return worker


def follow(session: Session, worker: Worker, case: Case, mailbox: Any) -> None:
    factories.make_subscription(session, worker.vault, case=case, destination=mailbox, cadence=Cadence.DAILY)


def next_morning(worker: Worker) -> list[Mail]:
    """What arrives after the next closing."""
    before = len(worker.post.sent)
    worker.clock.at += DAY
    close_ended_digests(worker)
    asyncio.run(run_until_drained(worker, channels=worker.post.channels()))
    return [one.message for one in worker.post.sent[before:] if isinstance(one.message, Mail)]


def do(worker: Worker, deed: Deed) -> None:
    """The deed, and whatever it tells by itself, which leaves at once."""
    with worker.writing.begin() as session:
        deed(session, worker)
    asyncio.run(run_until_drained(worker, channels=worker.post.channels()))


def by(worker: Worker) -> dict[str, Any]:
    return {"now": worker.clock.now(), "by": "alice", "vault": worker.vault}


def _stops(session: Session, worker: Worker) -> None:
    unsubscribe(
        session, session.scalars(select(Subscription).order_by(Subscription.id)).all()[0], now=worker.clock.now()
    )


def _pauses(session: Session, worker: Worker) -> None:
    first = session.scalars(select(Subscription).order_by(Subscription.id)).all()[0]
    change(session, first, {"paused_until": worker.clock.now() + 9 * DAY}, **by(worker))


def _is_done(session: Session, worker: Worker) -> None:
    complete(session, _first_date(session), evidence="a letter", **by(worker))


def _is_moved(session: Session, worker: Worker) -> None:
    move(session, _first_date(session), due_on=date(2015, 1, 1), reason="put off", **by(worker))


def _is_not_watched(session: Session, worker: Worker) -> None:
    change(session, _first_case(session), {"monitoring": Monitoring.CLOSED}, **by(worker))


def _is_withdrawn(session: Session, worker: Worker) -> None:
    person = _first_case(session).persons[0]
    session.execute(update(Consent).where(Consent.person_id == person.id).values(withdrawn_at=worker.clock.now()))


def _is_less_late_than_was_said(session: Session, worker: Worker) -> None:
    _first_date(session).level = None


def _first_case(session: Session) -> Case:
    return session.scalars(select(Case).order_by(Case.reference)).all()[0]


def _first_date(session: Session) -> FollowUp:
    return session.scalars(select(FollowUp).where(FollowUp.case_id == _first_case(session).id)).one()


LEAVES = (_stops, _pauses, _is_done, _is_moved, _is_not_watched, _is_withdrawn, _is_less_late_than_was_said)


def test_a_digest_tells_each_case_with_its_own_way_out(reader: Worker) -> None:
    (mail,) = next_morning(reader)
    assert mail.subject == "2 updates since yesterday, Vigil"
    assert mail.text.count("KAZ-2099-901") == mail.text.count("KAZ-2099-902") == 1
    with reader.reading() as session:
        ways = [reader.links.unsubscribe(one) for one in session.scalars(select(Subscription.id))]
    assert all(f"Stop the messages about this case:\n{way}\n" in mail.text for way in ways)


@pytest.mark.parametrize("deed", LEAVES)
def test_what_does_not_stand_any_more_leaves_the_digest_and_the_rest_is_told(reader: Worker, deed: Deed) -> None:
    do(reader, deed)
    (mail,) = next_morning(reader)
    assert mail.subject == "1 update since yesterday, Vigil"
    assert "KAZ-2099-902" in mail.text
    assert "KAZ-2099-901" not in mail.text


def test_the_way_out_of_the_whole_is_that_of_all_summaries_at_its_address(reader: Worker) -> None:
    reader.settings = reader.settings.model_copy(update={"intake": IntakeSettings(domain=DOMAIN)})
    (mail,) = next_morning(reader)
    (sent,) = reader.post.sent
    recipient = sent.envelope.recipient
    with reader.reading() as session:
        way = reader.links.unsubscribe_from_summaries(session.scalars(select(Destination.id)).one())
        wish = session.scalars(select(Delivery.subscription_id).where(Delivery.digest_id.is_not(None))).one()
    by_mail = ReturnAddresses.of(reader.vault, DOMAIN).stop_summaries(wish or 0)
    assert (recipient.unsubscribe_url, recipient.one_click_url, recipient.stop_mailbox) == (way, way, by_mail)
    assert "Stop these messages:" in mail.text


def test_what_another_wish_of_the_same_reader_asks_for_stays(reader: Worker) -> None:
    with reader.writing.begin() as session:
        mailbox = session.scalars(select(Subscription).order_by(Subscription.id)).all()[0].destination
        factories.make_subscription(session, reader.vault, country="KZ", destination=mailbox, cadence=Cadence.DAILY)
        _stops(session, reader)
    (mail,) = next_morning(reader)
    assert mail.subject == "2 updates since yesterday, Vigil"
    # Whoever follows the country has no wish about this one case to end.
    assert mail.text.count("Stop the messages about this case:") == 1


@pytest.mark.parametrize("deed", LEAVES)
def test_a_digest_of_which_nothing_stands_is_not_sent_and_is_counted_as_cancelled(reader: Worker, deed: Deed) -> None:
    with reader.writing.begin() as session:
        second = session.scalars(select(Case).order_by(Case.reference)).all()[1]
        session.execute(update(FollowUp).where(FollowUp.case_id == second.id).values(level=None))
    do(reader, deed)
    assert next_morning(reader) == []
    with reader.reading() as session:
        delivery = session.scalars(select(Delivery).where(Delivery.digest_id.is_not(None))).one()
    assert (delivery.state, delivery.reason) == (DeliveryState.CANCELLED, "Nothing of it stands any more.")


def test_what_has_become_critical_is_told_at_once_and_not_once_more_in_the_digest(worker: Worker) -> None:
    worker.clock.at = NOON
    days = Thresholds(upcoming=0, overdue=1, very_overdue=5, critical=6)
    with worker.writing.begin() as session:
        case = factories.make_case(session)
        mailbox = factories.make_destination(session, worker.vault)
        factories.make_subscription(session, worker.vault, case=case, destination=mailbox, cadence=Cadence.WEEKLY)
        factories.make_follow_up(session, case, due_on=date(2014, 11, 10), thresholds=days, title="the first")
        factories.make_follow_up(session, case, due_on=date(2014, 11, 11), thresholds=ONCE)
    check_overdue(worker)
    worker.clock.at = NOON + 5 * DAY
    assert [one.level.value for one in check_overdue(worker).announced] == ["critical"]
    first, digest = (*next_morning(worker), *next_morning(worker))
    assert first.subject.startswith("Critical, overdue by 6 days")
    assert digest.subject == "1 update this week, Vigil"
    assert "Due now" in digest.text
    assert "verdue" not in digest.text


@pytest.mark.parametrize(("label", "leads_to"), [("", "/manage"), ("Team", "/")])
def test_at_most_twenty_five_are_told_and_the_rest_is_a_number_with_a_link(
    worker: Worker, label: str, leads_to: str
) -> None:
    worker.clock.at = NOON
    with worker.writing.begin() as session:
        mailbox = factories.make_destination(session, worker.vault, label=label)
        case = factories.make_case(session)
        follow(session, worker, case, mailbox)
        for _ in range(27):
            factories.make_follow_up(session, case, due_on=date(2014, 11, 11), thresholds=ONCE)
        late = Thresholds(upcoming=0, overdue=1, very_overdue=2, critical=1_000)
        factories.make_follow_up(session, case, due_on=date(2014, 11, 9), thresholds=late)
    check_overdue(worker)
    (mail,) = next_morning(worker)
    assert mail.subject == "28 updates since yesterday, Vigil"
    assert mail.text.count("By when:") == 25
    assert f"3 more updates are on the case pages.\nhttps://vigil.example.org{leads_to}\n" in mail.text
    assert mail.text.index("Overdue by 2 days") < mail.text.index("Due now")
    assert len(mail.html.encode()) < 100_000


def test_after_three_days_off_what_was_missed_arrives_once(reader: Worker) -> None:
    with reader.writing.begin() as session:
        for day in (12, 13, 14):
            factories.make_follow_up(session, _first_case(session), due_on=date(2014, 11, day), thresholds=ONCE)
    reader.clock.at = NOON + 3 * DAY
    # Whatever else ran late, the digests of those days are still to come, and each comes once.
    assert len(check_overdue(reader).announced) == 3
    first = [close_ended_digests(reader) for _ in range(2)]
    asyncio.run(run_until_drained(reader, channels=reader.post.channels()))
    second = next_morning(reader)
    third = next_morning(reader)
    assert (first, third) == ([1, 0], [])
    subjects = [one.message.subject for one in reader.post.sent if isinstance(one.message, Mail)]
    assert subjects == ["2 updates, 11 November 2014 to 12 November 2014, Vigil", "3 updates since yesterday, Vigil"]
    assert [one.subject for one in second] == subjects[1:]


def test_each_of_three_days_that_nobody_closed_arrives_once(worker: Worker) -> None:
    with worker.writing.begin() as session:
        case = factories.make_case(session)
        follow(session, worker, case, factories.make_destination(session, worker.vault))
        for day in (11, 12, 13):
            factories.make_follow_up(session, case, due_on=date(2014, 11, day), thresholds=ONCE)
    for day in range(3):
        worker.clock.at = NOON + day * DAY
        assert len(check_overdue(worker).announced) == 1
    assert len(next_morning(worker)) == 3
    assert next_morning(worker) == []
    check_overdue(worker)
    found = check_completeness(worker)
    assert found is not None
    assert found.holds


def test_four_workers_that_catch_up_at_once_send_everything_once(worker: Worker) -> None:
    with worker.writing.begin() as session:
        cases = [factories.make_case(session) for _ in range(2)]
        for case in cases:
            follow(session, worker, case, factories.make_destination(session, worker.vault))
        for day in range(12):
            alert = (
                make_alert(session, cases[0], at=NOON + day * DAY),
                make_alert(session, cases[1], at=NOON + day * DAY),
            )
            fan_out(session, [one.id for one in alert], now=NOON + day * DAY)
    worker.clock.at = NOON + 12 * DAY
    together = Barrier(4)

    def close(_: int) -> int:
        together.wait()
        return close_ended_digests(worker)

    with ThreadPoolExecutor(4) as threads:
        closed = list(threads.map(close, range(4)))
    # Seven days each, and one digest for the five before them.
    assert sum(closed) == 2 * 8
    with worker.writing() as session:
        assert len(session.scalars(select(DigestItem.alert_id)).all()) == 24
        everything_was_told_once(session)
