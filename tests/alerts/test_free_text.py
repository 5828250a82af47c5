"""What people typed does no harm."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.destination_facts import DestinationTest
from alerts.facts import Citation
from alerts.free_text import LONGEST_TEXT, MARKER, cleaned, harmless, safe_url
from tests.alerts.samples import CONFIRMATION, NAMED


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("see http://evil.example/x", "see http[:]//evil[.]example/x"),
        ("see HTTPS://EVIL.example", "see HTTPS[:]//EVIL[.]example"),
        ("write to a@evil.example", "write to a@evil[.]example"),
        ("www.пример.испытание", "www[.]пример[.]испытание"),
        ("rule 27(1), Art. 22, 12.03.2015", "rule 27(1), Art. 22, 12.03.2015"),
        ("A sentence. Another.", "A sentence. Another."),
        ("two\nlines\r\nand\u2028three", "two lines and three"),
        ("nul\x00bell\x07", "nulbell"),
        ("safe\u202egnp.exe\u2066", "safegnp[.]exe"),
        ("half a pair \ud800", "half a pair "),
        (f"{MARKER}text {MARKER.upper()}HTML", "text HTML"),
    ],
)
def test_typed_text_cannot_link_hide_or_break_out(typed: str, kept: str) -> None:
    assert harmless(typed).strip() == kept.strip()


def test_a_text_without_end_is_cut() -> None:
    assert len(harmless("x" * 100_000)) == LONGEST_TEXT


@given(st.text())
def test_no_text_keeps_a_control_character_or_a_scheme(typed: str) -> None:
    kept = harmless(typed)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", kept)
    assert not re.search(r"[a-z0-9]://", kept, re.IGNORECASE)
    assert MARKER not in kept.lower()
    kept.encode()


@pytest.mark.parametrize(
    "url", ["https://vigil.example.org/c/k3?a=1&b=2#x", "http://127.0.0.1:8025/u/abc", "https://[2001:db8::1]/"]
)
def test_a_plain_url_stays(url: str) -> None:
    assert safe_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.org/",
        "//example.org/",
        "https://",
        "https://user:pw@example.org/",
        "https://example.org/\r\nBcc: a@example.org",
        "https://example.org/ x",
        'https://example.org/"onclick=',
        "https://example.org/<b>",
        "https://example.org/\x00",
        "https://[example.org/",
        f"https://example.org/{MARKER}text",
        "",
    ],
)
def test_a_url_that_is_not_plain_is_dropped(url: str) -> None:
    assert safe_url(url) is None


def test_facts_are_cleaned_all_the_way_down() -> None:
    facts = replace(
        NAMED, person_name="A\u202eB", sources=(Citation("www.evil.example", "javascript:x", NAMED.due_on),)
    )
    clean = cleaned(facts)
    assert clean.person_name == "AB"
    assert clean.sources == (Citation("www[.]evil[.]example", None, NAMED.due_on),)
    assert clean.level is NAMED.level
    assert clean.due_on == NAMED.due_on
    assert cleaned(DestinationTest(destination="x\x00")) == DestinationTest(destination="x")


def test_a_link_of_our_own_that_is_not_plain_stops_the_message() -> None:
    with pytest.raises(ValueError, match="confirm_url"):
        cleaned(replace(CONFIRMATION, confirm_url="javascript:x"))
