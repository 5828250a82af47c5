"""A real browser as readers use it, who find their way by the words that they see, in their own language."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright

from service.pages.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from alerts.languages import Languages

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# The form refuses whoever is quicker than a person.
A_PERSONS_PAUSE_MS = 2500
_TAG = re.compile(r"<[^>]+>")


@contextmanager
def a_browser(executable: str) -> Iterator[Browser]:
    """Chromium, which looks for nothing outside."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=QUIET)
        try:
            yield browser
        finally:
            browser.close()


@dataclass(frozen=True)
class Reader:
    """Somebody at a page, who reads one language and presses what it says."""

    page: Page
    url: str
    languages: Languages
    language: str

    @property
    def words(self) -> Words:
        """What states and kinds are called."""
        return Words(self.languages, self.language)

    def say(self, english: str, **facts: Any) -> str:
        """The words that stand on the page, without their marks."""
        said = _TAG.sub("", self.languages.gettext(self.language, english))
        return said % facts if facts else said

    def open(self, where: str) -> None:
        """Go to a path, or to a link from a mail."""
        self.page.goto(where if where.startswith("http") else f"{self.url}{where}")

    def follow(self, english: str, *, about: str = "") -> None:
        """Click the link with these words; `about` says which, where several have them."""
        self.page.get_by_role("link", name=self._name(english, about)).click()

    def press(self, english: str, *, about: str = "", **facts: Any) -> None:
        """Press the button with these words."""
        self.page.get_by_role("button", name=self._name(english, about, **facts)).click()

    def write(self, english: str, text: str) -> None:
        """Fill in the box with this label."""
        self.page.get_by_label(self.say(english), exact=True).fill(text)

    def choose(self, english: str) -> None:
        """Choose the button of a group that begins with these words; a hint may follow them."""
        self.page.get_by_role("radio", name=re.compile("^" + re.escape(self.say(english)))).check()

    def pick(self, english: str, value: str) -> None:
        """Pick one of the list with this label, by the value that is sent."""
        self.page.get_by_label(self.say(english), exact=True).select_option(value)

    def heading(self) -> str:
        """What the page says it is."""
        return " ".join(self.page.get_by_role("heading", level=1).inner_text().split())

    def told(self) -> str:
        """The message that stands there once."""
        return self.page.get_by_role("alert").inner_text().strip()

    def shows(self, text: str) -> bool:
        """Whether this stands in the page's main part, whatever the spaces."""
        return " ".join(text.split()) in " ".join(self.page.locator("main").inner_text().split())

    def _name(self, english: str, about: str = "", **facts: Any) -> re.Pattern[str]:
        # What is said to the ear alone is a box of its own, before which the browser puts a space.
        said = re.escape(self.say(english, **facts))
        return re.compile(rf"^{said}\s*: {re.escape(about)}$" if about else f"^{said}$")
