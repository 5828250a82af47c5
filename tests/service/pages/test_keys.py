"""A reader sets their OpenPGP key, replaces it and takes it back, by forms alone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pysequoia import Tsk
from sqlalchemy import select

from service.records import OpenpgpKey, Subscription
from service.security.sealed_keys import key_opened
from tests.factories import make_subscription
from tests.service.pages.conftest import ORIGIN, Browser, later, rows

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from service.clock import FixedClock
    from service.links import Links
    from service.records import Case
    from service.security.encryption import Vault

pytestmark = pytest.mark.anyio
KEYS = Path(__file__).parents[2] / "alerts" / "channels" / "keys"
GOOD = (KEYS / "good.asc").read_text(encoding="ascii")
# A form sends it with other line ends, and people copy too much.
PASTED = "\r\n \r\n" + GOOD.replace("\n", "\r\n") + "\r\n\r\n"
FINGERPRINT = "6038 56D0 87CB EDDF 5F85 AF89 8C81 3080 54B2 00A3"


@pytest.fixture
def key_path(writing: sessionmaker[Session], vault: Vault, case: Case, links: Links, clock: FixedClock) -> str:
    """The page of one reader's key."""
    with writing.begin() as session:
        subscriber_id = make_subscription(session, vault, case=case).subscriber_id
    return links.key(subscriber_id, expires_at=clock.now() + timedelta(days=7)).removeprefix(ORIGIN)


async def test_a_key_is_set_and_shown_by_its_fingerprint_alone(
    browser: Browser, key_path: str, writing: sessionmaker[Session], vault: Vault
) -> None:
    page = await browser.open(key_path)
    assert "from then on all mail to you is encrypted" in page.text
    page = await browser.follow(await browser.send(key_path, {"key": PASTED}))
    assert FINGERPRINT in page.text
    assert "24 November 2028" in page.text
    assert "good@example.org" not in page.text
    with writing() as session:
        key = session.scalars(select(OpenpgpKey)).one()
        assert "good@example.org" in key_opened(vault, key.armoured_sealed, key.subscriber_id)
        assert "BEGIN" not in key.armoured_sealed
    assert "good@" not in repr(rows(writing)["openpgp_key"])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("expired", "This key has expired"),
        ("subkey_expired", "This key has expired"),
        ("revoked", "This key is revoked"),
        ("signs_only", "it only signs"),
        ("weak_rsa1024", "broken by now"),
        ("weak_sha1", "broken by now"),
    ],
)
async def test_a_key_that_cannot_be_used_is_refused_in_words_and_nothing_changes(
    browser: Browser, key_path: str, writing: sessionmaker[Session], name: str, words: str
) -> None:
    await browser.open(key_path)
    before = rows(writing)
    page = await browser.send(key_path, {"key": (KEYS / f"{name}.asc").read_text(encoding="ascii")})
    assert page.status_code == 422
    assert page.text.count(words) == 2  # in the summary and at the field
    assert "BEGIN PGP" not in page.text
    assert rows(writing) == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Paste the whole public key"),
        ("FAFA57FBC8766432D8CF5B9EE5938AAD7E150D00", "Paste the whole public key"),
        (str(Tsk.generate(user_id="Alice <alice@example.org>")), "This is a secret key"),
        (GOOD + (KEYS / "rsa_signs_and_encrypts.asc").read_text(encoding="ascii"), "These are several keys"),
    ],
    ids=["nothing", "a fingerprint", "secret", "several"],
)
async def test_what_is_no_single_public_key_is_refused(browser: Browser, key_path: str, text: str, words: str) -> None:
    await browser.open(key_path)
    page = await browser.send(key_path, {"key": text})
    assert (page.status_code, words in page.text) == (422, True)
    assert "PRIVATE KEY" not in page.text


async def test_a_refused_key_leaves_the_one_that_was_set(browser: Browser, key_path: str) -> None:
    await browser.open(key_path)
    await browser.follow(await browser.send(key_path, {"key": GOOD}))
    page = await browser.send(key_path, {"key": "words"})
    assert page.status_code == 422
    assert FINGERPRINT in page.text


async def test_a_key_is_removed_after_a_page_that_says_what_follows(
    browser: Browser, key_path: str, writing: sessionmaker[Session]
) -> None:
    await browser.open(key_path)
    await browser.follow(await browser.send(key_path, {"key": GOOD}))
    page = await browser.open(f"{key_path}/remove?lang=ru")
    assert FINGERPRINT in page.text
    assert f'action="{key_path}/remove?lang=ru"' in page.text
    for _ in range(2):
        page = await browser.follow(await browser.send(f"{key_path}/remove"))
    assert FINGERPRINT not in page.text
    with writing() as session:
        assert session.scalars(select(OpenpgpKey)).all() == []
    await browser.follow(await browser.open(f"{key_path}/remove"))


async def test_the_page_says_when_the_key_has_expired(browser: Browser, key_path: str, wall_clock: FixedClock) -> None:
    await browser.open(key_path)
    await browser.follow(await browser.send(key_path, {"key": GOOD}))
    later(wall_clock, days=800)
    page = await browser.open(key_path)
    assert "expired" in page.text
    assert "we write only that there is news" in page.text


async def test_a_link_is_good_for_a_week_and_for_one_reader(
    browser: Browser, key_path: str, clock: FixedClock, links: Links, writing: sessionmaker[Session]
) -> None:
    assert (await browser.open(key_path[:-2])).status_code == 404
    with writing.begin() as session:
        subscription = session.scalars(select(Subscription)).one()
        session.delete(subscription.subscriber)
    assert (await browser.open(key_path)).status_code == 404
    later(clock, days=8)
    assert (await browser.open(key_path)).status_code == 410
