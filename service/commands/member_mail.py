"""A member's mailbox: where they hear of what they are responsible for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.facts import EmailAddress
from service.commands.audit import audit
from service.commands.destinations import add_destination
from service.commands.subscribe import normalised
from service.errors import Conflict
from service.records import Destination, Member
from service.security.addresses import index_of
from service.vocabulary import ChannelName, DestinationState

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.security.encryption import Vault


def set_mailbox(
    session: Session,
    member: Member,
    *,
    address: str,
    language: str,
    time_zone: str,
    now: datetime,
    by: str,
    vault: Vault,
) -> Destination:
    """Tell the member here from now on. Whoever runs the installation vouches for the address.

    It is listed among the organisation's own destinations under the member's name, so that its failures are seen. One
    that is a destination already keeps its label, language (BCP 47) and time zone (IANA). Raises InvalidInput for what is
    no address, and Conflict when it was never confirmed, is switched off, or is another member's.
    """
    where = EmailAddress(normalised(address))
    known = session.scalar(
        select(Destination).where(Destination.address_hmac == index_of(vault, ChannelName.EMAIL, where))
    )
    if known is None:
        known = add_destination(
            session, channel=ChannelName.EMAIL, address=where, label=f"Member {member.name}", language=language,
            time_zone=time_zone, now=now, by=by, vault=vault,
        )  # fmt: skip
    elif known.state is not DestinationState.READY:
        raise Conflict("this address was asked for a subscription and not confirmed, or is switched off")
    if session.scalar(select(Member.id).where(Member.destination_id == known.id, Member.id != member.id)) is not None:
        raise Conflict("this address is another member's")
    if member.destination_id != known.id:
        member.destination_id, member.mailbox_since = known.id, now
        session.flush()
        audit(
            session, at=now, actor=by, action="set_mailbox", record="member", record_id=str(member.id),
            detail={"destination": str(known.id)}, key=vault.audit_key,
        )  # fmt: skip
    return known
