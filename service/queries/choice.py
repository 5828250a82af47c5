"""Which deliveries somebody means, who names them by what they have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from service.records import Alert, Delivery

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from service.vocabulary import DeliveryState


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Deliveries in one of these states (none named: in any), of a case, to a destination, ended or due since (UTC)."""

    states: Collection[DeliveryState] = ()
    case_id: UUID | None = None
    destination_id: UUID | None = None
    since: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same for SQL; what is not asked for is not there."""
        found: list[ColumnElement[bool]] = []
        if self.states:
            found.append(Delivery.state.in_(self.states))
        if self.case_id is not None:
            found.append(Delivery.alert_id.in_(select(Alert.id).where(Alert.case_id == self.case_id)))
        if self.destination_id is not None:
            found.append(Delivery.destination_id == self.destination_id)
        if self.since is not None:
            found.append(func.coalesce(Delivery.finished_at, Delivery.due_at) >= self.since)
        return found


def ids_after(session: Session, choice: Choice, after: int, *, limit: int) -> list[int]:
    """The first `limit` ids above `after` that are meant, in their order."""
    statement = select(Delivery.id).where(Delivery.id > after, *choice.conditions()).order_by(Delivery.id)
    return list(session.scalars(statement.limit(limit)))
