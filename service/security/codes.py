"""Short codes that a person types, made from a key so that none is stored."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.security.encryption import Vault

# Neither 0 and O, nor 1, I and L, nor U and V stand beside each other.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTWXYZ"
LENGTH = 6


def code_for(vault: Vault, subject: str) -> str:
    """The six characters that belong to this subject: 29^6, about 600 million, of which five tries find none."""
    number = int(vault.blind_index(f"code:{subject}"), 16)
    characters = []
    for _ in range(LENGTH):
        number, place = divmod(number, len(ALPHABET))
        characters.append(ALPHABET[place])
    return "".join(characters)


def is_code(typed: str, code: str) -> bool:
    """Whether this is the code, in whatever case and with whatever spaces and dashes it was pasted."""
    plain = "".join(typed[:50].split()).replace("-", "").upper()
    return hmac.compare_digest(plain.encode(), code.encode())
