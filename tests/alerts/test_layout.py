"""The HTML of a mail: readable in the dark, on a narrow screen, from right to left, and never cut off."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from alerts.facts import Citation, Demand, FollowUpAlert, MessageFacts
from alerts.languages import Languages
from alerts.rendering import Renderer
from tests.alerts.samples import DIGEST, EVERY_MESSAGE, NAMED

if TYPE_CHECKING:
    from pathlib import Path

HTML_LIMIT = 100_000
# WCAG 2.2, success criterion 1.4.3, and 2.5.5 for what a thumb must hit
LEAST_CONTRAST = 4.5
LEAST_TARGET = 44

every_message = pytest.mark.parametrize("facts", EVERY_MESSAGE, ids=lambda facts: type(facts).__name__)


@pytest.fixture(scope="module")
def layout(templates: Path) -> str:
    return (templates / "email/layout.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def right_to_left(templates: Path, tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    """A language that is written from right to left, with words that are not."""
    po = (templates / "locale/ru/LC_MESSAGES/vigil.po").read_text(encoding="utf-8")
    folder = tmp_path_factory.mktemp("locale")
    (folder / "fa" / "LC_MESSAGES").mkdir(parents=True)
    made = po.replace("Language: ru", "Language: fa")
    (folder / "fa" / "LC_MESSAGES" / "vigil.po").write_text(made, encoding="utf-8")
    return Renderer(templates, Languages(folder))


def page_of(renderer: Renderer, facts: MessageFacts, language: str = "en") -> str:
    return renderer.render(facts, language, form="mail").html


def rules(css: str) -> dict[str, dict[str, str]]:
    """Each selector with its declarations, the last one winning, without `!important`."""
    found: dict[str, dict[str, str]] = {}
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
        pairs = (one.split(":", 1) for one in body.replace("!important", "").split(";") if ":" in one)
        declared = {name.strip(): value.strip() for name, value in pairs}
        for selector in selectors.split(","):
            found.setdefault(selector.strip(), {}).update(declared)
    return found


def in_media(css: str, condition: str) -> str:
    block = css.partition(f"@media ({condition}) {{")[2]
    return block.partition("\n}")[0]


def luminance(colour: str) -> float:
    """WCAG 2.2, "relative luminance"."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_stands_out_from_its_ground_by_day_and_by_night(layout: str, scheme: str) -> None:
    style = layout.partition("<style>")[2].partition("</style>")[0]
    by_day = rules(style.partition("@media")[0])
    by_night = rules(in_media(style, "prefers-color-scheme: dark"))
    seen = {name: {**by_day[name], **(by_night.get(name, {}) if scheme == "dark" else {})} for name in by_day}
    ground = seen[".column"]["background-color"]
    coloured = {name for name, declared in by_day.items() if "color" in declared}
    assert coloured <= by_night.keys()
    for name in coloured:
        assert contrast(seen[name]["color"], seen[name].get("background-color", ground)) >= LEAST_CONTRAST, name


def test_a_button_is_as_high_as_a_thumb_needs(layout: str) -> None:
    button = rules(layout)[".button"]
    height = 2 * int(button["padding"].split("px")[0]) + int(button["line-height"].removesuffix("px"))
    assert height >= LEAST_TARGET


@every_message
def test_the_rules_for_the_dark_and_for_narrow_screens_are_kept(renderer: Renderer, facts: MessageFacts) -> None:
    page = page_of(renderer, facts)
    assert "@media (prefers-color-scheme: dark)" in page
    assert "@media (max-width: 480px)" in page
    assert '<meta name="color-scheme" content="light dark">' in page


@every_message
def test_nothing_is_wider_than_the_narrowest_screen(renderer: Renderer, facts: MessageFacts) -> None:
    page = page_of(renderer, facts)
    fixed = [int(px) for px in re.findall(r"(?<!max-)(?<!\w)(?:min-)?width: ?(\d+)px", page)]
    assert all(px <= 320 for px in fixed)
    assert "white-space" not in page
    assert "overflow-wrap: break-word" in page.partition("<body")[2]


@every_message
def test_a_mail_turns_as_a_whole_with_its_language(right_to_left: Renderer, facts: MessageFacts) -> None:
    body = page_of(right_to_left, facts, "fa").partition("<body")[2]
    # Web mail keeps nothing of <html>.
    assert '<div lang="fa" dir="rtl">' in body
    assert 'align="right"' in body
    assert 'align="left"' not in body
    assert not re.search(r"(?:margin|padding|border|text-align)(?:-left|-right|: ?left|: ?right)", body)


class Urls(HTMLParser):
    """Every URL that is shown, with whether its own direction is given."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.shown: list[tuple[str, bool]] = []
        self._tags: list[bool] = []
        self.feed("<body" + page.partition("<body")[2])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"br", "meta"}:
            self._tags.append(dict(attrs).get("dir") == "ltr" or tag == "a")

    def handle_endtag(self, tag: str) -> None:
        if tag != "html":
            self._tags.pop()

    def handle_data(self, data: str) -> None:
        if "://" in data:
            self.shown.append((data, self._tags[-1]))


def test_an_address_that_is_shown_reads_from_left_to_right_in_every_language(right_to_left: Renderer) -> None:
    shown = Urls(page_of(right_to_left, NAMED, "fa")).shown
    assert shown == [(NAMED.case_url, True)]


def long(letter: str) -> FollowUpAlert:
    text = letter * 2_500
    return replace(
        NAMED,
        person_name=text,
        title=text,
        basis=text,
        demands=(Demand(text, text, text),) * 12,
        sources=(Citation(text, "https://reports.example.org/" + "a" * 300, NAMED.due_on),) * 12,
    )


@pytest.mark.parametrize("letter", ["x", "ж ", "ა", "&", "😀"], ids=["ascii", "words", "three", "escaped", "four"])
def test_the_longest_mail_is_not_cut_off_in_any_script(renderer: Renderer, letter: str) -> None:
    alert = long(letter)
    in_a_digest = replace(alert, demands=(), sources=())
    alerts = tuple(replace(in_a_digest, case_reference=f"KAZ-2014-{number:03d}") for number in range(25))
    for facts in (alert, replace(DIGEST, alerts=alerts)):
        assert len(page_of(renderer, facts).encode()) < HTML_LIMIT
