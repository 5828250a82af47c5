"""What is kept about a reader: all of it is in the download, and nothing but counts and hashes outlives the deletion."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from service.queries.own_data import exported
from service.records import Base, Delivery, Destination, Digest, Erasure, OpenpgpKey, Subscription, Suppression
from tests.service.pages.conftest import Browser, rows
from tests.service.pages.visiting import ADDRESS, FINGERPRINT, a_reader, visit, with_everything

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from service.links import Links
    from service.records import Case
    from service.security.encryption import Vault
    from service.web import Parts

pytestmark = pytest.mark.anyio
SINCE = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def reader(writing: sessionmaker[Session], vault: Vault, case: Case, links: Links) -> Subscription:
    """Has a row in every table that can have one about a reader."""
    made = a_reader(writing, vault, case)
    with writing.begin() as session:
        with_everything(session, vault, links, made, now=SINCE)
    return made


async def test_the_data_are_complete_by_the_columns_own_classification(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session], vault: Vault, case: Case
) -> None:
    a_reader(writing, vault, case, "other@example.org")
    await visit(browser, parts)
    answer = await browser.http.get("/manage/alerts/data.json")
    data = json.loads(answer.text)
    about = {
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.info.get("about") == "subscriber"
    }
    given = {(table.name, column.name) for table, columns in exported().items() for column in columns}
    secret = {
        ("destination", "address_sealed"),  # given in clear as `address`, without passwords and tokens
        ("openpgp_key", "armoured_sealed"),  # given in clear as `armoured`
        ("asking", "fields_sealed"),  # gone before anybody could ask for it
    }
    assert about - given == secret
    # A table that is new and has no row here would be in no test.
    assert [name for name, _ in sorted(about - secret) if not data[name]] == []
    assert data["destination"][0]["address"] == {"address": ADDRESS}
    assert [row["id"] for row in data["subscription"]] == [reader.id]
    assert "other@example.org" not in answer.text
    for hidden in ("hmac", "token_hash", "lease"):
        assert hidden not in answer.text


async def test_the_data_say_what_was_chosen_given_sent_and_held_against_the_reader(
    browser: Browser, parts: Parts, reader: Subscription
) -> None:
    await visit(browser, parts)
    data = json.loads((await browser.http.get("/manage/alerts/data.json")).text)
    timetable = data["timetable"][0]
    assert (timetable["quiet_from"], timetable["quiet_until"]) == ("22:00:00", "06:30:00")
    assert (timetable["digest_hour"], timetable["digest_weekday"]) == (7, 5)
    assert data["openpgp_key"][0]["fingerprint"] == FINGERPRINT.replace(" ", "")
    assert data["openpgp_key"][0]["armoured"].startswith("-----BEGIN PGP PUBLIC KEY BLOCK-----")
    assert data["feed_token"][0]["made_at"] == SINCE.isoformat()
    assert data["subscription"][0]["detail"] == "full"
    assert data["suppression"][0]["reason"] == "complaint"
    assert data["bounce_score"][0]["points"] == 2
    assert {row["state"] for row in data["delivery"]} == {"accepted", "queued"}
    assert all({"bounced_at", "channel", "finished_at"} <= row.keys() for row in data["delivery"])


async def test_the_data_are_those_of_one_reader_alone(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session], vault: Vault, case: Case
) -> None:
    a_reader(writing, vault, case, "other@example.org")
    await visit(browser, parts, "other@example.org")
    data = json.loads((await browser.http.get("/manage/alerts/data.json")).text)
    for name in ("timetable", "openpgp_key", "feed_token", "suppression", "bounce_score", "digest", "ciphertext"):
        assert data[name] == []
    assert str(reader.subscriber_id) not in json.dumps(data)


async def test_deleting_everything_leaves_counts_and_hashes(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session], vault: Vault, case: Case
) -> None:
    other = a_reader(writing, vault, case, "other@example.org")
    await visit(browser, parts)
    slack = {"url": "https://hooks.slack.com/services/T/B/x"}
    await browser.open("/manage/alerts/destinations/new/slack")
    await browser.follow(await browser.send("/manage/alerts/destinations/new/slack", slack))
    with writing() as session:
        theirs = Destination.id != other.destination_id
        ids = [str(one) for one in session.scalars(select(Destination.id).where(theirs))]
        ids += [str(one) for one in session.scalars(select(Digest.id))]
        hashes = list(session.scalars(select(Destination.address_hmac).where(theirs)))
        deliveries = len(
            session.scalars(select(Delivery.id).where(Delivery.destination_id != other.destination_id)).all()
        )
    page = await browser.open("/manage/alerts/erase")
    assert "2 subscriptions end and are erased." in page.text
    gone = await browser.follow(await browser.send("/manage/alerts/erase"))
    assert "Everything is deleted" in gone.text
    left = rows(writing)
    erasures, suppressions = left.pop("erasure"), left.pop("suppression")
    said = json.dumps(left)
    for trace in (str(reader.subscriber_id), *ids, *hashes, ADDRESS, FINGERPRINT.replace(" ", "")):
        assert trace not in said
        assert trace.replace("-", "") not in said
    # Whoever complained is not written to when somebody asks for alerts to that address again.
    assert len(suppressions) == 1
    assert len(erasures) == 2
    for trace in (str(reader.subscriber_id), *ids):
        assert trace not in json.dumps([erasures, suppressions])
    with writing() as session:
        assert {(one.subscriptions, one.deliveries) for one in session.scalars(select(Erasure))} == {(2, deliveries)}
        assert [one.id for one in session.scalars(select(Subscription))] == [other.id]
        assert session.scalars(select(OpenpgpKey)).all() == []
        assert session.scalars(select(Suppression.address_hmac)).one() in hashes
    assert (await browser.http.get("/manage/alerts")).status_code == 303


async def test_of_all_that_is_about_readers_only_hashes_have_a_life_of_their_own(
    browser: Browser, parts: Parts, reader: Subscription, writing: sessionmaker[Session]
) -> None:
    await visit(browser, parts)
    await browser.open("/manage/alerts/erase")
    await browser.follow(await browser.send("/manage/alerts/erase"))
    left = rows(writing)
    assert {table.name for table in exported() if left[table.name]} <= {"suppression", *_OF_SOMEBODY_ELSE}


# The mailbox that the reader wanted to move to is a destination of its own until it confirms.
_OF_SOMEBODY_ELSE = ("subscriber", "destination")
