"""Facts that travel in the address of a page, unreadable on the way and in the browser's history."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from service.errors import InvalidInput
from service.security.encryption import Unreadable
from service.security.tokens import Expired

if TYPE_CHECKING:
    from datetime import datetime

    from service.security.encryption import Vault

_CUT = "This link is incomplete. Copy all of it."


def seal_link(vault: Vault, purpose: str, value: Any, *, expires_at: datetime) -> str:
    """A URL-safe text that hides `value` (plain JSON); each call makes another one."""
    text = json.dumps([value, int(expires_at.timestamp())], separators=(",", ":"))
    sealed = vault.seal(text, column=f"link.{purpose}", row_id="")
    return base64.urlsafe_b64encode(sealed.encode()).decode().rstrip("=")


def open_link(vault: Vault, purpose: str, text: str, *, now: datetime) -> Any:
    """What `seal_link` hid for this purpose. Raises InvalidInput when it was altered, Expired when it is too old."""
    try:
        sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        value, expires = json.loads(vault.open(sealed, column=f"link.{purpose}", row_id=""))
    except (ValueError, Unreadable):
        raise InvalidInput(_CUT) from None
    if now.timestamp() >= expires:
        raise Expired("This link has expired.")
    return value
