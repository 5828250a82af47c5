"""Tells the gates how tries went: what was accepted opens them, what failed on the host's side shuts them in the end."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.gates import after_failure, after_success, after_wish
from alerts.outcomes import Accepted, Refused, Unknown
from service.commands.gate_rows import lock_gates, write_gates
from service.records import Gate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.commands.settling import Recorded

LONGEST_REASON = 500


def note_gates(session: Session, outcomes: Sequence[Recorded], *, now: datetime) -> None:
    """Move the gates that these outcomes passed. `now` is the database's clock.

    Where nothing failed, which is nearly always, this is one small question.
    """
    passed = {way for one in outcomes if isinstance(one.outcome, Accepted) and (way := _way_of(one, one.outcome))}
    failed: dict[str, list[Recorded]] = defaultdict(list)
    for one in outcomes:
        if isinstance(one.outcome, Accepted | Refused | Unknown):
            for way in one.outcome.failed_ways:
                failed[way].append(one)
    recovered = _that_had_failed(session, passed)
    gates = lock_gates(session, {*recovered, *failed})
    reasons: dict[str, str | None] = {}
    for way in recovered:
        gates[way] = after_success(gates[way])
        reasons[way] = None
    for way, ones in failed.items():
        for one in ones:
            wait_s = one.outcome.retry_after_s if isinstance(one.outcome, Refused) else None
            if wait_s:
                gates[way] = after_wish(gates[way], wait_s, now=now)
            else:
                gates[way] = after_failure(gates[way], now=now, was_probe=one.claim.is_probe)
            reasons[way] = _reason_of(one)
    write_gates(session, gates, reasons=reasons)


def _way_of(one: Recorded, accepted: Accepted) -> str | None:
    return accepted.way or next(iter(one.claim.ways), None)


def _that_had_failed(session: Session, ways: set[str]) -> list[str]:
    if not ways:
        return []
    return list(session.scalars(select(Gate.key).where(Gate.key.in_(ways), Gate.failures > 0)))


def _reason_of(one: Recorded) -> str:
    if isinstance(one.outcome, Refused | Unknown):
        return one.outcome.reason[:LONGEST_REASON]
    return "Another relay had to take over."
