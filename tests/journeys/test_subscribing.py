"""A reader subscribes, confirms, is told, and stops: by pages and mails alone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.service.pages.conftest import ORIGIN

if TYPE_CHECKING:
    from email.message import EmailMessage

    from tests.journeys.conftest import Installation

pytestmark = pytest.mark.anyio
ON_THE_DAY = datetime(2014, 12, 1, 3, 0, tzinfo=UTC)


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def link_in(mail: EmailMessage, start: str) -> str:
    found = re.search(rf"{ORIGIN}({start}/\S+)", text_of(mail))
    assert found is not None, text_of(mail)
    return found.group(1)


async def subscribe(installation: Installation, **fields: str) -> None:
    browser = installation.browser
    first = await browser.open("/")
    assert 'href="/c/kaz-2099-003"' in first.text
    assert "Get alerts about this case" in (await browser.open("/c/kaz-2099-003")).text
    await browser.open("/subscribe?case=kaz-2099-003")
    installation.wall_clock.at += timedelta(seconds=10)
    wish = {
        "address": "reader@example.org", "cadence": "immediate", "least_level": "upcoming", "language": "en",
        "time_zone": "Europe/Berlin", **fields,
    }  # fmt: skip
    sent = await browser.follow(await browser.send("/subscribe", wish))
    assert "Check your e-mail" in sent.text


async def test_from_the_case_to_the_alert_and_out_again(installation: Installation) -> None:
    browser = installation.browser
    await subscribe(installation)
    [question] = await installation.mails()
    assert "Dana" not in str(question["subject"])
    assert question["List-Unsubscribe"] is None
    path = link_in(question, "/confirm")
    for _ in range(2):  # a scanner looks first
        assert "One more step" in (await browser.open(path)).text
    installation.on(ON_THE_DAY - timedelta(days=8))
    assert len(await installation.mails()) == 1
    on = await browser.follow(await browser.send(path))
    assert "Alerts are on" in on.text

    installation.on(ON_THE_DAY)
    _, alert = await installation.mails()
    assert "KAZ-2099-003" in str(alert["subject"])
    assert alert["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    installation.on(ON_THE_DAY)
    assert len(await installation.mails()) == 2  # the same instant again announces nothing

    one_click = str(alert["List-Unsubscribe"]).strip("<>").removeprefix(ORIGIN)
    answer = await browser.http.post(one_click, data={"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, answer.content) == (200, b"")
    installation.on(ON_THE_DAY + timedelta(days=40))
    assert len(await installation.mails()) == 2
    assert "Alerts are off" in (await browser.open(link_in(alert, "/u"))).text


async def test_a_second_request_is_told_that_it_follows_the_case_already(installation: Installation) -> None:
    await subscribe(installation)
    [question] = await installation.mails()
    path = link_in(question, "/confirm")
    await installation.browser.open(path)
    await installation.browser.send(path)
    await subscribe(installation, address="Reader@Example.org")
    _, notice = await installation.mails()
    assert f"{ORIGIN}/c/kaz-2099-003" in text_of(notice)
    assert "/confirm/" not in text_of(notice)


async def test_stopping_by_the_page_and_coming_back(installation: Installation) -> None:
    browser = installation.browser
    await subscribe(installation, language="ru")
    [question] = await installation.mails()
    assert question["Content-Language"] == "ru"
    path = link_in(question, "/confirm")
    await browser.open(path)
    await browser.send(path)
    installation.on(ON_THE_DAY)
    _, alert = await installation.mails()
    stop = link_in(alert, "/u")
    await browser.open(stop)
    await browser.follow(await browser.send(stop))
    installation.on(ON_THE_DAY + timedelta(days=2))
    assert len(await installation.mails()) == 2
    await browser.follow(await browser.send(f"{stop}/on"))
    installation.on(ON_THE_DAY + timedelta(days=10))
    assert len(await installation.mails()) == 3
