"""What a key must be to be written to, and that nothing is encrypted to one that is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pysequoia import Tsk, decrypt

from alerts.channels.openpgp import LONGEST_KEY, SigningKey, UnusableKey, encrypted, public_key
from alerts.key_facts import KeyFault

# Made with GnuPG 2.2.40; each is named for what is the matter with it.
KEYS = Path(__file__).parent / "keys"
NOW = datetime(2026, 11, 26, tzinfo=UTC)
SECRET = Tsk.generate(user_id="Alice Sample <alice@example.org>")


def key(name: str) -> str:
    return (KEYS / f"{name}.asc").read_text(encoding="ascii")


def refusal(text: str, *, now: datetime = NOW) -> UnusableKey:
    with pytest.raises(UnusableKey) as caught:
        public_key(text, now=now)
    return caught.value


def test_a_good_key_is_known_by_its_fingerprint_and_the_end_of_what_encrypts() -> None:
    found = public_key(key("good"), now=NOW)
    assert found.fingerprint == "603856D087CBEDDF5F85AF898C81308054B200A3"
    assert found.expires_at == datetime(2028, 11, 24, 12, tzinfo=UTC)
    assert public_key(found.armoured, now=NOW) == found


def test_a_key_that_does_everything_itself_ends_when_it_says() -> None:
    found = public_key(key("rsa_signs_and_encrypts"), now=NOW)
    assert found.expires_at == datetime(2027, 11, 25, 12, tzinfo=UTC)


def test_a_key_without_an_end_has_none() -> None:
    assert public_key(str(SECRET.extract_certificate()), now=NOW).expires_at is None


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("expired", KeyFault.EXPIRED),
        ("subkey_expired", KeyFault.EXPIRED),
        ("revoked", KeyFault.REVOKED),
        ("subkey_revoked", KeyFault.CANNOT_ENCRYPT),
        ("signs_only", KeyFault.CANNOT_ENCRYPT),
        ("weak_rsa1024", KeyFault.WEAK),
        ("weak_sha1", KeyFault.WEAK),
    ],
)
def test_a_key_that_cannot_be_used_is_refused_for_its_fault(name: str, fault: KeyFault) -> None:
    assert refusal(key(name)).fault is fault
    with pytest.raises(UnusableKey) as caught:
        encrypted(b"a secret", armoured=key(name), now=NOW)
    assert caught.value.fault is fault


def test_a_refusal_says_when_the_key_expired_and_nothing_that_the_key_says_of_its_owner() -> None:
    assert refusal(key("expired")).expired_at == datetime(2020, 12, 31, tzinfo=UTC)
    assert refusal(key("subkey_expired")).expired_at == datetime(2021, 1, 1, tzinfo=UTC)
    for name in ("expired", "weak_rsa1024", "signs_only"):
        assert "example.org" not in str(refusal(key(name)))


def test_a_good_key_is_refused_from_the_second_on_which_its_subkey_ends() -> None:
    end = datetime(2028, 11, 24, 12, tzinfo=UTC)
    encrypted(b"a secret", armoured=key("good"), now=end - timedelta(seconds=1))
    with pytest.raises(UnusableKey) as caught:
        encrypted(b"a secret", armoured=key("good"), now=end)
    assert (caught.value.fault, caught.value.expired_at) == (KeyFault.EXPIRED, end)


def test_what_is_no_single_public_key_is_refused_by_name() -> None:
    assert refusal("").fault is KeyFault.NOT_A_KEY
    assert refusal("alice@example.org").fault is KeyFault.NOT_A_KEY
    assert refusal(key("good")[:300]).fault is KeyFault.NOT_A_KEY
    assert refusal(str(SECRET)).fault is KeyFault.SECRET
    assert refusal(key("good") + key("rsa_signs_and_encrypts")).fault is KeyFault.SEVERAL
    assert refusal("x" * (LONGEST_KEY + 1)).fault is KeyFault.TOO_LONG
    assert refusal("я" * (LONGEST_KEY // 2 + 1)).fault is KeyFault.TOO_LONG


@settings(deadline=None)
@given(at=st.integers(0, 900), letter=st.characters(codec="utf-8"), cut=st.integers(0, 900))
def test_a_damaged_key_is_taken_or_refused_and_breaks_nothing(at: int, letter: str, cut: int) -> None:
    text = key("good")
    for damaged in (text[:at] + letter + text[at + 1 :], text[:at] + text[at + cut :]):
        try:
            found = public_key(damaged, now=NOW)
        except UnusableKey:
            continue
        assert found.fingerprint == "603856D087CBEDDF5F85AF898C81308054B200A3"


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_refused_in_words(junk: bytes) -> None:
    assert refusal(junk.decode("latin-1")).fault in set(KeyFault)


def test_only_its_owner_reads_what_is_encrypted_and_sees_who_signed_it() -> None:
    own = Tsk.generate(user_id="The organisation <office@example.org>")
    signing = SigningKey(str(own))
    sealed = encrypted(b"a secret", armoured=str(SECRET.extract_certificate()), now=NOW, signing=signing)
    assert sealed.startswith("-----BEGIN PGP MESSAGE-----")
    opened = decrypt(sealed.encode(), decryptor=SECRET.decryptor(), store=lambda _: [own.extract_certificate()])
    assert opened.bytes == b"a secret"
    assert [one.certificate.upper() for one in opened.valid_sigs] == [signing.fingerprint]
    with pytest.raises(RuntimeError):
        decrypt(sealed.encode(), decryptor=own.decryptor())


def test_a_key_that_cannot_sign_is_no_signing_key() -> None:
    for text in ("", "words", key("good"), key("signs_only")):
        with pytest.raises(UnusableKey):
            SigningKey(text)
