"""Deliveries: what was owed to whom, how it went, and why; addresses are not shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from service.api.access import Caller, Reader, Writer
from service.api.idempotency import Key, once
from service.api.paging import Page, WindowDep
from service.api.reading import found, note_reading
from service.api.shapes import Shown, example
from service.commands.retry_deliveries import retry
from service.errors import Conflict
from service.last_look import why_not
from service.queries.visible import deliveries_of
from service.records import Alert, Attempt, Delivery
from service.security.policy import Action
from service.vocabulary import AlertKind, AttemptOutcome, ChannelName, DeliveryState
from service.web import Now, PartsDep, WallNow, Writing

router = APIRouter(prefix="/deliveries", tags=["Deliveries"])

LARGEST_ID = 2**63 - 1
SerialId = Annotated[int, Path(ge=1, le=LARGEST_ID)]

# Nobody knows whether a message was read: "delivered" is not among the words.
_WORDS: Mapping[DeliveryState, str] = {
    DeliveryState.QUEUED: "Waiting for its next try.",
    DeliveryState.SENDING: "Sending.",
    DeliveryState.ACCEPTED: "Accepted by the receiving server.",
    DeliveryState.UNKNOWN: "May have arrived: the line broke.",
    DeliveryState.HELD: "May have arrived: somebody must decide whether it is sent again.",
    DeliveryState.DEAD: "Given up.",
    DeliveryState.CANCELLED: "Not sent: it no longer stood.",
}
_CAME_BACK = "Accepted by the receiving server, and came back."
_EXAMPLE = {
    "id": 41, "alert_id": "01932a10-7a3e-7c11-8f4e-5f1d2c3b4a63", "digest_id": None,
    "destination_id": "01932a10-7a3e-7c11-8f4e-5f1d2c3b4a64", "channel": "webhook", "state": "queued",
    "words": "Waiting for its next try.", "reason": "The server asked to come back later.", "attempts": 1,
    "due_at": "2030-03-09T19:00:20Z", "first_attempt_at": "2030-03-09T19:00:05Z", "finished_at": None,
    "maybe_sent": False, "bounced_at": None,
}  # fmt: skip


class AttemptShown(Shown):
    """One try; `code` is the receiving server's."""

    n: int
    started_at: datetime
    ended_at: datetime | None
    outcome: AttemptOutcome
    code: int | None
    reason: str | None


class DeliveryShown(Shown):
    """One alert or digest owed to one destination; `due_at` is when it may next be tried, null when nothing is left to do.

    `bounced_at` is when it came back after a server had accepted it.
    """

    model_config = example(**_EXAMPLE)

    id: int
    alert_id: UUID | None
    digest_id: UUID | None
    destination_id: UUID
    channel: ChannelName
    state: DeliveryState
    words: str
    reason: str | None
    attempts: int
    due_at: datetime | None
    first_attempt_at: datetime | None
    finished_at: datetime | None
    maybe_sent: bool
    bounced_at: datetime | None

    @classmethod
    def of(cls, delivery: Delivery) -> DeliveryShown:
        """The delivery in words."""
        columns = {
            name: getattr(delivery, name) for name in DeliveryShown.model_fields if name not in {"words", "due_at"}
        }
        words = _CAME_BACK if delivery.bounced_at else _WORDS[delivery.state]
        return cls(**columns, words=words, due_at=delivery.due_at if delivery.open else None)


class DeliveryInFull(DeliveryShown):
    """The same with every try at it."""

    model_config = example(
        **_EXAMPLE,
        tries=[
            {
                "n": 1, "started_at": "2030-03-09T19:00:05Z", "ended_at": "2030-03-09T19:00:06Z", "outcome": "refused",
                "code": 503, "reason": "The server asked to come back later.",
            }
        ],
    )  # fmt: skip

    tries: tuple[AttemptShown, ...] = ()


@router.get("", summary="List deliveries")
def list_deliveries(
    session: Writing,
    caller: Reader,
    window: WindowDep,
    parts: PartsDep,
    now: Now,
    alert_id: Annotated[UUID | None, Query(description="Only those of this alert")] = None,
    destination_id: Annotated[UUID | None, Query(description="Only those to this destination")] = None,
    state: Annotated[DeliveryState | None, Query(description="Where they stand")] = None,
) -> Page[DeliveryShown]:
    """Deliveries of alerts about the granted cases, oldest first; the reading is noted in the audit."""
    statement = select(Delivery).where(deliveries_of(caller.actor))
    if alert_id is not None:
        statement = statement.where(Delivery.alert_id == alert_id)
    if destination_id is not None:
        statement = statement.where(Delivery.destination_id == destination_id)
    if state is not None:
        statement = statement.where(Delivery.state == state)
    page = window.page(session, statement, Delivery.id, DeliveryShown.of)
    note_reading(session, caller, "delivery", (item.id for item in page.items), now=now, vault=parts.vault)
    return page


@router.get("/{delivery_id}", summary="Read one delivery with its tries")
def read_delivery(delivery_id: SerialId, session: Writing, caller: Reader, parts: PartsDep, now: Now) -> DeliveryInFull:
    """The reading is noted in the audit."""
    delivery = found(session, _one(caller, delivery_id))
    tries: Sequence[Attempt] = session.scalars(
        select(Attempt).where(Attempt.delivery_id == delivery.id).order_by(Attempt.n)
    ).all()
    note_reading(session, caller, "delivery", [delivery.id], now=now, vault=parts.vault)
    shown = DeliveryShown.of(delivery)
    return DeliveryInFull(**shown.model_dump(), tries=tuple(AttemptShown.model_validate(one) for one in tries))


@router.post("/{delivery_id}/retry", status_code=202, summary="Queue a dead or held delivery again")
def retry_delivery(
    delivery_id: SerialId, session: Writing, caller: Writer, parts: PartsDep, now: Now, wall_now: WallNow,
    key: Key = None,
) -> DeliveryShown:  # fmt: skip
    """It goes out with the key that it had; a conflict says why it does not. The same Idempotency-Key again queues nothing."""
    delivery = found(session, _one(caller, delivery_id))
    _require_write(session, caller, delivery)

    def queue() -> DeliveryShown:
        gone = why_not(session, [delivery_id], now=now)
        done = retry(session, [delivery_id], gone=gone, now=now, by=caller.name, vault=parts.vault)
        if done.refused:
            raise Conflict(done.refused[delivery_id])
        session.refresh(delivery)
        return DeliveryShown.of(delivery)

    return once(
        session, caller, key, route="POST /deliveries/retry", request=delivery_id, status=202, now=wall_now,
        answer=queue, shape=DeliveryShown,
    )  # fmt: skip


def _require_write(session: Session, caller: Caller, delivery: Delivery) -> None:
    alert = session.get(Alert, delivery.alert_id) if delivery.alert_id is not None else None
    if alert is None:
        # A digest speaks of several cases.
        caller.require(Action.WRITE_ALL_CASES)
    elif alert.kind is AlertKind.DESTINATION_TEST:
        caller.require(Action.MANAGE_DESTINATIONS)
    else:
        caller.require(Action.WRITE_CASE, alert.case_id)


def _one(caller: Caller, delivery_id: int) -> Select[Delivery]:
    return select(Delivery).where(Delivery.id == delivery_id, deliveries_of(caller.actor))
