"""Which addresses are not written to, and why, as the staff board shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from service.queries.masked_addresses import masked_address
from service.queries.visible import suppressions_of
from service.records import Destination, Suppression
from service.security.policy import Action, may

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.security.encryption import Vault
    from service.security.policy import Actor
    from service.vocabulary import SuppressionReason

MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class Suppressed:
    """One address that is not written to (instants in UTC; `until` is None until somebody lifts it).

    `to` is its label or the masked address, where a destination still has it and the reader may know; else None.
    """

    id: UUID
    reason: SuppressionReason
    since: datetime
    until: datetime | None
    is_over: bool
    to: str | None


def suppressed(
    session: Session, actor: Actor, *, now: datetime, vault: Vault, before: UUID | None = None
) -> tuple[list[Suppressed], UUID | None]:
    """The newest suppressions that this actor may know of, at `now` (UTC); and where the next page begins.

    Of an address only a keyed hash is kept; whose it is can be told while a destination has the same.
    """
    query = (
        select(Suppression, Destination)
        .join(Destination, Destination.address_hmac == Suppression.address_hmac, isouter=True)
        .where(suppressions_of(actor))
        .order_by(Suppression.id.desc())
        .limit(MOST_ROWS + 1)
    )
    if before is not None:
        query = query.where(Suppression.id < before)
    knows_whose = may(actor, Action.SEE_ALL_DELIVERIES)
    page = [
        Suppressed(
            id=row.id,
            reason=row.reason,
            since=row.created_at,
            until=row.until,
            is_over=row.until is not None and row.until <= now,
            to=_whose(destination, vault) if knows_whose else None,
        )
        for row, destination in session.execute(query)
    ]
    return page[:MOST_ROWS], page[MOST_ROWS - 1].id if len(page) > MOST_ROWS else None


def _whose(destination: Destination | None, vault: Vault) -> str | None:
    return (destination.label or masked_address(destination, vault)) if destination is not None else None
