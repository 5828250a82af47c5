"""A canary goes the whole way out and back; whoever only looks at its link changes nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, update

from alerts.facts import EmailAddress, SignedWebhook, SlackWebhook
from alerts.messages import Chat, Event, Mail
from alerts.outcomes import Accepted, Refused
from service.commands.add_member import add_member
from service.queries.board import deliveries_by_state
from service.queries.signs_of_life import Sign, signs_of_life
from service.records import Alert, Delivery, Heartbeat, Subscription
from service.records.base import new_id
from service.vocabulary import AlertKind, DeliveryState, Role, SubscriptionState
from service.worker.jobs import expire_unconfirmed, send_canary
from service.worker.running import run_until_drained
from tests.factories import make_destination, make_subscription
from tests.fakes import Post
from tests.service.pages.conftest import ORIGIN, PASSWORD, Browser, Member, later, rows, sign_in

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from alerts.facts import Address
    from service.clock import FixedClock
    from service.records import Case
    from service.security.encryption import Vault
    from service.settings import Settings
    from service.web import Parts

pytestmark = pytest.mark.anyio
WEBHOOK = SignedWebhook("https://hooks.example.org/in", ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",))
QUARTER = timedelta(minutes=15)


@pytest.fixture
def address() -> Address:
    """Where the canary goes."""
    return WEBHOOK


@pytest.fixture
def canary(writing: sessionmaker[Session], vault: Vault, case: Case, address: Address) -> int:
    """The subscription that is to answer."""
    with writing.begin() as session:
        destination = make_destination(session, vault, address=address, label="the canary's")
        return make_subscription(session, vault, case=case, destination=destination).id


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The settings that name it: every test's database counts its subscriptions from 1."""
    return settings.model_copy(update={"canary_subscription": 1})


async def fly(parts: Parts, post: Post | None = None) -> Post:
    """Queue a canary and let it leave."""
    post = post or Post()
    assert send_canary(parts)
    await run_until_drained(parts, channels=post.channels())
    return post


def sign(parts: Parts) -> Sign:
    with parts.reading() as session:
        signs = signs_of_life(session, now=parts.wall_clock.now(), canary=parts.settings.canary_subscription)
    return next(sign for sign in signs if sign.name == "canary")


def receipt_path(post: Post) -> str:
    """Where the newest canary is answered."""
    message = post.sent[-1].message
    if isinstance(message, Event):
        return message.data["receipt_url"].removeprefix(ORIGIN)
    if isinstance(message, Chat):
        return (message.url or "").removeprefix(ORIGIN)
    found = re.search(rf"{ORIGIN}(/canary/\S+)", message.text)
    return found[1] if found else ""


@pytest.mark.parametrize(
    "address",
    [WEBHOOK, SlackWebhook("https://hooks.slack.com/services/T/B/x"), EmailAddress("canary@example.org")],
    ids=["webhook", "slack", "email"],
)
async def test_a_canary_that_comes_back_is_a_good_sign(
    browser: Browser, parts: Parts, wall_clock: FixedClock, canary: int
) -> None:
    assert not sign(parts).ok
    post = await fly(parts)
    assert sign(parts).message == "the first canary is on its way"
    later(wall_clock, minutes=15)
    assert sign(parts).message == "the canary of 12:00 UTC was accepted, and nobody has answered it"
    assert not sign(parts).ok
    # A program, without cookie, form or Origin, and with whatever body it likes.
    answer = await browser.http.post(receipt_path(post), json={"seen": True})
    assert answer.status_code == 200
    assert (sign(parts).ok, sign(parts).message) == (True, "the canary of 12:00 UTC came back")


@pytest.mark.parametrize("address", [EmailAddress("canary@example.org")], ids=["email"])
async def test_it_is_a_plain_mail_without_a_way_to_unsubscribe(parts: Parts, canary: int) -> None:
    post = await fly(parts)
    assert isinstance(post.sent[0].message, Mail)
    assert not post.sent[0].message.has_stop_link
    assert post.sent[0].envelope.recipient.list_id is None


async def test_a_repeat_carries_the_same_link(parts: Parts, canary: int, writing: sessionmaker[Session]) -> None:
    post = Post(answer=lambda one: Accepted(200) if one.envelope.attempt > 1 else Refused(False, "Later."))
    await fly(parts, post)
    with writing.begin() as session:
        session.execute(update(Delivery).values(due_at=parts.wall_clock.now().replace(year=2020)))
    await run_until_drained(parts, channels=post.channels())
    assert len(post.sent) == 2
    assert post.sent[0].message == post.sent[1].message


async def test_one_canary_leaves_each_quarter_of_an_hour_however_many_workers_ring(
    parts: Parts, wall_clock: FixedClock, canary: int
) -> None:
    post = await fly(parts)
    later(wall_clock, minutes=14)
    await fly(parts, post)
    assert len(post.sent) == 1
    later(wall_clock, minutes=1)
    await fly(parts, post)
    assert len(post.sent) == 2


async def test_looking_at_the_link_changes_nothing_and_the_button_does(
    browser: Browser, parts: Parts, canary: int, writing: sessionmaker[Session]
) -> None:
    path = receipt_path(await fly(parts))
    before = rows(writing)
    for method in ("GET", "HEAD", "OPTIONS"):
        await browser.http.request(method, path)
    assert "Nothing is noted until you press the button" in (await browser.open(path)).text
    assert rows(writing) == before
    assert "It is noted that the message arrived" in (await browser.send(path)).text
    assert rows(writing)["heartbeat"] != before["heartbeat"]


async def test_a_link_that_is_altered_of_another_purpose_or_too_old_notes_nothing(
    browser: Browser, parts: Parts, wall_clock: FixedClock, canary: int, writing: sessionmaker[Session]
) -> None:
    path = receipt_path(await fly(parts))
    foreign = parts.links.unsubscribe(canary).removeprefix(f"{ORIGIN}/u/")
    unknown = parts.links.canary(new_id(), expires_at=wall_clock.now() + QUARTER).removeprefix(ORIGIN)
    before = rows(writing)
    for other, status in ((path[:-1], 404), (f"/canary/{foreign}", 404), (unknown, 404), ("/canary/x", 404)):
        assert (await browser.http.post(other)).status_code == status, other
    later(wall_clock, days=7)
    assert (await browser.http.post(path)).status_code == 410
    assert rows(writing) == before


async def test_only_a_canary_can_be_answered_so(
    browser: Browser, parts: Parts, wall_clock: FixedClock, canary: int, writing: sessionmaker[Session]
) -> None:
    await fly(parts)
    with writing.begin() as session:
        session.execute(update(Alert).values(kind=AlertKind.DESTINATION_TEST))
        alert_id = session.scalars(select(Alert.id)).one()
    path = parts.links.canary(alert_id, expires_at=wall_clock.now() + QUARTER).removeprefix(ORIGIN)
    assert (await browser.http.post(path)).status_code == 404


async def test_an_answer_to_an_older_canary_does_not_stand_for_the_newest(
    browser: Browser, parts: Parts, wall_clock: FixedClock, canary: int
) -> None:
    post = await fly(parts)
    first = receipt_path(post)
    later(wall_clock, minutes=15)
    await fly(parts, post)
    later(wall_clock, minutes=15)
    await browser.http.post(first)
    assert not sign(parts).ok
    await browser.http.post(receipt_path(post))
    assert sign(parts).ok
    await browser.http.post(first)
    assert sign(parts).ok


@pytest.mark.parametrize(
    ("answer", "state"),
    [(Refused(True, "Nobody is there."), "dead"), (Refused(False, "Later."), "queued")],
    ids=["for good", "for now"],
)
async def test_a_canary_that_is_not_accepted_is_a_bad_sign(
    parts: Parts, wall_clock: FixedClock, canary: int, answer: Refused, state: str
) -> None:
    await fly(parts, Post(answer=lambda _: answer))
    later(wall_clock, minutes=15)
    assert sign(parts).message == f"the canary of 12:00 UTC was not accepted: it is {state}"


async def test_a_subscription_that_ended_sends_no_canary_and_says_so(
    parts: Parts, wall_clock: FixedClock, canary: int, writing: sessionmaker[Session]
) -> None:
    with writing.begin() as session:
        session.execute(update(Subscription).values(state=SubscriptionState.ENDED))
    post = await fly(parts)
    assert post.sent == []
    later(wall_clock, minutes=15)
    assert sign(parts).message == f"the canary of 12:00 UTC was not accepted: it is {DeliveryState.CANCELLED.value}"


async def test_canaries_that_stop_coming_are_a_bad_sign(
    browser: Browser, parts: Parts, wall_clock: FixedClock, canary: int
) -> None:
    await browser.http.post(receipt_path(await fly(parts)))
    later(wall_clock, minutes=34)
    assert sign(parts).ok
    later(wall_clock, minutes=1)
    assert sign(parts).message == "no canary was sent for 35 min: is there a subscription 1?"


async def test_a_subscription_that_does_not_exist_is_a_bad_sign(parts: Parts, writing: sessionmaker[Session]) -> None:
    assert not send_canary(parts)
    assert not sign(parts).ok


async def test_readiness_hangs_on_the_canary_where_one_is_named(browser: Browser, parts: Parts, canary: int) -> None:
    assert (await browser.open("/readyz")).json()["checks"]["canary"] is False
    await fly(parts)
    assert (await browser.open("/readyz")).json()["checks"]["canary"] is True


async def test_staff_and_readers_see_no_canaries(
    browser: Browser, parts: Parts, canary: int, wall_clock: FixedClock, vault: Vault, writing: sessionmaker[Session],
    case: Case,
) -> None:  # fmt: skip
    with writing.begin() as session:
        _, seed = add_member(
            session, name="carol", role=Role.ADMIN, password=PASSWORD, all_cases=True, cases=[],
            now=wall_clock.now(), vault=vault,
        )  # fmt: skip
    await fly(parts)
    await browser.follow(await sign_in(browser, Member("carol", seed), wall_clock.now()))
    for path in ("/staff", "/staff/deliveries", f"/staff/cases/{case.reference}", f"/c/{case.slug}"):
        page = await browser.open(path)
        assert page.status_code == 200
        assert "Canary" not in page.text
        assert "the canary" not in page.text
    with parts.reading() as session:
        assert deliveries_by_state(session) == {}


async def test_old_canaries_are_forgotten_with_their_deliveries(
    parts: Parts, wall_clock: FixedClock, canary: int, writing: sessionmaker[Session]
) -> None:
    await fly(parts)
    later(wall_clock, days=6)
    await fly(parts)
    later(wall_clock, days=1, minutes=1)
    expire_unconfirmed(parts)
    with writing() as session:
        assert session.scalar(select(func.count()).select_from(Alert)) == 1
        assert session.scalar(select(func.count()).select_from(Delivery)) == 1
        assert session.get(Heartbeat, "send_canary") is not None
