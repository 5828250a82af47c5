"""Writes down what became of tries, many at once: what is accepted stays accepted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select, tuple_, update

from alerts.outcomes import Accepted, Refused, Unknown
from service.commands.destination_failures import note_failures
from service.commands.note_gates import note_gates
from service.commands.put_back import put_back
from service.commands.settling import LONGEST_REASON, PUT_BACK_S, Cancelled, Held, PutBack, settlement
from service.commands.writable_words import with_writable_words
from service.database import instant_of
from service.records import Attempt, Delivery
from service.vocabulary import AttemptOutcome, DeliveryState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.commands.settling import Recorded

_D = Delivery.__table__.c

LONGEST_EXCERPT = 2_000
LONGEST_REFERENCE = 255


def record_outcomes(session: Session, outcomes: Sequence[Recorded], *, audit_key: bytes) -> None:
    """Record them in one transaction, in the order of their ids, so that two workers cannot lock each other out.

    `Accepted` needs no lease and nothing undoes it; every other outcome counts only while the lease is ours.
    `audit_key` chains the entry for a destination that is switched off.
    """
    if not outcomes:
        return
    ordered = sorted((with_writable_words(one) for one in outcomes), key=lambda one: one.claim.id)
    now = instant_of(session)
    accepted = [one for one in ordered if isinstance(one.outcome, Accepted)]
    others = [one for one in ordered if not isinstance(one.outcome, Accepted | PutBack)]
    untried = [one for one in ordered if isinstance(one.outcome, Cancelled | Held | PutBack)]
    if accepted:
        _accept(session, accepted, now)
    if others:
        _settle(session, [settlement(one, now) for one in others])
    _end_attempts(session, [one for one in ordered if not isinstance(one.outcome, Cancelled | Held | PutBack)], now)
    again_at = now + timedelta(seconds=PUT_BACK_S)
    put_back(session, [(one.claim, again_at) for one in untried if isinstance(one.outcome, PutBack)])
    _forget_attempts(session, untried)
    note_gates(session, ordered, now=now)
    note_failures(session, ordered, now=now, audit_key=audit_key)


def _accept(session: Session, accepted: Sequence[Recorded], now: datetime) -> None:
    # In the order of their ids: an UPDATE by itself locks in any order.
    ours = (
        select(_D.id)
        .where(_D.id.in_([one.claim.id for one in accepted]), _D.state != DeliveryState.ACCEPTED)
        .order_by(_D.id)
        .with_for_update()
        .cte("ours")
    )
    session.connection().execute(
        update(Delivery.__table__)  # type: ignore[arg-type] # a record's table is a table
        .where(_D.id.in_(select(ours.c.id)))
        .values(state=DeliveryState.ACCEPTED, open=False, lease_token=None, reason=None, finished_at=now)
    )
    references = [
        {"of_id": one.claim.id, "new_reference": one.outcome.provider_ref[:LONGEST_REFERENCE]}
        for one in accepted
        if isinstance(one.outcome, Accepted) and one.outcome.provider_ref
    ]
    if references:
        session.connection().execute(
            update(Delivery.__table__)  # type: ignore[arg-type] # a record's table is a table
            .where(_D.id == bindparam("of_id"), _D.provider_ref.is_(None))
            .values(provider_ref=bindparam("new_reference")),
            references,
        )


def _settle(session: Session, settlements: list[dict[str, Any]]) -> None:
    table: Any = Delivery.__table__
    session.connection().execute(
        update(table)
        .where(table.c.id == bindparam("of_id"), table.c.lease_token == bindparam("of_token"))
        .values(
            state=bindparam("new_state"),
            open=bindparam("new_open"),
            due_at=bindparam("new_due_at"),
            reason=bindparam("new_reason"),
            finished_at=bindparam("new_finished_at"),
            attempts=bindparam("new_attempts"),
            maybe_sent=bindparam("new_maybe_sent"),
            first_attempt_at=bindparam("new_first_attempt_at"),
            lease_token=None,
        ),
        settlements,
    )


def _end_attempts(session: Session, ended: Sequence[Recorded], now: datetime) -> None:
    if not ended:
        return
    table: Any = Attempt.__table__
    session.connection().execute(
        update(table)
        .where(table.c.delivery_id == bindparam("of_id"), table.c.n == bindparam("of_n"))
        .values(
            ended_at=now,
            outcome=bindparam("new_outcome"),
            code=bindparam("new_code"),
            retry_after_s=bindparam("new_retry_after_s"),
            reason=bindparam("new_reason"),
            excerpt=bindparam("new_excerpt"),
        ),
        [{"of_id": one.claim.id, "of_n": one.claim.attempt, **_attempt_words(one.outcome)} for one in ended],
    )


def _attempt_words(outcome: object) -> dict[str, Any]:
    words: dict[str, Any] = dict.fromkeys(("new_code", "new_retry_after_s", "new_reason", "new_excerpt"))
    match outcome:
        case Accepted(code, _, excerpt):
            return words | {
                "new_outcome": AttemptOutcome.ACCEPTED,
                "new_code": code,
                "new_excerpt": excerpt[:LONGEST_EXCERPT] or None,
            }
        case Refused() as refused:
            return {
                "new_outcome": AttemptOutcome.REFUSED_FOR_GOOD if refused.permanent else AttemptOutcome.REFUSED,
                "new_code": refused.code,
                "new_retry_after_s": refused.retry_after_s,
                "new_reason": refused.reason[:LONGEST_REASON],
                "new_excerpt": refused.excerpt[:LONGEST_EXCERPT] or None,
            }
        case Unknown(reason):
            return words | {"new_outcome": AttemptOutcome.UNKNOWN, "new_reason": reason[:LONGEST_REASON]}
        case _:
            raise TypeError(f"{type(outcome).__name__} is no outcome of a try")


def _forget_attempts(session: Session, untried: Sequence[Recorded]) -> None:
    """Nothing was tried, so no try is on record."""
    if untried:
        pairs = [(one.claim.id, one.claim.attempt) for one in untried]
        session.execute(
            delete(Attempt)
            .where(tuple_(Attempt.delivery_id, Attempt.n).in_(pairs), Attempt.outcome == AttemptOutcome.STARTED)
            .execution_options(synchronize_session=False)
        )
