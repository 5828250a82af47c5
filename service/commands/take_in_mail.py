"""A mail comes in, from whomever: a bounce, a complaint or a wish to stop has its consequence, once; all else has none."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, update

from alerts.destination_facts import OffReason
from alerts.returned_mail import Sort, read_returned
from service.commands.bounces import note_bounce
from service.commands.destination_failures import switch_off
from service.commands.inserting import insert_into
from service.commands.summaries import stop_summaries
from service.commands.suppressions import suppress_for_complaint
from service.commands.tell_owners import disabled, tell_owners
from service.commands.unsubscribe import unsubscribe
from service.records import Delivery, Destination, IncomingMail, Subscription
from service.vocabulary import EndedReason, MailTakenIn, SubscriptionState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.returned_mail import ReturnedMail
    from service.security.encryption import Vault
    from service.security.return_addresses import ReturnAddresses

# Servers give up after five days; whatever comes back later was kept, or made up from an old mail.
VALID_FOR = timedelta(days=30)
REMEMBERED_FOR = VALID_FOR + timedelta(days=15)

_COMPLAINED = "Our mail was reported as unwanted."


def take_in_mail(
    session: Session,
    raw: bytes,
    *,
    addresses: ReturnAddresses,
    now: datetime,
    vault: Vault,
    recipients: Sequence[str] = (),
) -> MailTakenIn:
    """What this mail led to at `now` (the machine's time, UTC).

    Who is meant is told by the tokens in our own addresses alone, never by what a mail says of itself: what is forged, or
    older than 30 days, has no consequence. `recipients` are those of the envelope, where they are known.
    """
    mail = read_returned(raw, recipients=recipients)
    match mail.sort:
        case Sort.FAILED:
            delivery = _delivery(session, mail, addresses, now)
            if delivery is None or not _is_new(session, mail, raw, now, vault):
                return MailTakenIn.NOTHING if delivery is None else MailTakenIn.AGAIN
            return note_bounce(session, delivery, status=mail.status, now=now, audit_key=vault.audit_key)
        case Sort.COMPLAINT:
            destination = _complainant(session, mail, addresses, now)
            if destination is None or not _is_new(session, mail, raw, now, vault):
                return MailTakenIn.NOTHING if destination is None else MailTakenIn.AGAIN
            _silence(session, destination, now=now, vault=vault)
            return MailTakenIn.COMPLAINT
        case Sort.LETTER:
            subscription, with_all_summaries = _subscription(session, mail, addresses)
            if subscription is None or not _is_new(session, mail, raw, now, vault):
                return MailTakenIn.NOTHING if subscription is None else MailTakenIn.AGAIN
            _stop(session, subscription, with_all_summaries=with_all_summaries, now=now)
            return MailTakenIn.UNSUBSCRIBED
        case Sort.DELAYED | Sort.AUTO_REPLY:
            return MailTakenIn.NOTHING


def forget_incoming(session: Session, *, now: datetime) -> None:
    """Forget the mails of more than 45 days ago (`now` is the machine's time, UTC): their tokens count for nothing any more."""
    session.execute(
        delete(IncomingMail)
        .where(IncomingMail.taken_at < now - REMEMBERED_FOR)
        .execution_options(synchronize_session=False)
    )


def _delivery(session: Session, mail: ReturnedMail, addresses: ReturnAddresses, now: datetime) -> Delivery | None:
    for local_part in mail.ours:
        delivery_id = addresses.delivery_id(local_part)
        delivery = session.get(Delivery, delivery_id) if delivery_id is not None else None
        if delivery is not None:
            sent_at = delivery.finished_at or delivery.first_attempt_at
            return delivery if sent_at is not None and now - sent_at <= VALID_FOR else None
    return None


def _subscription(session: Session, mail: ReturnedMail, addresses: ReturnAddresses) -> tuple[Subscription | None, bool]:
    """The subscription that a token names, and whether it stands for all that is gathered for the same address."""
    for local_part in mail.ours:
        for named, is_of_all in ((addresses.subscription_id, False), (addresses.summaries_of, True)):
            subscription_id = named(local_part)
            if subscription_id is not None:
                return session.get(Subscription, subscription_id), is_of_all
    return None, False


def _stop(session: Session, subscription: Subscription, *, with_all_summaries: bool, now: datetime) -> None:
    if with_all_summaries:
        stop_summaries(session, subscription.destination_id, now=now)
    else:
        unsubscribe(session, subscription, now=now)


def _complainant(session: Session, mail: ReturnedMail, addresses: ReturnAddresses, now: datetime) -> Destination | None:
    told = _delivery(session, mail, addresses, now) or _subscription(session, mail, addresses)[0]
    return session.get(Destination, told.destination_id) if told is not None else None


def _silence(session: Session, destination: Destination, *, now: datetime, vault: Vault) -> None:
    """Nothing more goes there, its subscriptions end, and its owner hears so by another way."""
    reason = OffReason.COMPLAINT
    # The destination before the audit, as whoever records outcomes does: two who meet must not lock each other out.
    off = switch_off(session, {destination.id: (reason, _COMPLAINED)}, now=now, audit_key=vault.audit_key)
    session.execute(
        update(Subscription)
        .where(Subscription.destination_id == destination.id, Subscription.state != SubscriptionState.ENDED)
        .values(
            state=SubscriptionState.ENDED,
            ended_reason=EndedReason.COMPLAINT,
            ended_at=now,
            version=Subscription.version + 1,
        )
        .execution_options(synchronize_session=False)
    )
    suppress_for_complaint(session, destination.address_hmac, now=now, vault=vault)
    tell_owners(session, [disabled(row.id, row.subscriber_id, reason=reason, at=now) for row in off], now=now)


def _is_new(session: Session, mail: ReturnedMail, raw: bytes, now: datetime, vault: Vault) -> bool:
    """Whether this mail had no consequence yet; from now on it had one.

    Known by its Message-ID and whom it concerns; one without a Message-ID by all that it says.
    """
    name = mail.message_id or hashlib.sha256(raw).hexdigest()
    mail_hmac = vault.blind_index(f"mail:{mail.ours[0]}:{name}")
    insert = insert_into(session, IncomingMail).values(mail_hmac=mail_hmac, taken_at=now)
    table = IncomingMail.__table__
    new = session.execute(insert.on_conflict_do_nothing(index_elements=["mail_hmac"]).returning(table.c.mail_hmac))
    return new.first() is not None
