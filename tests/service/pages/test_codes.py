"""The code beside the link: typed where the alerts were asked for, five tries, the same words for every address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from service.commands.enter_code import confirmation_code
from service.records import Subscription
from service.security.codes import ALPHABET, LENGTH, code_for, is_code
from service.vocabulary import SubscriptionState
from tests.service.pages.conftest import Browser, later
from tests.service.pages.test_subscribing import ask, mails, subscriptions, without

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from service.clock import FixedClock
    from service.records import Case
    from service.security.encryption import Vault

pytestmark = pytest.mark.anyio
WRONG = "222222"


def the_code(writing: sessionmaker[Session], vault: Vault) -> str:
    with writing() as session:
        waiting = session.scalars(select(Subscription).order_by(Subscription.id.desc())).first()
    assert waiting is not None
    return confirmation_code(vault, waiting.id, waiting.created_at)


async def test_the_code_starts_the_alerts_however_it_is_pasted(
    browser: Browser, case: Case, wall_clock: FixedClock, writing: sessionmaker[Session], vault: Vault
) -> None:
    await browser.follow(await ask(browser, case, wall_clock))
    code = the_code(writing, vault)
    typed = f" {code[:3].lower()}-{code[3:].lower()} "
    page = await browser.follow(await browser.send("/subscribe/code", {"code": typed}))
    assert "Alerts are on" in page.text
    assert subscriptions(writing)[0].state is SubscriptionState.ACTIVE


async def test_after_five_wrong_codes_the_right_one_is_no_use_and_a_new_message_brings_another(
    browser: Browser,
    case: Case,
    clock: FixedClock,
    wall_clock: FixedClock,
    writing: sessionmaker[Session],
    vault: Vault,
) -> None:
    await browser.follow(await ask(browser, case, wall_clock))
    code = the_code(writing, vault)
    for _ in range(5):
        answer = await browser.send("/subscribe/code", {"code": WRONG})
        assert answer.status_code == 422
        assert "This is not the code of the newest message" in answer.text
    assert (await browser.send("/subscribe/code", {"code": code})).status_code == 422
    later(clock, minutes=1)
    again = await browser.follow(await browser.send("/subscribe/again"))
    assert "one more is on its way" in again.text
    assert len(mails(writing)) == 2
    fresh = the_code(writing, vault)
    assert fresh != code
    assert "Alerts are on" in (await browser.follow(await browser.send("/subscribe/code", {"code": fresh}))).text


async def test_asking_again_without_end_gives_neither_mails_nor_tries(
    browser: Browser,
    case: Case,
    clock: FixedClock,
    wall_clock: FixedClock,
    writing: sessionmaker[Session],
    vault: Vault,
) -> None:
    await browser.follow(await ask(browser, case, wall_clock))
    for _ in range(6):
        later(clock, minutes=1)
        await browser.send("/subscribe/again")
    assert len(mails(writing)) == 3
    code = the_code(writing, vault)
    later(clock, minutes=1)
    for _ in range(5):
        await browser.send("/subscribe/code", {"code": WRONG})
        await browser.send("/subscribe/again")
    assert (await browser.send("/subscribe/code", {"code": code})).status_code == 422


async def test_a_wrong_code_is_answered_alike_for_known_and_unknown_addresses(
    browser: Browser, case: Case, wall_clock: FixedClock, writing: sessionmaker[Session], vault: Vault
) -> None:
    answers = set()
    for name in ("known", "unknown"):
        await browser.follow(await ask(browser, case, wall_clock, address=f"{name}@example.org"))
        if name == "unknown":
            with writing.begin() as session:
                session.delete(session.scalars(select(Subscription).order_by(Subscription.id.desc())).first())
        answer = await browser.send("/subscribe/code", {"code": WRONG})
        answers.add((answer.status_code, without(answer.text)))
    assert len(answers) == 1


async def test_the_wish_cannot_be_read_from_the_address_of_the_page(
    browser: Browser, case: Case, wall_clock: FixedClock
) -> None:
    import base64

    answer = await ask(browser, case, wall_clock)
    token = answer.headers["location"].partition("wish=")[2]
    assert "reader" not in base64.urlsafe_b64decode(token + "==").decode()
    cut = await browser.http.get(f"/subscribe/sent?wish={token[:-4]}")
    assert cut.status_code == 404
    later(wall_clock, days=8)
    assert (await browser.http.get(f"/subscribe/sent?wish={token}")).status_code == 410


def test_codes_have_no_letters_that_look_alike(vault: Vault) -> None:
    codes = {code_for(vault, str(number)) for number in range(2000)}
    assert len(codes) == 2000
    assert set("".join(codes)) == set(ALPHABET)
    assert all(len(code) == LENGTH for code in codes)
    assert not set("01ILOUV") & set(ALPHABET)
    assert not is_code("", "ABCDEF")
