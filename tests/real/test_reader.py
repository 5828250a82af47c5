"""A reader with a real browser and scripts switched off follows a case, is told of a date, and stops."""

from __future__ import annotations

import json
import os
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from service.demo.play import CASE_FILE
from tests.real.browsing import A_PERSONS_PAUSE_MS, a_browser
from tests.real.installation import link_in, prepared, serving, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.alerts.certificates import Authority
    from tests.real.installation import Installation

pytestmark = pytest.mark.timeout(400)

READER = "reader@example.org"
REFERENCE = "KAZ-2014-003"  # Roza Tuletayeva's


@pytest.fixture(params=["serve", "web worker"])
def installation(request: pytest.FixtureRequest, tmp_path: Path, authority: Authority) -> Iterator[Installation]:
    """The case file, imported, in one process on SQLite or in two on PostgreSQL; so far nobody was told anything."""
    commands = request.param.split()
    url = request.getfixturevalue("postgresql_url") if len(commands) > 1 else None
    with prepared(tmp_path, authority, database_url=url) as ready, ExitStack() as running:
        ready.vigil("import", str(CASE_FILE))
        ready.vigil("check")
        for command in commands:
            running.enter_context(serving(ready, command=command))
        yield ready


@pytest.fixture
def page(chromium: str) -> Iterator[Page]:
    """A page of a browser in which no script runs."""
    with a_browser(chromium) as browser:
        context = browser.new_context(java_script_enabled=False, locale="en-GB", viewport={"width": 390, "height": 844})
        yield context.new_page()
        context.close()


def picture(page: Page, name: str, tmp_path: Path) -> None:
    """Keep what the reader saw, for a person to look at."""
    folder = Path(os.environ.get("VIGIL_TEST_PICTURES", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png", full_page=True)


def with_one_more_date(folder: Path) -> Path:
    """The case file with a date that came up since, for the same case."""
    content: dict[str, Any] = yaml.safe_load(CASE_FILE.read_text(encoding="utf-8"))
    case = next(case for case in content["cases"] if case["reference"] == REFERENCE)
    case["follow_ups"].append(
        {
            "key": "003-new-reply",
            "kind": "complaint_reply",
            "title": "Reply of the Prosecutor General",
            "due": content["as_of"],
            "basis": "A date that the test adds.",
        }
    )
    path = folder / "one-more.json"
    path.write_text(json.dumps(content, default=str), encoding="utf-8")
    return path


def follow(page: Page, installation: Installation, tmp_path: Path) -> None:
    page.goto(installation.url)
    picture(page, "1-first", tmp_path)
    page.goto(f"{installation.url}/c/{REFERENCE.lower()}")
    picture(page, "2-case", tmp_path)
    page.get_by_role("link", name="Get alerts about this case").click()
    page.get_by_label("Your e-mail address").fill(READER)
    picture(page, "3-subscribe", tmp_path)
    page.wait_for_timeout(A_PERSONS_PAUSE_MS)
    page.get_by_role("button", name="Ask for alerts").click()
    page.wait_for_url("**/subscribe/sent**")
    picture(page, "4-sent", tmp_path)


def test_a_reader_without_scripts_follows_a_case_is_told_and_stops(
    installation: Installation, page: Page, tmp_path: Path
) -> None:
    mailbox = installation.mailbox
    follow(page, installation, tmp_path)
    question = mailbox.next_for(READER, after=0)
    confirm = link_in(question, "/confirm/")

    with urllib.request.urlopen(confirm, timeout=10) as looked_at:  # noqa: S310 - what a mail scanner does
        assert looked_at.status == 200
    page.goto(confirm)
    assert page.get_by_role("heading", level=1).inner_text() == "One more step", "looking at the link confirmed it"
    picture(page, "5-confirm", tmp_path)
    page.get_by_role("button", name="Start sending me alerts").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Alerts are on"
    picture(page, "6-on", tmp_path)

    installation.vigil("import", str(with_one_more_date(tmp_path)))
    alert = mailbox.next_for(READER, after=1)
    assert "Tuletayeva" not in alert["Subject"]
    assert REFERENCE in text_of(alert)
    assert alert["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    stop = link_in(alert, "/u/")
    with urllib.request.urlopen(stop, timeout=10) as looked_at:  # noqa: S310 - what a mail scanner does
        assert looked_at.status == 200
    page.goto(stop)
    picture(page, "7-stop", tmp_path)
    page.get_by_role("button", name="Stop this case").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Alerts are off"
    picture(page, "8-off", tmp_path)

    page.goto(confirm)
    assert page.get_by_role("heading", level=1).inner_text() == "Alerts are off"
    assert mailbox.count_for(READER) == 2
