"""axe finds no fault by WCAG 2.2 AA on any page, light or dark, wide or narrow, and no page scrolls sideways."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from alerts.languages import text_direction
from service.demo.play import CASE_FILE
from tests.real.browsing import a_browser
from tests.real.every_page import Pages, every_page
from tests.real.ground import Ground, ground_at
from tests.service.pages.conftest import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, ViewportSize

    from tests.alerts.certificates import Authority

pytestmark = pytest.mark.timeout(300)

LANGUAGES = ("en", "ru", "ar")
CASE = "KAZ-2014-003"
WIDE: ViewportSize = {"width": 1280, "height": 900}
NARROW: ViewportSize = {"width": 320, "height": 640}
LOOKS: tuple[tuple[ViewportSize, Literal["light", "dark"]], ...] = (
    (WIDE, "light"),
    (WIDE, "dark"),
    (NARROW, "light"),
)
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
# A form that is sent without an entry answers with the page that says what is wrong.
FORM = re.compile(
    r"/subscribe|/subscribe/sent|/manage|/manage/alerts/(address|destinations/new)/[^/]+|/key/[^/]+|/staff/sign-in"
)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for all."""
    with a_browser(chromium) as browser:
        yield browser


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Ground]:
    """An installation with the published case file; nothing is sent."""
    with ground_at(tmp_path_factory.mktemp("pages"), authority, command="web") as ready:
        ready.installation.vigil("import", str(CASE_FILE))
        ready.installation.vigil("check")
        yield ready


@pytest.fixture(scope="module")
def pages(ground: Ground) -> Pages:
    """Every page."""
    return every_page(ground.parts, CASE)


@pytest.fixture(scope="module")
def page(browser: Browser, ground: Ground, pages: Pages) -> Iterator[Page]:
    """A window in which axe can run, signed in as a member, with a reader's hour open."""
    context = browser.new_context(viewport=WIDE)
    context.set_default_timeout(20_000)
    context.add_cookies(
        [{"name": "vigil-visit", "value": pages.visit_token, "domain": "127.0.0.1", "path": "/manage/alerts"}]
    )
    page = context.new_page()
    page.goto(f"{ground.url}/staff/sign-in")
    page.get_by_label("Name").fill(pages.member)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Six-digit code").fill(pages.code(ground.parts))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/staff")
    yield page
    context.close()


def faults(page: Page) -> list[str]:
    """What is wrong with the page in both themes and at both widths."""
    found = []
    for size, theme in LOOKS:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=theme)
        result = Axe().run(page, options={"resultTypes": ["violations"], "runOnly": RULES})
        where = f"{urlsplit(page.url).path} {theme} {size['width']}"
        found += [
            f"{where}: {fault['id']}: {node['target']} {node['html'][:200]} {node['failureSummary'][:300]}"
            for fault in result.response["violations"]
            for node in fault["nodes"]
        ]
        needs = page.evaluate("document.documentElement.scrollWidth")
        if needs > size["width"]:
            found.append(f"{where}: needs {needs} px")
    return found


def in_language(ground: Ground, path: str, language: str) -> str:
    url = path if path.startswith("http") else f"{ground.url}{path}"
    return f"{url}{'&' if '?' in url else '?'}lang={language}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_on_any_page(ground: Ground, pages: Pages, page: Page, language: str) -> None:
    assert language in ground.parts.languages.available
    found: list[str] = []
    for path in pages.paths:
        page.goto(in_language(ground, path, language))
        assert urlsplit(page.url).path == urlsplit(path).path, "another page came"
        assert page.locator("html").get_attribute("dir") == text_direction(language)
        found += faults(page)
    assert not found, "\n".join(found)


def test_axe_finds_nothing_on_a_page_that_says_what_is_wrong(ground: Ground, pages: Pages, page: Page) -> None:
    found: list[str] = []
    for path in pages.paths:
        if FORM.fullmatch(urlsplit(path).path):
            page.goto(in_language(ground, path, "en"))
            page.locator("main form button").first.click()
            page.locator("main .problem").wait_for()
            found += faults(page)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("planted", "style"),
    [
        ("<img src='/static/vigil.svg'>", ""),
        ("<p>Hardly to be read</p>", "color: #777; background: #888"),
        ("<input type='text'>", ""),
        ("<p>Too wide</p>", "inline-size: 1500px"),
    ],
)
def test_a_fault_that_is_planted_is_found(ground: Ground, page: Page, planted: str, style: str) -> None:
    page.goto(ground.url)
    plant = """([html, style]) => {
        const main = document.querySelector("main");
        main.insertAdjacentHTML("beforeend", html);
        main.lastElementChild.style.cssText = style;
    }"""
    page.evaluate(plant, [planted, style])
    assert faults(page)
