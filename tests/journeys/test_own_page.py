"""A reader's whole way by pages and mails alone."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.journeys.test_subscribing import link_in, subscribe, text_of

if TYPE_CHECKING:
    import httpx

    from tests.journeys.conftest import Installation

pytestmark = pytest.mark.anyio
ON_THE_DAY = datetime(2014, 12, 1, 3, 0, tzinfo=UTC)


async def confirmed(installation: Installation) -> None:
    """Somebody follows the case by mail."""
    await subscribe(installation)
    path = link_in((await installation.mails())[-1], "/confirm")
    await installation.browser.open(path)
    await installation.browser.send(path)


async def own_page(installation: Installation, address: str = "reader@example.org") -> httpx.Response:
    """Ask for the link, wait for the mail, press the button."""
    browser = installation.browser
    await browser.open("/manage")
    await browser.follow(await browser.send("/manage", {"address": address}))
    path = link_in((await installation.mails())[-1], "/manage/open")
    await browser.open(path)
    return await browser.follow(await browser.send(path))


async def test_the_code_from_the_mail_starts_the_alerts(installation: Installation) -> None:
    browser = installation.browser
    await subscribe(installation)
    [question] = await installation.mails()
    found = re.search(r"where you asked: (\w{6})", text_of(question))
    assert found is not None
    assert len(text_of(question).split()) <= 66
    on = await browser.follow(await browser.send("/subscribe/code", {"code": found.group(1)}))
    assert "Alerts are on" in on.text
    installation.on(ON_THE_DAY)
    assert len(await installation.mails()) == 2


async def test_a_new_address_takes_over_everything_and_then_all_is_deleted(installation: Installation) -> None:
    browser = installation.browser
    await confirmed(installation)
    page = await own_page(installation)
    address = re.search(r"/manage/alerts/address/[\w-]+", page.text)
    assert address is not None
    await browser.open(address.group())
    await browser.follow(await browser.send(address.group(), {"address": "new@example.org"}))
    question = (await installation.mails())[-1]
    assert question["To"] == "new@example.org"
    path = link_in(question, "/address")
    await browser.open(path)
    await browser.follow(await browser.send(path))
    notice = (await installation.mails())[-1]
    assert notice["To"] == "reader@example.org"
    assert "n…@example.org" in text_of(notice) or "n…@example[.]org" in text_of(notice)

    installation.on(ON_THE_DAY)
    alert = (await installation.mails())[-1]
    assert alert["To"] == "new@example.org"

    data = json.loads((await browser.http.get("/manage/alerts/data.json")).text)
    assert [one["address"] for one in data["destination"]] == [{"address": "new@example.org"}]
    await browser.open("/manage/alerts/erase")
    gone = await browser.follow(await browser.send("/manage/alerts/erase"))
    assert "Everything is deleted" in gone.text
    sent = len(await installation.mails())
    installation.on(ON_THE_DAY + timedelta(days=40))
    assert len(await installation.mails()) == sent
    assert (await browser.open(link_in(alert, "/u"))).status_code == 404


async def test_a_pause_is_kept_and_a_resumed_reader_hears_what_comes_after(installation: Installation) -> None:
    browser = installation.browser
    await confirmed(installation)
    page = await own_page(installation)
    number = re.search(r"/manage/alerts/(\d+)/pause", page.text)
    assert number is not None
    base = f"/manage/alerts/{number.group(1)}"
    await browser.open(f"{base}/pause")
    await browser.follow(await browser.send(f"{base}/pause", {"day": "5", "month": "12", "year": "2014"}))
    sent = len(await installation.mails())
    installation.on(ON_THE_DAY)
    assert len(await installation.mails()) == sent
    await browser.follow(await browser.send(f"{base}/resume"))
    installation.on(ON_THE_DAY + timedelta(days=10))
    assert len(await installation.mails()) == sent + 1
