"""All spellings of one mailbox have one name, for counting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.commands.subscribe import normalised
from service.security.mailbox_family import mailbox_family

if TYPE_CHECKING:
    from collections.abc import Sequence

LETTERS = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=12)


@st.composite
def spellings(draw: st.DrawFn) -> tuple[str, str]:
    """A plain address, and one of its spellings."""
    name = draw(LETTERS)
    dots = draw(st.lists(st.integers(1, max(1, len(name) - 1)), max_size=4))
    dotted = "".join(f".{letter}" if place in dots else letter for place, letter in enumerate(name))
    spelt = "".join(letter.upper() if draw(st.booleans()) else letter for letter in dotted)
    tag = f"+{draw(LETTERS)}" if draw(st.booleans()) else ""
    domain = draw(st.sampled_from(["example.org", "EXAMPLE.org", "Example.Org"]))
    return f"{name}@example.org", f"{spelt}{tag}@{domain}"


@given(spellings())
def test_dots_tags_and_letter_case_make_no_other_mailbox(pair: tuple[str, str]) -> None:
    plain, spelt = pair
    assert mailbox_family(spelt) == mailbox_family(plain)


@pytest.mark.parametrize(
    "same",
    [
        (
            "reader@bücher.example",
            "reader@xn--bcher-kva.example",
            "READER@BÜCHER.example",
            "reader@bu\u0308cher.example",
        ),
        ("reader@example.org", "reader@example.org.", "ｒｅａｄｅｒ@example.org", "reader@ｅxample．org"),
        ("ﬁnn@example.org", "finn@example.org", "FINN@example.org"),
        ("reader@gmail.com", "r.eader+x@googlemail.com"),
        ("straße@example.org", "strasse@example.org"),
    ],
)
def test_other_scripts_and_forms_of_the_same_are_the_same(same: Sequence[str]) -> None:
    assert len({mailbox_family(address) for address in same}) == 1


def test_other_mailboxes_are_counted_apart() -> None:
    addresses = (
        "reader@example.org",
        "reader2@example.org",
        "reader@example.net",
        "re-ader@example.org",
        "+x@example.org",
    )
    assert len({mailbox_family(address) for address in addresses}) == len(addresses)


@given(LETTERS)
def test_what_is_written_to_keeps_its_own_spelling(name: str) -> None:
    assert normalised(f" {name}+tag@Example.org ") == f"{name}+tag@example.org"
