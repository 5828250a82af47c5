"""Sealed fields open with their key, in their row, unaltered; and not otherwise."""

from __future__ import annotations

import base64
import stat
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import ConfigurationError
from service.security.encryption import Unreadable, Vault, open_vault
from service.settings import Settings, load_settings

if TYPE_CHECKING:
    from pathlib import Path

VAULT = Vault(b"one secret of thirty-two bytes or more")
OTHER = Vault(b"another secret of thirty-two bytes....")
COLUMN = "destination.address_sealed"
ROW = UUID(int=1)
TEXT = "reader@example.org"


def flipped(sealed: str, *, part: int, bit: int) -> str:
    """The same ciphertext with one bit of its nonce (2) or text (3) turned over."""
    parts = sealed.split("|")
    raw = bytearray(base64.b64decode(parts[part]))
    raw[bit // 8 % len(raw)] ^= 1 << bit % 8
    parts[part] = base64.b64encode(bytes(raw)).decode()
    return "|".join(parts)


@given(st.text())
def test_what_was_sealed_opens_again(text: str) -> None:
    assert VAULT.open(VAULT.seal(text, column=COLUMN, row_id=ROW), column=COLUMN, row_id=ROW) == text


def test_the_text_cannot_be_seen_and_is_sealed_anew_each_time() -> None:
    first, second = (VAULT.seal(TEXT, column=COLUMN, row_id=ROW) for _ in range(2))
    assert first != second
    assert TEXT not in first
    assert base64.b64encode(TEXT.encode()).decode() not in first


def test_a_ciphertext_copied_to_another_row_does_not_open() -> None:
    sealed = VAULT.seal(TEXT, column=COLUMN, row_id=ROW)
    with pytest.raises(Unreadable):
        VAULT.open(sealed, column=COLUMN, row_id=UUID(int=2))


def test_a_ciphertext_copied_to_another_column_does_not_open() -> None:
    sealed = VAULT.seal(TEXT, column=COLUMN, row_id=ROW)
    with pytest.raises(Unreadable):
        VAULT.open(sealed, column="member.totp_sealed", row_id=ROW)


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(Unreadable):
        OTHER.open(VAULT.seal(TEXT, column=COLUMN, row_id=ROW), column=COLUMN, row_id=ROW)


@pytest.mark.parametrize("part", [2, 3])
def test_no_single_bit_can_be_changed(part: int) -> None:
    sealed = VAULT.seal(TEXT, column=COLUMN, row_id=ROW)
    bits = 8 * len(base64.b64decode(sealed.split("|")[part]))
    for bit in range(bits):
        with pytest.raises(Unreadable):
            VAULT.open(flipped(sealed, part=part, bit=bit), column=COLUMN, row_id=ROW)


@pytest.mark.parametrize("sealed", ["", "v1", "v1|a|b", "v1|a|!|?", "v2|a|AAAA|AAAA", "v1|a||", "|||", "v1|a|AAAA|é"])
def test_what_was_never_sealed_is_unreadable_and_not_repeated(sealed: str) -> None:
    with pytest.raises(Unreadable) as refused:
        VAULT.open(sealed, column=COLUMN, row_id=ROW)
    assert str(refused.value).startswith(COLUMN)


@given(st.binary())
def test_a_file_that_was_sealed_opens_in_its_row_alone(content: bytes) -> None:
    sealed = VAULT.seal_bytes(content, column=COLUMN, row_id=ROW)
    assert VAULT.open_bytes(sealed, column=COLUMN, row_id=ROW) == content
    for vault, column, row_id in ((OTHER, COLUMN, ROW), (VAULT, "document.title", ROW), (VAULT, COLUMN, UUID(int=2))):
        with pytest.raises(Unreadable):
            vault.open_bytes(sealed, column=column, row_id=row_id)


def test_no_byte_of_a_sealed_file_can_be_changed_or_left_away() -> None:
    sealed = VAULT.seal_bytes(TEXT.encode(), column=COLUMN, row_id=ROW)
    assert TEXT.encode() not in sealed
    for at in range(sealed.rindex(b"|", 0, 13) + 1, len(sealed)):
        for altered in (sealed[:at], sealed[:at] + bytes((sealed[at] ^ 1,)) + sealed[at + 1 :]):
            with pytest.raises(Unreadable):
                VAULT.open_bytes(altered, column=COLUMN, row_id=ROW)


@pytest.mark.parametrize("sealed", [b"", b"v1", b"v1|a|", b"v1|a|short", b"v2|a|" + bytes(40), b"|||", bytes(50)])
def test_what_was_never_a_sealed_file_is_unreadable(sealed: bytes) -> None:
    with pytest.raises(Unreadable):
        VAULT.open_bytes(sealed, column=COLUMN, row_id=ROW)


def test_equal_values_have_equal_indexes_under_one_key_only() -> None:
    assert VAULT.blind_index(TEXT) == VAULT.blind_index(TEXT)
    assert VAULT.blind_index(TEXT) != VAULT.blind_index(TEXT.upper())
    assert VAULT.blind_index(TEXT) != OTHER.blind_index(TEXT)


def test_every_purpose_has_a_key_of_its_own() -> None:
    assert len({VAULT.signing_key, VAULT.audit_key, OTHER.signing_key, OTHER.audit_key}) == 4


def embedded(home: Path) -> Settings:
    return load_settings(home=home)


def test_a_key_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    settings = embedded(tmp_path / "vigil")
    sealed = open_vault(settings, create=True).seal(TEXT, column=COLUMN, row_id=ROW)
    assert stat.S_IMODE(settings.secret_key_file.stat().st_mode) == 0o600
    assert open_vault(settings, create=True).open(sealed, column=COLUMN, row_id=ROW) == TEXT
    assert open_vault(settings).open(sealed, column=COLUMN, row_id=ROW) == TEXT


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    settings = embedded(tmp_path)
    open_vault(settings, create=True)
    settings.secret_key_file.chmod(mode)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        open_vault(settings)


def test_a_missing_key_is_not_made_unasked(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="VIGIL_SECRET_KEY"):
        open_vault(embedded(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_no_key_file_is_made_for_a_shared_database(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path, database_url="postgresql://vigil@127.0.0.1/vigil")
    with pytest.raises(ConfigurationError, match="VIGIL_SECRET_KEY"):
        open_vault(settings, create=True)
    assert list(tmp_path.iterdir()) == []
