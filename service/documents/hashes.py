"""The hash by which a document is known, and the one that its sender expected."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

from service.errors import InvalidInput, Problem

_HEX = re.compile(r"[0-9a-fA-F]{64}")
_REPR_DIGEST = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]{44}):\s*(?:$|[,;])")


def sha256_of(content: bytes) -> str:
    """SHA-256 (FIPS 180-4), in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def require_hash(content: bytes, expected: str, *, where: str) -> None:
    """Raise InvalidInput at `where` when the file has not this hash (hexadecimal)."""
    if not _HEX.fullmatch(expected):
        raise InvalidInput([Problem(where, "Write the SHA-256 hash as 64 hexadecimal digits.")])
    if sha256_of(content) != expected.lower():
        raise InvalidInput([Problem(where, "The file that arrived has another hash: it was altered or cut off.")])


def hash_in(repr_digest: str, *, where: str) -> str:
    """The SHA-256 of a Repr-Digest (RFC 9530, section 3), in hexadecimal. Raises InvalidInput at `where`."""
    found = _REPR_DIGEST.search(repr_digest)
    try:
        digest = base64.b64decode(found[1], validate=True) if found else b""
    except binascii.Error:
        digest = b""
    if len(digest) != hashlib.sha256().digest_size:
        raise InvalidInput([Problem(where, "Write Repr-Digest as sha-256=:…: with the hash in base64.")])
    return digest.hex()


def repr_digest(sha256: str) -> str:
    """The same hash as Repr-Digest writes it."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:"
