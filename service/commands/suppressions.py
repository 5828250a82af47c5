"""Addresses to which nothing may be sent: put on the list, and taken off it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from service.commands.audit import audit
from service.commands.stop_queued import raise_stop_sign
from service.errors import Conflict, InvalidInput, Problem
from service.records import Suppression
from service.records.base import new_id
from service.security.addresses import index_of
from service.vocabulary import ChannelName, SuppressionReason

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.facts import EmailAddress
    from service.security.encryption import Vault

INTAKE = "mail intake"


def suppress_address(
    session: Session, mailbox: EmailAddress, *, until: datetime | None, now: datetime, by: str, vault: Vault
) -> Suppression:
    """A member decides that nothing may be sent to this mailbox until then (an instant in UTC; None: until it is lifted).

    Raises InvalidInput for an instant that has passed, and Conflict when the mailbox is on the list already.
    """
    if until is not None and until <= now:
        raise InvalidInput([Problem("until", "This instant has passed.")])
    index = index_of(vault, ChannelName.EMAIL, mailbox)
    known = session.scalar(select(Suppression).where(Suppression.address_hmac == index).with_for_update())
    if known is not None and (known.until is None or known.until > now):
        raise Conflict("Nothing may be sent to this address already.")
    return _write(session, known, index, SuppressionReason.BY_MEMBER, until=until, now=now, by=by, vault=vault)


def suppress_for_complaint(session: Session, address_hmac: str, *, now: datetime, vault: Vault) -> Suppression:
    """Somebody reported our mail as unwanted: nothing more is sent there until a member lifts it."""
    known = session.scalar(select(Suppression).where(Suppression.address_hmac == address_hmac).with_for_update())
    reason = SuppressionReason.COMPLAINT
    return _write(session, known, address_hmac, reason, until=None, now=now, by=INTAKE, vault=vault)


def lift(session: Session, suppression: Suppression, *, now: datetime, by: str, vault: Vault) -> None:
    """Take the address off the list. What was cancelled stays so; who was switched off for it has to ask anew."""
    session.delete(suppression)
    session.flush()
    _note(session, suppression, "lift_suppression", now=now, by=by, vault=vault)


def is_suppressed(session: Session, address_hmac: str, *, now: datetime) -> bool:
    """Whether nothing may be sent to the address with this keyed hash at `now` (UTC)."""
    holds = or_(Suppression.until.is_(None), Suppression.until > now)
    query = select(Suppression.id).where(Suppression.address_hmac == address_hmac, holds)
    return session.scalar(query) is not None


def _write(
    session: Session, known: Suppression | None, index: str, reason: SuppressionReason, *, until: datetime | None,
    now: datetime, by: str, vault: Vault,
) -> Suppression:  # fmt: skip
    if known is not None and known.until is not None and known.until <= now:
        # Another time: since when, and why, is told of this one.
        session.delete(known)
        session.flush()
        known = None
    row = known or Suppression(id=new_id(), address_hmac=index, created_at=now)
    row.reason, row.until = reason, until
    session.add(row)
    session.flush()
    # What a worker has prepared is looked at again, and cancelled.
    raise_stop_sign(session)
    _note(session, row, "suppress_address", now=now, by=by, vault=vault)
    return row


def _note(session: Session, row: Suppression, action: str, *, now: datetime, by: str, vault: Vault) -> None:
    audit(
        session, at=now, actor=by, action=action, record="suppression", record_id=str(row.id),
        detail={"reason": row.reason.value}, key=vault.audit_key,
    )  # fmt: skip
