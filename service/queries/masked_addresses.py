"""As much of an address as is needed to know it again, on pages that must open whatever was sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.security.addresses import masked, opened
from service.security.encryption import Unreadable

if TYPE_CHECKING:
    from service.records import Destination
    from service.security.encryption import Vault


def masked_address(destination: Destination, vault: Vault) -> str:
    """Where it goes, masked: `n…@example.org`; "…" for what was sealed with a key that is gone."""
    try:
        return masked(opened(vault, destination.channel, destination.address_sealed, destination.id))
    except Unreadable:
        return "…"
