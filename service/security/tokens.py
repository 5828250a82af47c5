"""Random tokens that are stored as hashes, and signed tokens that are not stored at all."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import TYPE_CHECKING, Any

from itsdangerous import BadData, URLSafeSerializer
from itsdangerous.encoding import base64_encode

from service.errors import InvalidInput

if TYPE_CHECKING:
    from datetime import datetime

_RANDOM_BYTES = 32


def new_token(prefix: str = "") -> str:
    """A random token of 256 bits, URL-safe."""
    return prefix + secrets.token_urlsafe(_RANDOM_BYTES)


def hash_of(token: str) -> str:
    """SHA-256 in hex: enough for a random token, which cannot be guessed from a list."""
    return hashlib.sha256(token.encode()).hexdigest()


class Signer:
    """Signs small facts into a link or a form, for one purpose each, with an instant at which they expire."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._serializers: dict[str, URLSafeSerializer] = {}

    def sign(self, purpose: str, value: Any, *, expires_at: datetime | None = None) -> str:
        """A URL-safe token; `expires_at` None: it lives as long as what it names."""
        document = json.dumps([value, int(expires_at.timestamp()) if expires_at else None], separators=(",", ":"))
        # What `dumps` does, without its attempt to compress a few letters, which costs more than all the rest.
        return self._for(purpose).make_signer().sign(base64_encode(document)).decode()

    def read(self, purpose: str, token: str, *, now: datetime, even_expired: bool = False) -> Any:
        """The value that was signed for this purpose; raises InvalidInput when altered, of another purpose, or expired."""
        try:
            value, expires = self._for(purpose).loads(token)
        except (BadData, ValueError, TypeError):
            raise InvalidInput("This link is incomplete. Copy all of it.") from None
        if expires is not None and now.timestamp() >= expires and not even_expired:
            raise Expired("This link has expired.")
        return value

    def _for(self, purpose: str) -> URLSafeSerializer:
        if purpose not in self._serializers:
            salt, kwargs = f"vigil {purpose}", {"digest_method": hashlib.sha256}
            self._serializers[purpose] = URLSafeSerializer(self._key, salt=salt, signer_kwargs=kwargs)
        return self._serializers[purpose]


class Expired(InvalidInput):
    """The token was good once."""
