"""Encrypts the mail of those who gave a key; where the key fails, nothing of the news is said at all."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import formataddr
from typing import TYPE_CHECKING

import structlog

from alerts.channels.openpgp import UnusableKey, encrypted
from alerts.channels.sealed_mail import inside_of
from alerts.facts import EmailAddress
from alerts.key_facts import KeyUnusable
from alerts.messages import Form, Mail, SealedMail
from service.commands.ciphertexts import Kept, kept_ciphertexts
from service.queries.openpgp_keys import keys_for
from service.security.encryption import Unreadable
from service.security.sealed_keys import key_opened
from service.security.signing import signing_key_of
from service.vocabulary import ChannelName

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.commands.claims import Claim
    from service.queries.openpgp_keys import SealedKey
    from service.worker.parts import WorkerParts
    from service.worker.ready import Ready

log = structlog.get_logger()

# How long the link in the notice leads to the page of the key.
KEY_LINK_LIVES = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Sealing:
    """The keys for one batch of claims, and what left encrypted for them before, by delivery."""

    keys: Mapping[int, SealedKey]
    kept: Mapping[int, Kept]


class Sealer:
    """Encrypts and, where the organisation has a key for that, signs. Raises ConfigurationError for one that cannot sign."""

    def __init__(self, parts: WorkerParts) -> None:
        self._parts = parts
        self._signing = signing_key_of(parts.settings)
        self._sender = formataddr((parts.settings.organisation, parts.settings.sender))

    def look_up(self, session: Session, claims: Sequence[Claim]) -> Sealing:
        """The keys of those whom these claims write to by mail."""
        by_mail = [claim.id for claim in claims if claim.channel is ChannelName.EMAIL]
        keys = keys_for(session, by_mail) if by_mail else {}
        return Sealing(keys, kept_ciphertexts(session, list(keys)))

    def sealed(self, one: Ready, sealing: Sealing) -> Ready:
        """The same, encrypted where its reader has a key; or the notice that there is news, where that cannot be used now.

        The same mail and the same keys give what left before. Raises NotPersonal and Unwritable.
        """
        key = sealing.keys.get(one.claim.id)
        if key is None:
            return one
        if not isinstance(one.message, Mail) or not isinstance(one.address, EmailAddress):
            raise TypeError("a key is for mail alone")
        envelope = one.envelope
        inside = inside_of(
            one.message, envelope.recipient, sender=self._sender, to=one.address.address, written_at=envelope.written_at
        )
        try:
            armoured = key_opened(self._parts.vault, key.armoured_sealed, key.subscriber_id)
            # Also what left before is not sent again to a key that has failed since.
            fresh = encrypted(inside, armoured=armoured, now=envelope.now, signing=self._signing)
        except UnusableKey as error:
            return self._without_news(one, key, fault=error.fault.value, expired_at=error.expired_at)
        except Unreadable:
            return self._without_news(one, key, fault="unreadable", expired_at=None)
        made_from, kept = self._made_from(inside, armoured), sealing.kept.get(one.claim.id)
        if kept is not None and kept.made_from_hmac == made_from:
            return replace(one, message=SealedMail(kept.armoured, names_nobody=one.message.names_nobody))
        return replace(
            one, message=SealedMail(fresh, names_nobody=one.message.names_nobody), to_keep=Kept(made_from, fresh)
        )

    def _without_news(self, one: Ready, key: SealedKey, *, fault: str, expired_at: datetime | None) -> Ready:
        log.warning("a key cannot be used", delivery_id=one.claim.id, fault=fault)
        expires_at = one.envelope.written_at + KEY_LINK_LIVES
        facts = KeyUnusable(
            expired_on=expired_at.date() if expired_at else None,
            key_url=self._parts.links.key(key.subscriber_id, expires_at=expires_at),
        )
        return replace(one, message=self._parts.renderer.render(facts, one.claim.language, form=Form.MAIL))

    def _made_from(self, inside: bytes, armoured: str) -> str:
        signer = self._signing.fingerprint if self._signing else ""
        key = hashlib.sha256(armoured.encode()).hexdigest()
        return self._parts.vault.blind_index(f"{hashlib.sha256(inside).hexdigest()} {key} {signer}")
