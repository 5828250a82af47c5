"""Passwords of members: Argon2id, a bound on memory, and the same work for a name that nobody bears."""

from __future__ import annotations

from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from service.errors import InvalidInput, Problem, TooManyRequests

# NIST SP 800-63B-4, section 3.1.1.2: 15 characters or more, and no rule of composition.
MIN_LENGTH = 15
MAX_LENGTH = 1024
# One hash takes 64 MiB (the second recommendation of RFC 9106): two at a time, whoever asks.
_AT_ONCE = 2
_WAIT_S = 10

_hasher = PasswordHasher()
_turns = BoundedSemaphore(_AT_ONCE)
# Verified when nobody bears the name, so that the answer takes as long.
_DUMMY = (
    "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$"  # no password leads here
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)


def hash_password(password: str) -> str:
    """The Argon2id hash to store; raises InvalidInput when the password is too short or too long."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise InvalidInput([Problem("password", f"Use at least {MIN_LENGTH} characters.")])
    with _turns:
        return _hasher.hash(password)


def is_password(password: str, stored: str | None) -> bool:
    """Whether the password is the stored one; `stored` None takes as long and is never right.

    Raises TooManyRequests when no turn comes free in ten seconds.
    """
    if not _turns.acquire(timeout=_WAIT_S):
        raise TooManyRequests(_WAIT_S)
    try:
        _hasher.verify(stored or _DUMMY, password[: MAX_LENGTH + 1])
    except (VerificationError, InvalidHashError):
        return False
    else:
        return stored is not None
    finally:
        _turns.release()


def needs_rehash(stored: str) -> bool:
    """Whether the stored hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(stored)
