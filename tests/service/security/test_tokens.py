"""Tokens cannot be guessed, altered, used for another purpose or used too late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import InvalidInput
from service.security.tokens import Expired, Signer, hash_of, new_token

NOW = datetime(2014, 11, 20, 9, 0, tzinfo=UTC)
SIGNER = Signer(b"k" * 32)


def test_tokens_are_long_different_and_told_apart_by_their_prefix() -> None:
    tokens = {new_token("vgl_") for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(token.startswith("vgl_") and len(token) >= 43 + 4 for token in tokens)


def test_a_hash_is_not_the_token() -> None:
    token = new_token()
    assert hash_of(token) == hash_of(token)
    assert token not in hash_of(token)


@given(st.one_of(st.integers(), st.text(), st.lists(st.integers())))
def test_what_was_signed_is_read_again(value: object) -> None:
    assert SIGNER.read("confirm", SIGNER.sign("confirm", value), now=NOW) == value


def test_a_token_works_until_it_expires_and_not_at_that_instant() -> None:
    token = SIGNER.sign("confirm", 7, expires_at=NOW)
    assert SIGNER.read("confirm", token, now=NOW - timedelta(seconds=1)) == 7
    with pytest.raises(Expired):
        SIGNER.read("confirm", token, now=NOW)
    assert SIGNER.read("confirm", token, now=NOW + timedelta(days=1), even_expired=True) == 7


def test_a_token_without_an_end_lives_on() -> None:
    assert SIGNER.read("unsubscribe", SIGNER.sign("unsubscribe", 7), now=NOW + timedelta(days=36500)) == 7


def test_a_token_for_one_purpose_is_worth_nothing_for_another() -> None:
    with pytest.raises(InvalidInput):
        SIGNER.read("confirm", SIGNER.sign("unsubscribe", 7), now=NOW)


def test_a_token_of_another_installation_is_refused() -> None:
    with pytest.raises(InvalidInput):
        SIGNER.read("confirm", Signer(b"j" * 32).sign("confirm", 7), now=NOW)


def test_no_character_of_a_token_can_be_changed() -> None:
    token = SIGNER.sign("confirm", 7, expires_at=NOW)
    # The last letter of base64 may carry unused bits, which change nothing that was signed.
    for position in range(len(token) - 1):
        other = "A" if token[position] != "A" else "B"
        with pytest.raises(InvalidInput):
            SIGNER.read("confirm", token[:position] + other + token[position + 1 :], now=NOW - timedelta(days=1))


@given(st.text())
def test_nonsense_is_refused_and_never_crashes(token: str) -> None:
    with pytest.raises(InvalidInput):
        SIGNER.read("confirm", token, now=NOW)
