"""Fields that are unreadable without the key, bound to their row, and found again by a keyed hash."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import stat
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from service.errors import ConfigurationError, VigilError

if TYPE_CHECKING:
    from pathlib import Path

    from service.settings import Settings

_NONCE = 12  # bytes; NIST SP 800-38D, section 8.2.2


class Unreadable(VigilError):
    """A stored field does not open: another key, another row, or a changed byte."""


class Vault:
    """Seals and opens fields with AES-256-GCM; the table, column and row are authenticated with the text.

    A ciphertext copied to another row does not open there.
    """

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESGCM(_derive(secret, b"vigil field encryption"))
        self._index_key = _derive(secret, b"vigil blind index")
        self._signing_key = _derive(secret, b"vigil signed tokens")
        self._audit_key = _derive(secret, b"vigil audit chain")
        self._key_id = hashlib.sha256(secret).hexdigest()[:8]

    @property
    def signing_key(self) -> bytes:
        """The key for signed links and forms (32 bytes)."""
        return self._signing_key

    @property
    def audit_key(self) -> bytes:
        """The key of the audit chain (32 bytes)."""
        return self._audit_key

    def seal(self, text: str, *, column: str, row_id: object) -> str:
        """Encrypt for one place, `column` being "table.column": `v1|key id|nonce|ciphertext`."""
        nonce = os.urandom(_NONCE)
        sealed = self._cipher.encrypt(nonce, text.encode(), f"{column}|{row_id}".encode())
        return "|".join(("v1", self._key_id, base64.b64encode(nonce).decode(), base64.b64encode(sealed).decode()))

    def open(self, sealed: str, *, column: str, row_id: object) -> str:
        """Decrypt what `seal` made for the same place; raises Unreadable."""
        try:
            version, _, nonce, ciphertext = sealed.split("|")
            if version != "v1":
                raise Unreadable(f"{column}: sealed in an unknown way")
            bound_to = f"{column}|{row_id}".encode()
            return self._cipher.decrypt(base64.b64decode(nonce), base64.b64decode(ciphertext), bound_to).decode()
        except (InvalidTag, ValueError):
            raise Unreadable(f"{column}: does not open with this key") from None

    def seal_bytes(self, content: bytes, *, column: str, row_id: object) -> bytes:
        """The same for a whole file, without turning it into text: `v1|key id|` and then the nonce and the ciphertext."""
        nonce = os.urandom(_NONCE)
        sealed = self._cipher.encrypt(nonce, content, f"{column}|{row_id}".encode())
        return b"".join((b"v1|", self._key_id.encode(), b"|", nonce, sealed))

    def open_bytes(self, sealed: bytes, *, column: str, row_id: object) -> bytes:
        """Decrypt what `seal_bytes` made for the same place; raises Unreadable."""
        version, _, rest = sealed.partition(b"|")
        body = rest.partition(b"|")[2]
        try:
            if version != b"v1":
                raise Unreadable(f"{column}: sealed in an unknown way")
            return self._cipher.decrypt(body[:_NONCE], body[_NONCE:], f"{column}|{row_id}".encode())
        except (InvalidTag, ValueError):
            raise Unreadable(f"{column}: does not open with this key") from None

    def blind_index(self, value: str) -> str:
        """A keyed hash (HMAC-SHA-256, hex) by which an equal value is found without being stored."""
        return hmac.digest(self._index_key, value.encode(), hashlib.sha256).hex()


def open_vault(settings: Settings, *, create: bool = False) -> Vault:
    """The vault of this installation.

    The secret is `VIGIL_SECRET_KEY`, else the file beside the embedded database, which `create` makes (mode 0600).
    Raises ConfigurationError when there is none, or when others may read the file.
    """
    if settings.secret_key is not None:
        return Vault(settings.secret_key.get_secret_value().encode())
    path = settings.secret_key_file
    if create and settings.is_embedded and not path.exists():
        _make_key_file(path)
    if not path.exists():
        raise ConfigurationError(f"VIGIL_SECRET_KEY is not set and {path} does not exist; `vigil migrate` makes one")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ConfigurationError(f"{path} can be read by others: chmod 600 it")
    return Vault(path.read_bytes().strip())


def _make_key_file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(os.urandom(32)))


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret)
