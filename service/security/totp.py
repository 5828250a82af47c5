"""Six-digit codes of an authenticator app (RFC 6238); each is accepted once."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

import pyotp

if TYPE_CHECKING:
    from datetime import datetime

STEP_S = 30
# One step either way: RFC 6238, section 5.2, allows for a slow hand and a slightly wrong clock.
_WINDOW = 1


def new_seed() -> str:
    """A fresh seed of 160 bits in base 32 (RFC 4226, section 4)."""
    return pyotp.random_base32()


def enrolment_uri(seed: str, *, member: str, organisation: str) -> str:
    """The otpauth:// address that an authenticator app reads."""
    return pyotp.TOTP(seed).provisioning_uri(name=member, issuer_name=organisation)


def accepted_step(seed: str, code: str, *, now: datetime) -> int | None:
    """The 30-second step to which the code belongs, None when it belongs to none near `now`."""
    digits = "".join(code.split())
    if len(digits) != 6 or not digits.isascii() or not digits.isdigit():
        return None
    totp = pyotp.TOTP(seed)
    current = int(now.timestamp()) // STEP_S
    matching = [
        step
        for step in range(current - _WINDOW, current + _WINDOW + 1)
        if hmac.compare_digest(totp.generate_otp(step), digits)
    ]
    return max(matching, default=None)
