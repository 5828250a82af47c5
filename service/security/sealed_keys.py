"""Readers' keys, sealed at rest: a key names its owner and gives the address."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from service.security.encryption import Vault

_COLUMN = "openpgp_key.armoured_sealed"


def key_sealed(vault: Vault, armoured: str, subscriber_id: UUID) -> str:
    """The key, encrypted for this one subscriber's row."""
    return vault.seal(armoured, column=_COLUMN, row_id=subscriber_id)


def key_opened(vault: Vault, sealed: str, subscriber_id: UUID) -> str:
    """What `key_sealed` hid for this subscriber; raises Unreadable."""
    return vault.open(sealed, column=_COLUMN, row_id=subscriber_id)
