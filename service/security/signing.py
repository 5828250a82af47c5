"""The organisation's own OpenPGP key, by which readers know that an encrypted mail is from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.channels.openpgp import SigningKey, UnusableKey
from service.errors import ConfigurationError

if TYPE_CHECKING:
    from service.settings import Settings


def signing_key_of(settings: Settings) -> SigningKey | None:
    """The key of the settings; None: encrypted mail is not signed. Raises ConfigurationError when it cannot sign."""
    if settings.openpgp_signing_key is None:
        return None
    try:
        return SigningKey(settings.openpgp_signing_key.get_secret_value())
    except UnusableKey:
        raise ConfigurationError(
            "VIGIL_OPENPGP_SIGNING_KEY: not an armoured secret key that signs, without a passphrase and not expired"
        ) from None
