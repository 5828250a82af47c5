"""What fails at a destination is counted, its owner is warned, and one that is dead is switched off."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, literal, or_, select, update

from alerts.destination_facts import OffReason
from alerts.outcomes import Accepted, Refused, Unknown
from service.commands.audit import audit
from service.commands.tell_owners import disabled, failing, tell_owners
from service.records import Alert, Destination
from service.records.base import UtcDateTime
from service.records.subscribers import NOT_WORKING_AT, WARNED_AT
from service.vocabulary import NOTICES, ChannelName, DestinationState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import CTE, ColumnElement
    from sqlalchemy.orm import Session

    from service.commands.claims import Claim
    from service.commands.settling import Recorded

# Tries begin 5, 15 and 45 s apart: a receiver that restarts would have its owner warned within 20 s.
COUNT_ONCE_IN = timedelta(minutes=1)
# And warned twice: nobody is switched off for two bad moments with five silent days between them.
OFF_AFTER = timedelta(hours=120)
LONGEST_REASON = 200
ACTOR = "worker"

_Failure = tuple["Claim", Refused | Unknown]
_Why = tuple[OffReason, str]
_TABLE: Any = Destination.__table__
_D = _TABLE.c
_IS_ON = _D.state != DestinationState.DISABLED


def note_failures(session: Session, outcomes: Sequence[Recorded], *, now: datetime, audit_key: bytes) -> None:
    """Note for the destinations of these tries whether they took something; `now` (UTC) is the database's clock.

    One that accepted anything forgets the failures before, in one statement. What our own relay, homeserver or mistake
    refused is no failure of a destination, and a notice that fails neither counts nor makes another notice.
    """
    worked = {one.claim.destination_id for one in outcomes if isinstance(one.outcome, Accepted)}
    failed = [
        (one.claim, one.outcome)
        for one in outcomes
        if isinstance(one.outcome, Refused | Unknown)
        and _is_theirs(one.claim, one.outcome)
        and one.claim.destination_id not in worked
    ]
    if failed:
        # All at once, even those whose turn may not come, so that two workers cannot lock each other out.
        touched = worked | {claim.destination_id for claim, _ in failed}
        session.connection().execute(select(_locked(_D.id.in_(touched))))
    if worked:
        had_failed = and_(_D.id.in_(worked), _D.failures > 0, _IS_ON)
        session.connection().execute(
            update(_TABLE)
            .where(_D.id.in_(select(_locked(had_failed).c.id)))
            .values(failures=0, first_failure_at=None, last_failure_at=None)
        )
    if failed:
        _look_after(session, failed, now, audit_key)


def switch_off(session: Session, whys: Mapping[UUID, _Why], *, now: datetime, audit_key: bytes) -> list[Any]:
    """Switch these destinations off, each for its reason and in its words; the rows of those that were on.

    What is queued for them is cancelled by the last look before it leaves. Whoever calls this tells the owners.
    """
    off = _switch_off(session, whys, now)
    for row in off:
        audit(
            session, at=now, actor=ACTOR, action="disable_destination", record="destination", record_id=str(row.id),
            detail={"channel": row.channel, "reason": whys[row.id][0].value}, key=audit_key,
        )  # fmt: skip
    return off


def _is_theirs(claim: Claim, outcome: Refused | Unknown) -> bool:
    if isinstance(outcome, Refused) and (outcome.our_side or outcome.our_mistake):
        return False
    line_broke = isinstance(outcome, Unknown) or (outcome.code is None and not outcome.permanent)
    # Mail goes by our own relay, and its line says nothing of the mailbox.
    return not (line_broke and claim.channel is ChannelName.EMAIL)


def _locked(which: ColumnElement[bool]) -> CTE:
    # In one order, and weakly, since no key changes: meanwhile the fan-out may write deliveries to them.
    return select(_D.id).where(which).order_by(_D.id).with_for_update(key_share=True).cte("locked")


def _look_after(session: Session, failed: Sequence[_Failure], now: datetime, audit_key: bytes) -> None:
    about = {claim.alert_id for claim, _ in failed}
    notices = set(session.scalars(select(Alert.id).where(Alert.id.in_(about), Alert.kind.in_(NOTICES))))
    real = {claim.destination_id: outcome for claim, outcome in failed if claim.alert_id not in notices}
    counted = _count(session, real, now)
    lasting = [row for row in counted if row.failures >= NOT_WORKING_AT and now - row.first_failure_at >= OFF_AFTER]
    whys = {row.id: (OffReason.FIVE_DAYS, _five_days(real[row.id])) for row in lasting}
    whys |= {claim.destination_id: why for claim, outcome in failed if (why := _why_dead(outcome))}
    off = switch_off(session, whys, now=now, audit_key=audit_key)
    is_off = {row.id for row in off}
    told = [
        failing(row.id, row.subscriber_id, failures=row.failures, since=row.first_failure_at)
        for row in counted
        if row.failures in WARNED_AT and row.id not in is_off
    ]
    told += [disabled(row.id, row.subscriber_id, reason=whys[row.id][0], at=now) for row in off if row.id in real]
    tell_owners(session, told, now=now)


def _count(session: Session, ids: Collection[UUID], now: datetime) -> Sequence[Any]:
    statement = (
        update(_TABLE)
        .where(_D.id.in_(ids), _IS_ON)
        .where(or_(_D.last_failure_at.is_(None), _D.last_failure_at <= now - COUNT_ONCE_IN))
        .values(failures=_D.failures + 1, first_failure_at=_first_failure(now), last_failure_at=now)
        .returning(_D.id, _D.subscriber_id, _D.failures, _D.first_failure_at)
    )
    return session.connection().execute(statement).all()


def _first_failure(now: datetime) -> ColumnElement[Any]:
    return func.coalesce(_D.first_failure_at, literal(now, UtcDateTime()))


def _five_days(outcome: Refused | Unknown) -> str:
    return f"Nothing got through for five days. {outcome.reason}"


def _why_dead(outcome: Refused | Unknown) -> _Why | None:
    if isinstance(outcome, Refused) and outcome.no_such_address:
        return OffReason.NO_SUCH_ADDRESS, outcome.reason
    if isinstance(outcome, Refused) and outcome.gone:
        return OffReason.GONE, outcome.reason
    return None


def _switch_off(session: Session, whys: Mapping[UUID, _Why], now: datetime) -> list[Any]:
    off: list[Any] = []
    for words in sorted({words for _, words in whys.values()}):
        statement = (
            update(_TABLE)
            .where(_D.id.in_([destination_id for destination_id, why in whys.items() if why[1] == words]), _IS_ON)
            .values(
                state=DestinationState.DISABLED,
                disabled_at=now,
                disabled_reason=words[:LONGEST_REASON],
                first_failure_at=_first_failure(now),
                last_failure_at=now,
                version=_D.version + 1,
            )
            .returning(_D.id, _D.subscriber_id, _D.channel)
        )
        off += session.connection().execute(statement)
    return sorted(off, key=lambda row: row.id)
