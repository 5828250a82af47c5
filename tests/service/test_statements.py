"""A text falls into the same statements whoever reads it, and a statement is known by its words alone."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.statements import mark_of, statements_of

WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("She was arrested. Nobody says why.", ("She was arrested.", "Nobody says why.")),
        ("Held under Art. 164 of the Code.", ("Held under Art. 164 of the Code.",)),
        ("Sentenced to 7.5 years in 2012!  Is it over?", ("Sentenced to 7.5 years in 2012!", "Is it over?")),
        ("Without a full stop", ("Without a full stop",)),
        ("Её арестовали. Никто не говорит почему.", ("Её арестовали.", "Никто не говорит почему.")),
        ("هل هو مريض؟ نعم.", ("هل هو مريض؟", "نعم.")),
        ("A line\nends a sentence", ("A line", "ends a sentence")),
        (" \n ", ()),
    ],
)
def test_a_text_falls_into_its_sentences(text: str, statements: tuple[str, ...]) -> None:
    assert statements_of(text) == statements


@given(st.lists(WORDS, max_size=6).map(" ".join))
def test_nothing_of_a_text_is_lost_and_each_statement_stays_one(text: str) -> None:
    statements = statements_of(text)
    lines = " ".join(" ".join(unicodedata.normalize("NFC", line).split()) for line in text.splitlines())
    assert "".join("".join(statements).split()) == "".join(lines.split())
    assert all(statement == " ".join(statement.split()) for statement in statements)


@given(WORDS, st.sampled_from(["\n", "  ", "\t", " "]))
def test_spaces_make_no_other_statement_and_words_do(statement: str, space: str) -> None:
    spaced = space + statement.replace(" ", space) + space
    assert mark_of(spaced) == mark_of(statement)
    assert mark_of(statement + " not") != mark_of(statement)


def test_the_same_letter_composed_otherwise_is_the_same_letter() -> None:
    assert mark_of("Zhanaözen") == mark_of(unicodedata.normalize("NFD", "Zhanaözen"))
