"""What the harness asks the database: what is in flight and with whom, what is still owed, what was announced."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, and_, func, select, true, update

from service.database import database_now, reading_sessions, sessions
from service.records import Alert, Attempt, Case, Delivery, FollowUp
from service.vocabulary import DeliveryState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

    from sqlalchemy import Engine

    from tests.torture.load import Pair


class Outbox:
    """The deliveries, seen from outside; `labels` are the readers' by destination."""

    def __init__(self, engine: Engine, labels: Mapping[UUID, str]) -> None:
        self._reading = reading_sessions(engine)
        self._writing = sessions(engine)
        self._labels = labels

    def workers_in_flight(self) -> set[str]:
        """The names of the workers that hold a lease."""
        with self._reading() as session:
            return set(session.scalars(select(Attempt.worker).join(Delivery, _LEASED).distinct()))

    def in_flight(self, worker: str | None = None) -> list[Pair]:
        """What this worker, or any, holds a lease of."""
        held = select(Case.reference, Delivery.destination_id).select_from(Delivery)
        held = held.join(Alert, Alert.id == Delivery.alert_id).join(Case, Case.id == Alert.case_id)
        held = held.join(Attempt, _LEASED)
        if worker is not None:
            held = held.where(Attempt.worker == worker)
        with self._reading() as session:
            return [(reference, self._labels[destination]) for reference, destination in session.execute(held)]

    def end_leases_of(self, worker: str) -> None:
        """Let a minute pass for what a dead worker holds; for whoever does not want to wait that long."""
        held = select(Delivery.id).join(Attempt, _LEASED).where(Attempt.worker == worker)
        with self._writing.begin() as session:
            session.execute(
                update(Delivery)
                .where(Delivery.id.in_(held), Delivery.open.is_(true()))
                .values(due_at=database_now())
                .execution_options(synchronize_session=False)
            )

    def still_owed(self) -> int:
        """How many deliveries are open, and how many follow-ups have yet to be announced."""
        with self._reading() as session:
            open_ones = session.scalar(select(func.count()).where(Delivery.open.is_(true()))) or 0
            unannounced = session.scalar(select(func.count()).where(FollowUp.next_level_at.is_not(None))) or 0
        return open_ones + unannounced

    def alerts(self) -> dict[str, str]:
        """The case's reference for each alert's id."""
        with self._reading() as session:
            rows = session.execute(select(Alert.id, Case.reference).join(Case, Case.id == Alert.case_id))
            return {str(alert_id): reference for alert_id, reference in rows}

    def states(self) -> Mapping[str, int]:
        """How many deliveries ended in which state."""
        with self._reading() as session:
            return Counter(str(state) for state in session.scalars(select(Delivery.state)))

    def workers(self) -> Collection[str]:
        """The names of all that ever claimed something."""
        with self._reading() as session:
            return set(session.scalars(select(Attempt.worker).distinct()))


_LEASED: ColumnElement[bool] = and_(
    Attempt.delivery_id == Delivery.id,
    Attempt.n == Delivery.attempts,
    Delivery.open.is_(true()),
    Delivery.state == DeliveryState.SENDING,
)
