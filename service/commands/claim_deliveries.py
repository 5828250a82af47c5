"""Claims what is due: one worker, one lease, one started attempt each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, func, or_, select, true, update

from service.commands.inserting import insert_into
from service.commands.pass_gates import Ways, pass_gates
from service.database import database_now
from service.records import Attempt, Delivery
from service.records.alerts import PRIORITY_ALERT, PRIORITY_DIGEST, PRIORITY_URGENT
from service.records.base import UtcDateTime, new_id
from service.records.deliveries import delivery_key
from service.vocabulary import AttemptOutcome, ChannelName, DeliveryState

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.facts import Tier
    from service.commands.pass_gates import Waiting

PRIORITIES = (PRIORITY_URGENT, PRIORITY_ALERT, PRIORITY_DIGEST)

# No gate is in the way: for those who claim by hand.
EVERY_WAY = Ways()

_D = Delivery.__table__.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One delivery that is ours until the lease ends (`leased_until`, the database's clock).

    `attempt` is the number of this try, `first_attempt_at` the instant of the first one. `ways` are the gates through
    which it may leave, the preferred one first; `is_probe` says that it finds out whether a tripped gate is well again.
    """

    id: int
    alert_id: UUID | None
    digest_id: UUID | None
    destination_id: UUID
    subscription_id: int | None
    channel: ChannelName
    language: str
    tier: Tier
    attempt: int
    maybe_sent: bool
    first_attempt_at: datetime
    leased_until: datetime
    lease_token: UUID
    ways: tuple[str, ...] = ()
    is_probe: bool = False

    @property
    def key(self) -> str:
        """The key that every repeat carries."""
        return delivery_key(self.alert_id or self.digest_id, self.destination_id)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What one claim found: the deliveries that may leave, and whether it looked at others that must wait."""

    leaving: list[Claim]
    some_wait: bool = False


def claim_deliveries(
    session: Session,
    *,
    limit: int,
    lease_s: float,
    worker: str,
    channels: Collection[ChannelName] = tuple(ChannelName),
    ways: Ways = EVERY_WAY,
) -> Claimed:
    """Take up to `limit` due deliveries of these `channels` for `lease_s` seconds, the most urgent first.

    What a gate does not let pass goes back, due when it may ask again, so that it stands in nobody's way. A claim whose
    lease runs out is due again; its attempt is then noted as lost, and it may have been sent.
    """
    claims: list[Claim] = []
    for priority in PRIORITIES:
        if len(claims) < limit:
            claims += _claim(session, priority, limit - len(claims), lease_s, channels)
    if not claims:
        return Claimed([])
    now = claims[0].leased_until - timedelta(seconds=lease_s)
    found = pass_gates(session, claims, ways, lease_s=lease_s, now=now)
    _note_lost(session, claims)
    _note_attempts(session, found.leaving, worker, now)
    _put_back(session, found.waiting)
    return Claimed(found.leaving, bool(found.waiting))


def _claim(
    session: Session,
    priority: int,
    limit: int,
    lease_s: float,
    channels: Collection[ChannelName],
) -> list[Claim]:
    token = new_id()
    due = (
        select(_D.id)
        # Spelled like the index, or neither engine uses it.
        .where(_D.open.is_(true()), _D.priority == priority, _D.due_at <= database_now())
        .order_by(_D.due_at, _D.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    if set(channels) != set(ChannelName):
        due = due.where(_D.channel.in_(channels))
    # A CTE: PostgreSQL may run a bare LIMIT subquery again and take more than it says.
    candidates = due.cte("candidates")
    taken = session.connection().execute(
        update(Delivery.__table__)  # type: ignore[arg-type] # a record's table is a table
        .where(_D.id.in_(select(candidates.c.id)))
        .values(
            maybe_sent=or_(_D.maybe_sent, _D.state.in_((DeliveryState.SENDING, DeliveryState.UNKNOWN))),
            state=DeliveryState.SENDING,
            attempts=_D.attempts + 1,
            first_attempt_at=func.coalesce(_D.first_attempt_at, database_now()),
            due_at=database_now(plus_s=lease_s),
            lease_token=token,
        )
        .returning(
            _D.id, _D.alert_id, _D.digest_id, _D.destination_id, _D.subscription_id, _D.channel, _D.language, _D.tier,
            _D.attempts, _D.maybe_sent, _D.first_attempt_at, _D.due_at,
        )
    )  # fmt: skip
    return [_as_claim(row, token) for row in sorted(taken, key=lambda row: row.id)]


def _as_claim(row: Any, token: UUID) -> Claim:
    return Claim(
        id=row.id,
        alert_id=row.alert_id,
        digest_id=row.digest_id,
        destination_id=row.destination_id,
        subscription_id=row.subscription_id,
        channel=row.channel,
        language=row.language,
        tier=row.tier,
        attempt=row.attempts,
        maybe_sent=row.maybe_sent,
        first_attempt_at=row.first_attempt_at,
        leased_until=row.due_at,
        lease_token=token,
    )


def _note_lost(session: Session, claims: Sequence[Claim]) -> None:
    again = [claim.id for claim in claims if claim.maybe_sent]
    if again:
        session.execute(
            update(Attempt)
            .where(Attempt.delivery_id.in_(again), Attempt.outcome == AttemptOutcome.STARTED)
            .values(
                outcome=AttemptOutcome.LOST,
                ended_at=database_now(),
                reason="The worker that tried it stopped before it could say what became of it.",
            )
            .execution_options(synchronize_session=False)
        )


def _note_attempts(session: Session, leaving: Sequence[Claim], worker: str, now: datetime) -> None:
    if leaving:
        session.execute(
            insert_into(session, Attempt),
            [
                {"delivery_id": claim.id, "n": claim.attempt, "worker": worker, "outcome": AttemptOutcome.STARTED,
                 "started_at": now}
                for claim in leaving
            ],
        )  # fmt: skip


def _put_back(session: Session, waiting: Sequence[Waiting]) -> None:
    """Nothing was tried: the try does not count, and the 72 hours do not begin."""
    if waiting:
        session.connection().execute(
            update(Delivery.__table__)  # type: ignore[arg-type] # a record's table is a table
            .where(_D.id == bindparam("of_id"))
            .values(
                state=case((_D.maybe_sent, DeliveryState.UNKNOWN.value), else_=DeliveryState.QUEUED.value),
                attempts=_D.attempts - 1,
                first_attempt_at=case((_D.attempts > 1, _D.first_attempt_at), else_=None),
                due_at=bindparam("again_at", type_=UtcDateTime),
                lease_token=None,
            ),
            [{"of_id": one.claim.id, "again_at": one.again_at} for one in waiting],
        )
