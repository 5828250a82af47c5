"""Claims what is due: one worker, one lease, one started attempt each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Double, Integer, Uuid, bindparam, func, insert, literal, or_, select, update

from service.commands.claims import Claim
from service.commands.keep_quiet import keep_quiet
from service.commands.pass_gates import Ways, pass_gates
from service.commands.put_back import put_back
from service.database import database_now
from service.records import Attempt, Delivery
from service.records.alerts import PRIORITIES
from service.records.base import UtcDateTime, new_id
from service.records.deliveries import BY_MAIL, OVER_HTTP
from service.vocabulary import AttemptOutcome, DeliveryState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import TextClause
    from sqlalchemy.orm import Session
    from sqlalchemy.sql.dml import ReturningUpdate


# No gate is in the way: for those who claim by hand.
EVERY_WAY = Ways()

_D = Delivery.__table__.c


@dataclass(frozen=True, slots=True)
class Claimed:
    """What one claim found: the deliveries that may leave, and whether it looked at others that must wait."""

    leaving: list[Claim]
    some_wait: bool = False


def claim_deliveries(
    session: Session, *, limit: int, lease_s: float, worker: str, by_mail: bool = True, ways: Ways = EVERY_WAY
) -> Claimed:
    """Take up to `limit` due deliveries, by mail or over HTTP, for `lease_s` seconds, the most urgent first.

    What a gate does not let pass goes back, due when it may ask again, so that it stands in nobody's way; so does what
    would come in its reader's quiet hours. A claim whose lease runs out is due again; its attempt is then noted as
    lost, and it may have been sent.
    """
    claims: list[Claim] = []
    for priority in PRIORITIES:
        if len(claims) < limit:
            claims += _claim(session, by_mail, priority, limit - len(claims), lease_s)
    if not claims:
        return Claimed([])
    now = claims[0].leased_until - timedelta(seconds=lease_s)
    quiet = keep_quiet(session, claims, now=now)
    kept = {claim.id for claim, _ in quiet}
    found = pass_gates(session, [claim for claim in claims if claim.id not in kept], ways, lease_s=lease_s, now=now)
    _note_lost(session, claims)
    _note_attempts(session, found.leaving, worker, now)
    waiting = [*quiet, *((one.claim, one.again_at) for one in found.waiting)]
    put_back(session, waiting)
    return Claimed(found.leaving, bool(waiting))


def _statement(line: TextClause) -> ReturningUpdate[Any]:
    # A CTE: PostgreSQL may run a bare LIMIT subquery again and take more than it says.
    candidates = (
        select(_D.id)
        .where(line, _D.priority == bindparam("of_priority"), _D.due_at <= database_now())
        .order_by(_D.due_at, _D.id)
        .limit(bindparam("at_most", type_=Integer))
        .with_for_update(skip_locked=True)
        .cte("candidates")
    )
    return (
        update(Delivery.__table__)  # type: ignore[arg-type] # a record's table is a table
        .where(_D.id.in_(select(candidates.c.id)))
        .values(
            maybe_sent=or_(_D.maybe_sent, _D.state.in_((DeliveryState.SENDING, DeliveryState.UNKNOWN))),
            state=DeliveryState.SENDING,
            attempts=_D.attempts + 1,
            first_attempt_at=func.coalesce(_D.first_attempt_at, database_now()),
            due_at=database_now(plus_s=bindparam("lease_s", type_=Double)),
            lease_token=bindparam("new_token", type_=Uuid),
        )
        .returning(
            _D.id, _D.alert_id, _D.digest_id, _D.destination_id, _D.subscription_id, _D.channel, _D.language, _D.tier,
            _D.detail, _D.attempts, _D.maybe_sent, _D.first_attempt_at, _D.due_at,
        )
    )  # fmt: skip


_STARTED = ("delivery_id", "n", "worker", "outcome", "started_at")

# Built once: a worker runs them many times a second.
_STATEMENTS = {True: _statement(BY_MAIL), False: _statement(OVER_HTTP)}


def _claim(session: Session, by_mail: bool, priority: int, limit: int, lease_s: float) -> list[Claim]:
    token = new_id()
    given = {"of_priority": priority, "at_most": limit, "lease_s": lease_s, "new_token": token}
    taken = session.connection().execute(_STATEMENTS[by_mail], given)
    return [_as_claim(row, token, lease_s) for row in sorted(taken, key=lambda row: row.id)]


def _as_claim(row: Any, token: UUID, lease_s: float) -> Claim:
    return Claim(
        id=row.id,
        alert_id=row.alert_id,
        digest_id=row.digest_id,
        destination_id=row.destination_id,
        subscription_id=row.subscription_id,
        channel=row.channel,
        language=row.language,
        tier=row.tier,
        detail=row.detail,
        attempt=row.attempts,
        maybe_sent=row.maybe_sent,
        first_attempt_at=row.first_attempt_at,
        leased_until=row.due_at,
        lease_token=token,
        # Both are the clock of the claim's own statement.
        begins=row.first_attempt_at == row.due_at - timedelta(seconds=lease_s),
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
        begun = select(
            _D.id,
            _D.attempts,
            literal(worker),
            literal(AttemptOutcome.STARTED, Attempt.outcome.type),
            literal(now, UtcDateTime),
        ).where(_D.id.in_([claim.id for claim in leaving]))
        session.execute(insert(Attempt.__table__).from_select(_STARTED, begun))  # type: ignore[arg-type] # a table
