"""A visit to one's own page: a link is mailed, its button opens an hour, and the hour ends."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from alerts.facts import EmailAddress
from service.commands.queue_personal import queue_personal
from service.commands.subscribe import may_ask_again
from service.records import Destination, ManageVisit, Subscriber
from service.records.base import new_id
from service.security.addresses import index_of
from service.security.tokens import hash_of, new_token
from service.vocabulary import AlertKind, ChannelName, DestinationState

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.security.encryption import Vault

# Greylisting may hold a mail back for hours.
LINK_LIVES = timedelta(hours=24)
VISIT_LASTS = timedelta(hours=1)


def mail_link(session: Session, address: str, *, now: datetime, wall_now: datetime, vault: Vault) -> None:
    """Mail the link to the owner of this mailbox; nothing to one that nobody uses here, or three times a day already.

    The link lives 24 hours of `wall_now`. Staff have the board for the organisation's own mailboxes.
    """
    may_write = may_ask_again(session, address, wall_now=wall_now, vault=vault)
    index = index_of(vault, ChannelName.EMAIL, EmailAddress(address))
    destination = session.scalar(select(Destination).where(Destination.address_hmac == index))
    if not may_write or destination is None or destination.label or destination.state is DestinationState.DISABLED:
        return
    visit = ManageVisit(id=new_id(), subscriber_id=destination.subscriber_id, asked_at=wall_now)
    session.add(visit)
    session.flush()
    facts = {"visit_id": str(visit.id), "expires_at": (wall_now + LINK_LIVES).isoformat()}
    queue_personal(session, destination, AlertKind.MANAGE_LINK, facts, now=now)


def is_unspent(session: Session, visit_id: UUID) -> bool:
    """Whether the button of this link still opens something."""
    query = select(ManageVisit.id).where(ManageVisit.id == visit_id, ManageVisit.opened_at.is_(None))
    return session.scalar(query) is not None


def open_visit(session: Session, visit_id: UUID, *, wall_now: datetime) -> str | None:
    """Spend the link and open its hour; the token for the browser, None when the link was spent or erased before.

    One statement decides, so that of two who press at once one gets in.
    """
    token = new_token()
    opened = session.execute(
        update(ManageVisit)
        .where(ManageVisit.id == visit_id, ManageVisit.opened_at.is_(None))
        .where(ManageVisit.asked_at > wall_now - LINK_LIVES)
        .values(opened_at=wall_now, token_hash=hash_of(token))
        .returning(ManageVisit.id)
    ).first()
    return token if opened else None


def visitor(session: Session, token: str, *, wall_now: datetime) -> Subscriber | None:
    """Whose page this token opens at `wall_now`; None when the hour is over. Reads only."""
    return session.scalar(
        select(Subscriber)
        .join(ManageVisit, ManageVisit.subscriber_id == Subscriber.id)
        .where(ManageVisit.token_hash == hash_of(token), ManageVisit.opened_at > wall_now - VISIT_LASTS)
    )


def close_visit(session: Session, token: str) -> None:
    """End the hour now."""
    session.execute(delete(ManageVisit).where(ManageVisit.token_hash == hash_of(token)))


def forget_visits(session: Session, *, wall_now: datetime) -> None:
    """Drop the links and hours that are over."""
    session.execute(delete(ManageVisit).where(ManageVisit.asked_at < wall_now - LINK_LIVES - VISIT_LASTS))
