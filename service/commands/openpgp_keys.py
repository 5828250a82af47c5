"""A subscriber gives a key by which their mail is encrypted, or takes it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.channels.openpgp import LONGEST_KEY, UnusableKey, public_key
from alerts.key_facts import KeyFault
from service.commands.audit import audit
from service.errors import InvalidInput, NotFound, Problem
from service.records import OpenpgpKey, Subscriber
from service.security.sealed_keys import key_sealed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.security.encryption import Vault


def _msgid(english: str) -> str:
    """Marks a text for the translators."""
    return english


_FAULTS: Mapping[KeyFault, str] = {
    KeyFault.NOT_A_KEY: _msgid("Paste the whole public key, from its BEGIN line to its END line"),
    KeyFault.TOO_LONG: _msgid("This key is longer than 64 kB. Export it without pictures and signatures of others"),
    KeyFault.SECRET: _msgid("This is a secret key, which nobody else should see. Paste the public key"),
    KeyFault.SEVERAL: _msgid("These are several keys. Paste the one that you read your mail with"),
    KeyFault.REVOKED: _msgid("This key is revoked"),
    KeyFault.EXPIRED: _msgid("This key has expired. Prolong it, or paste another"),
    KeyFault.CANNOT_ENCRYPT: _msgid("Nothing can be encrypted to this key: it only signs"),
    KeyFault.WEAK: _msgid("This key uses methods that are broken by now. Make a new one"),
}


def set_key(session: Session, subscriber_id: UUID, text: str, *, now: datetime, vault: Vault) -> OpenpgpKey:
    """Take the armoured key, in place of an earlier one; from now on all mail to this subscriber is encrypted to it.

    `now` is the machine's time (UTC). Raises InvalidInput with the field `key`, and NotFound.
    """
    if session.get(Subscriber, subscriber_id, with_for_update=True) is None:
        raise NotFound("This link leads nowhere any more.")
    try:
        # What nobody can have typed by mistake is not even copied.
        given = public_key(text[: LONGEST_KEY + 1], now=now)
    except UnusableKey as error:
        raise InvalidInput([Problem("key", _FAULTS[error.fault])]) from None
    key = session.get(OpenpgpKey, subscriber_id)
    if key is None:
        key = OpenpgpKey(subscriber_id=subscriber_id)
        session.add(key)
    key.armoured_sealed = key_sealed(vault, given.armoured, subscriber_id)
    key.fingerprint, key.expires_at, key.uploaded_at = given.fingerprint, given.expires_at, now
    session.flush()
    return key


def remove_key(session: Session, subscriber_id: UUID) -> bool:
    """Forget the key: from now on mail to this subscriber is plain. False when there was none."""
    key = session.get(OpenpgpKey, subscriber_id)
    if key is None:
        return False
    session.delete(key)
    session.flush()
    return True


def remove_key_for(session: Session, subscriber_id: UUID, *, now: datetime, by: str, vault: Vault) -> None:
    """Forget the key at its owner's wish, by somebody of the staff. Raises NotFound when there is none."""
    if not remove_key(session, subscriber_id):
        raise NotFound("This reader has no key.")
    audit(
        session, at=now, actor=by, action="remove_key", record="openpgp_key", record_id=str(subscriber_id), detail={},
        key=vault.audit_key,
    )  # fmt: skip
