"""What leaves for a reader who wants little said: the whole way from a late date to the words."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from alerts.facts import EmailAddress, MatrixRoom, SignedWebhook, SlackWebhook
from alerts.messages import Mail
from service.commands.subscribe import subscribe
from service.commands.wishes import Wish
from service.previews.as_file import whole_mail
from service.records import Case, Destination, Subscription
from service.vocabulary import Detail
from service.worker.jobs import check_overdue
from service.worker.running import run_until_drained
from tests import factories

if TYPE_CHECKING:
    from alerts.facts import Address
    from tests.service.worker.conftest import Worker

REFERENCE, NAME = "KAZ-2099-777", "Dana Sample"
WEBHOOK = SignedWebhook("https://hooks.example.org/1", ("whsec_" + "A" * 32,))
ADDRESSES: tuple[Address, ...] = (
    EmailAddress("reader@example.org"),
    SlackWebhook("https://hooks.slack.com/services/T0/B0"),
    MatrixRoom("https://matrix.example.org", "!room:example.org", "token"),
    WEBHOOK,
)


def late_case(worker: Worker) -> None:
    with worker.writing.begin() as session:
        person = factories.make_person(session, NAME)
        factories.make_consent(session, person)
        factories.make_follow_up(session, factories.make_case(session, reference=REFERENCE, persons=(person,)))


def follow(worker: Worker, address: Address, detail: Detail) -> None:
    with worker.writing.begin() as session:
        case = session.query(Case).filter_by(reference=REFERENCE).one()
        destination = factories.make_destination(session, worker.vault, address=address)
        factories.make_subscription(session, worker.vault, case=case, destination=destination, detail=detail)


def sent_by(worker: Worker) -> dict[str, str]:
    asyncio.run(run_until_drained(worker, channels=worker.post.channels()))
    return {one.channel: str(one.message) for one in worker.post.sent}


@pytest.mark.parametrize("detail", Detail)
def test_every_channel_says_what_its_reader_wishes_and_no_more(worker: Worker, detail: Detail) -> None:
    late_case(worker)
    for address in ADDRESSES:
        follow(worker, address, detail)
    check_overdue(worker)
    sent = sent_by(worker)
    assert sent.keys() == {"email", "slack", "matrix", "webhook"}
    readable = {name: text for name, text in sent.items() if name != "webhook"}
    assert {NAME in text for text in readable.values()} == {detail is Detail.FULL}
    assert {REFERENCE in text for text in readable.values()} == {detail is not Detail.NOTICE}
    assert ("follow_up" in sent["webhook"]) == (detail is not Detail.NOTICE)
    assert not any("KAZ" in text.upper() for text in sent.values()) or detail is not Detail.NOTICE


def test_two_readers_of_one_alert_each_get_their_own_words(worker: Worker) -> None:
    late_case(worker)
    for number, detail in enumerate(Detail):
        follow(worker, EmailAddress(f"reader{number}@example.org"), detail)
    check_overdue(worker)
    asyncio.run(run_until_drained(worker, channels=worker.post.channels()))
    said = {one.address.address: (REFERENCE in str(one.message), NAME in str(one.message)) for one in worker.post.sent}  # type: ignore[union-attr]
    assert said == {
        "reader0@example.org": (True, True),
        "reader1@example.org": (True, False),
        "reader2@example.org": (False, False),
    }


def test_whoever_wants_less_said_after_it_was_queued_is_told_less(worker: Worker) -> None:
    late_case(worker)
    follow(worker, EmailAddress("reader@example.org"), Detail.FULL)
    check_overdue(worker)
    with worker.writing.begin() as session:
        session.execute(update(Subscription).values(detail=Detail.NOTICE))
    assert REFERENCE not in sent_by(worker)["email"]


def test_whoever_wants_more_said_after_it_was_queued_is_told_as_it_was_queued(worker: Worker) -> None:
    late_case(worker)
    follow(worker, EmailAddress("reader@example.org"), Detail.NOTICE)
    check_overdue(worker)
    with worker.writing.begin() as session:
        session.execute(update(Subscription).values(detail=Detail.FULL))
    assert REFERENCE not in sent_by(worker)["email"]


@pytest.mark.parametrize("detail", [Detail.REFERENCE, Detail.NOTICE])
def test_the_question_and_the_word_that_one_follows_already_keep_to_the_wish(worker: Worker, detail: Detail) -> None:
    late_case(worker)

    def ask() -> str:
        with worker.writing.begin() as session:
            case = session.query(Case).filter_by(reference=REFERENCE).one()
            subscribe(
                session, Wish(case_id=case.id, detail=detail), address="new@example.org", language="en", time_zone="UTC",
                now=worker.clock.now(), wall_now=worker.clock.now(), vault=worker.vault,
            )  # fmt: skip
        text = sent_by(worker)["email"]
        worker.post.sent.clear()
        return text

    question = ask()
    with worker.writing.begin() as session:
        session.execute(update(Subscription).values(state="active"))
        session.execute(update(Destination).values(state="ready", verified_at=worker.clock.now()))
    for text in (question, ask()):
        assert (REFERENCE in text) == (detail is Detail.REFERENCE)
        assert NAME not in text


def test_the_bytes_of_a_notice_hold_no_name_even_where_the_organisation_has_one(worker: Worker) -> None:
    late_case(worker)
    follow(worker, EmailAddress("reader@example.org"), Detail.NOTICE)
    check_overdue(worker)
    asyncio.run(run_until_drained(worker, channels=worker.post.channels()))
    mail = worker.post.sent[0].message
    assert isinstance(mail, Mail)
    raw = whole_mail(mail, sender="Friends of Dana <alerts@vigil.example.org>").decode()
    assert "Dana" not in raw
    assert "From: alerts@vigil.example.org" in raw
