"""Notices about a destination as facts: what its owner calls it, and only while it still stands so."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from alerts.destination_facts import AlertsStopped, DestinationDisabled, DestinationFailing, OffReason
from service.records import Destination
from service.security.addresses import masked, opened
from service.vocabulary import AlertKind, DestinationState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from service.security.encryption import Vault


def notice_facts(
    session: Session, kind: AlertKind, notice: Mapping[str, Any], *, vault: Vault, page_url: str
) -> DestinationFailing | DestinationDisabled | AlertsStopped | None:
    """What `Alert.facts` says in a notice of this kind; None when it does not stand so any more.

    `page_url` is where readers ask for their own page.
    """
    destination = session.get(Destination, UUID(notice["destination_id"]))
    if destination is None:
        return None
    if kind is AlertKind.ALERTS_STOPPED:
        on = date.fromisoformat(notice["on"])
        return AlertsStopped(
            destination=_called(destination, vault), channel=destination.channel.value, on=on, page_url=page_url
        )
    tell = _failing if kind is AlertKind.DESTINATION_FAILING else _disabled
    return tell(destination, notice, vault)


def _failing(destination: Destination, notice: Mapping[str, Any], vault: Vault) -> DestinationFailing | None:
    since = datetime.fromisoformat(notice["since"])
    if destination.first_failure_at != since or destination.state is DestinationState.DISABLED:
        return None
    return DestinationFailing(
        destination=_called(destination, vault),
        channel=destination.channel.value,
        failures=notice["failures"],
        since=since.date(),
    )


def _disabled(destination: Destination, notice: Mapping[str, Any], vault: Vault) -> DestinationDisabled | None:
    if destination.disabled_at != datetime.fromisoformat(notice["at"]):
        return None
    return DestinationDisabled(
        destination=_called(destination, vault), channel=destination.channel.value, reason=OffReason(notice["reason"])
    )


def _called(destination: Destination, vault: Vault) -> str:
    """The name that staff gave it, or so much of its address as its owner needs to know it."""
    if destination.label:
        return destination.label
    return masked(opened(vault, destination.channel, destination.address_sealed, destination.id))
