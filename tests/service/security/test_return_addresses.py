"""Our own addresses say for whom a mail comes back, and nobody else can write one."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from service.security.encryption import Vault
from service.security.return_addresses import ReturnAddresses

OURS = ReturnAddresses.of(Vault(b"a key for tests alone, 32 letters or more"), "returns.example.org")
THEIRS = ReturnAddresses.of(Vault(b"another key for tests, 32 letters or more"), "returns.example.org")
NUMBERS = st.integers(0, 2**63 - 1)


@given(NUMBERS)
def test_an_address_is_read_as_it_was_made_whatever_its_letter_case(number: int) -> None:
    for address, read in (
        (OURS.bounce(number), OURS.delivery_id),
        (OURS.stop(number), OURS.subscription_id),
        (OURS.stop_summaries(number), OURS.summaries_of),
    ):
        local, _, domain = address.partition("@")
        assert domain == "returns.example.org"
        assert re.fullmatch(r"[bu]\+[a-z2-7]{29}", local)
        assert len(local) <= 64
        assert read(local) == number
        assert read(local[:2] + local[2:].upper()) == number


@given(NUMBERS)
def test_an_address_of_another_key_or_for_another_purpose_is_nobodys(number: int) -> None:
    local = OURS.bounce(number).partition("@")[0]
    assert THEIRS.delivery_id(local) is None
    assert OURS.subscription_id(local) is None
    assert OURS.subscription_id("u" + local[1:]) is None
    assert OURS.subscription_id(OURS.stop_summaries(number).partition("@")[0]) is None
    assert OURS.summaries_of(OURS.stop(number).partition("@")[0]) is None


@given(NUMBERS, st.integers(2, 30), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_changed_letter_makes_it_nobodys(number: int, at: int, letter: str) -> None:
    local = OURS.bounce(number).partition("@")[0]
    changed = local[:at] + letter + local[at + 1 :]
    # The last letter carries four bits of a byte that base32 drops.
    assert OURS.delivery_id(changed) == (number if changed == local or (at == 30 and _same(changed, local)) else None)


def _same(one: str, other: str) -> bool:
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    return alphabet.index(one[-1]) >> 1 == alphabet.index(other[-1]) >> 1


@given(st.text(max_size=60))
def test_any_other_local_part_is_nobodys(local: str) -> None:
    assert OURS.delivery_id(local) is None
    assert OURS.delivery_id(f"b+{local}") is None
