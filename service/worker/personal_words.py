"""What is said to one mailbox about its own affairs; its links and codes are made when it is sent."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from alerts.personal_facts import AddressChanged, AlreadyFollowing, Confirmation, ManageLink, NewAddress
from service.commands.enter_code import confirmation_code
from service.commands.subscribe import CONFIRM_WITHIN
from service.records import AddressChange, Destination
from service.security.addresses import masked, opened
from service.vocabulary import AlertKind

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from alerts.facts import MessageFacts
    from service.queries.standing import ToldAlert
    from service.worker.parts import WorkerParts


def personal_facts(
    session: Session, alert: ToldAlert, subscription_id: int | None, *, made_at: datetime | None, parts: WorkerParts
) -> MessageFacts | None:
    """The facts of one of these kinds; None when what it was about is gone.

    `made_at` (UTC) is when the wish was made that a confirmation asks about.
    """
    words: dict[str, Any] = alert.facts
    match alert.kind:
        case AlertKind.CONFIRMATION:
            return _confirmation(words, subscription_id, made_at or alert.created_at, parts)
        case AlertKind.ALREADY_FOLLOWING:
            slug = words["case_slug"]
            page_url = parts.links.case(slug) if slug else parts.links.first_page()
            return AlreadyFollowing(page_url=page_url, **_followed(words))
        case AlertKind.MANAGE_LINK:
            expires_at = datetime.fromisoformat(words["expires_at"])
            open_url = parts.links.manage(words["visit_id"], expires_at=expires_at)
            return ManageLink(open_url=open_url, expires_on=expires_at.date())
        case AlertKind.NEW_ADDRESS:
            return _new_address(words, parts)
        case _:
            return _address_changed(session, words, parts)


def _confirmation(
    words: dict[str, Any], subscription_id: int | None, made_at: datetime, parts: WorkerParts
) -> Confirmation:
    if subscription_id is None:
        raise ValueError("a confirmation has a subscription")
    return Confirmation(
        cadence=words["cadence"],
        confirm_url=parts.links.confirm(subscription_id, expires_at=made_at + CONFIRM_WITHIN),
        code=confirmation_code(parts.vault, subscription_id, made_at),
        expires_on=date.fromisoformat(words["expires_on"]),
        **_followed(words),
    )


def _followed(words: dict[str, Any]) -> dict[str, Any]:
    # Those that an earlier version queued name a case and nothing else.
    return {
        "case_reference": words["case_reference"],
        "country": words.get("country"),
        "kind": words.get("follow_up_kind"),
    }


def _new_address(words: dict[str, Any], parts: WorkerParts) -> NewAddress:
    expires_at = datetime.fromisoformat(words["expires_at"])
    change_id = words["change_id"]
    url = parts.links.new_address(change_id, expires_at=expires_at) if change_id else None
    return NewAddress(confirm_url=url, expires_on=expires_at.date())


def _address_changed(session: Session, words: dict[str, Any], parts: WorkerParts) -> AddressChanged | None:
    change = session.get(AddressChange, UUID(words["change_id"]))
    if change is None:
        return None
    kept = session.get_one(Destination, change.destination_id)
    address = opened(parts.vault, kept.channel, kept.address_sealed, kept.id)
    return AddressChanged(new_address=masked(address))
