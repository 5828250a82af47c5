"""What was told to whom, and with what result; no subscriber's address is ever given in clear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from service.queries.masked_addresses import masked_address
from service.queries.members import granted
from service.records import Alert, Attempt, Case, Delivery, Destination, Digest
from service.security.policy import Action, may
from service.vocabulary import AlertKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from alerts.facts import Level
    from service.queries.choice import Choice
    from service.security.encryption import Vault
    from service.security.policy import Actor
    from service.vocabulary import AttemptOutcome, Cadence, ChannelName, DeliveryState

MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt at a delivery (instants in UTC)."""

    n: int
    started_at: datetime
    outcome: AttemptOutcome
    code: int | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """One delivery: what, to which destination, how it stands. `to` is a label or a masked address."""

    id: int
    reference: str | None
    kind: AlertKind | None
    follow_up_kind: str | None
    level: Level | None
    digest: Cadence | None
    written_at: datetime | None
    channel: ChannelName
    to: str
    state: DeliveryState
    reason: str | None
    attempts: int
    maybe_sent: bool
    next_try_at: datetime | None
    finished_at: datetime | None
    bounced_at: datetime | None
    tries: tuple[Try, ...]


def told(
    session: Session,
    actor: Actor,
    *,
    vault: Vault,
    case_id: UUID | None = None,
    state: DeliveryState | None = None,
    before: int | None = None,
) -> tuple[list[Told], int | None]:
    """The newest deliveries that this actor may know of, of one case or of all; and where the next page begins.

    Digests speak of several cases, so only those who may read every case see them. Canaries tell nobody anything.
    """
    query = _newest_first(MOST_ROWS + 1).where(or_(Alert.id.is_(None), Alert.kind != AlertKind.CANARY))
    if not may(actor, Action.SEE_ALL_DELIVERIES):
        query = query.where(granted(actor))
    if case_id is not None:
        query = query.where(Case.id == case_id)
    if state is not None:
        query = query.where(Delivery.state == state)
    if before is not None:
        query = query.where(Delivery.id < before)
    page = _read(session, query, vault)
    return page[:MOST_ROWS], page[MOST_ROWS - 1].id if len(page) > MOST_ROWS else None


def told_of(session: Session, choice: Choice, *, vault: Vault, limit: int) -> list[Told]:
    """The newest `limit` deliveries of this choice, for whoever runs the installation."""
    return _read(session, _newest_first(limit).where(*choice.conditions()), vault)


def told_by_id(session: Session, delivery_id: int, *, vault: Vault) -> Told | None:
    """One delivery, for whoever runs the installation."""
    return next(iter(_read(session, _newest_first(1).where(Delivery.id == delivery_id), vault)), None)


def _newest_first(limit: int) -> Select[Delivery, Destination, Alert, Case, Digest]:
    return (
        select(Delivery, Destination, Alert, Case, Digest)
        .join(Destination, Destination.id == Delivery.destination_id)
        .join(Alert, Alert.id == Delivery.alert_id, isouter=True)
        .join(Case, Case.id == Alert.case_id, isouter=True)
        .join(Digest, Digest.id == Delivery.digest_id, isouter=True)
        .order_by(Delivery.id.desc())
        .limit(limit)
    )


def _read(session: Session, query: Select[Delivery, Destination, Alert, Case, Digest], vault: Vault) -> list[Told]:
    rows = session.execute(query).all()
    tries = _tries(session, [row.Delivery.id for row in rows])
    return [_told(row.Delivery, row.Destination, row.Alert, row.Case, row.Digest, tries, vault) for row in rows]


def _told(
    delivery: Delivery,
    destination: Destination,
    alert: Alert | None,
    case: Case | None,
    digest: Digest | None,
    tries: dict[int, list[Try]],
    vault: Vault,
) -> Told:
    return Told(
        id=delivery.id,
        reference=case.reference if case else None,
        kind=alert.kind if alert else None,
        follow_up_kind=alert.follow_up_kind if alert else None,
        level=alert.level if alert else None,
        digest=digest.cadence if digest else None,
        written_at=alert.created_at if alert else digest.closed_at if digest else None,
        channel=delivery.channel,
        to=destination.label or masked_address(destination, vault),
        state=delivery.state,
        reason=delivery.reason,
        attempts=delivery.attempts,
        maybe_sent=delivery.maybe_sent,
        next_try_at=delivery.due_at if delivery.open else None,
        finished_at=delivery.finished_at,
        bounced_at=delivery.bounced_at,
        tries=tuple(tries.get(delivery.id, ())),
    )


def _tries(session: Session, deliveries: Sequence[int]) -> dict[int, list[Try]]:
    found: dict[int, list[Try]] = {}
    query = select(Attempt).where(Attempt.delivery_id.in_(deliveries)).order_by(Attempt.delivery_id, Attempt.n)
    for attempt in session.scalars(query):
        found.setdefault(attempt.delivery_id, []).append(
            Try(attempt.n, attempt.started_at, attempt.outcome, attempt.code, attempt.reason)
        )
    return found
