"""The signs by which a worker is known to be alive and well, judged here alone for `/readyz`, `vigil doctor` and the outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import literal_column, select

from service.queries.completeness import CLAUSES, MOST_COUNTED, SENT_WITHIN
from service.queries.due import first_due
from service.records import Alert, Delivery, Heartbeat
from service.records.alerts import CANARY_EVERY
from service.vocabulary import Beat, DeliveryState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

# The check rings each minute; three missed ones are no accident.
CHECKED_WITHIN = timedelta(minutes=3)
# How long a look stands before the next bell has somebody look again: five minutes if all was well, else one.
WELL_FOR = timedelta(minutes=4, seconds=30)
UNWELL_FOR = timedelta(seconds=50)
# Three missed looks are no accident.
LOOKED_WITHIN = timedelta(minutes=15)
CANARY_RETURNS_WITHIN = timedelta(minutes=15)
CANARY_SENT_WITHIN = 2 * CANARY_EVERY + timedelta(minutes=5)
HEARD_WITHIN = timedelta(minutes=20)

_RHYTHMS = (Beat.CHECK_OVERDUE, Beat.CLOSE_DIGESTS, Beat.CHECK_COMPLETENESS)


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing judged, and in one sentence what was found."""

    name: str
    ok: bool
    message: str


def signs_of_life(session: Session, *, now: datetime, canary: int | None) -> list[Sign]:
    """Every sign at `now` (the machine's time, UTC); `canary` is the subscription that is to answer, None where none is."""
    return [*signs_around(session, now=now, canary=canary), _completeness(_beats(session), now)]


def signs_around(session: Session, *, now: datetime, canary: int | None) -> list[Sign]:
    """The same without the last look at what is missing: for the look itself."""
    beats = _beats(session)
    signs = [_check(beats, now), _scheduler(beats, now), _deliveries(session)]
    return signs if canary is None else [*signs, _canary(session, beats, canary, now)]


def outside_heartbeat(session: Session, *, now: datetime) -> Sign:
    """Whether the outside took the last heartbeat; for people, because what watches from outside sees it by itself."""
    beats = _beats(session)
    taken, failed = beats.get(Beat.OUTSIDE_HEARTBEAT), beats.get(Beat.OUTSIDE_HEARTBEAT.failed)
    if taken is not None and _is_fresh(taken, now, HEARD_WITHIN):
        return Sign("outside_heartbeat", True, f"the outside heartbeat was taken {_when(taken, now)}")
    why = f": {failed.detail.get('reason')}" if failed is not None and (not taken or failed.at > taken.at) else ""
    when = f"was last taken {_when(taken, now)}" if taken else "was never taken"
    return Sign("outside_heartbeat", False, f"the outside heartbeat {when}{why}")


def may_look(session: Session, *, now: datetime) -> bool:
    """Whether it is time to look at what is missing: every few minutes, and soon again after something was not well."""
    last = session.get(Heartbeat, Beat.CHECK_COMPLETENESS.value)
    return last is None or not _is_fresh(last, now, WELL_FOR if last.detail.get("well") else UNWELL_FOR)


def last_check(session: Session) -> datetime | None:
    """When the overdue check last ran to its end (UTC); None: never."""
    return session.scalar(select(Heartbeat.at).where(Heartbeat.name == Beat.CHECK_OVERDUE.value))


def is_stale(checked_at: datetime | None, *, now: datetime) -> bool:
    """Whether a check of that instant is too old for the alerts to be trusted."""
    return checked_at is None or abs(now - checked_at) >= CHECKED_WITHIN


def _beats(session: Session) -> Mapping[str, Heartbeat]:
    return {beat.name: beat for beat in session.scalars(select(Heartbeat))}


def _check(beats: Mapping[str, Heartbeat], now: datetime) -> Sign:
    last, failed = beats.get(Beat.CHECK_OVERDUE), beats.get(Beat.CHECK_OVERDUE.failed)
    fails = failed is not None and (last is None or failed.at > last.at)
    why = f"it fails ({failed.detail.get('error')})" if failed is not None and fails else "is a worker running?"
    if last is None:
        return Sign("overdue_check", False, f"the check has never run to its end: {why}")
    if is_stale(last.at, now=now):
        message = f"the check last ran {_when(last, now)}, at {last.at:%Y-%m-%d %H:%M} UTC: {why}"
        return Sign("overdue_check", False, message)
    return Sign("overdue_check", True, f"the check ran {_when(last, now)}")


def _scheduler(beats: Mapping[str, Heartbeat], now: datetime) -> Sign:
    """Any rhythm will do, whether it ran or failed: the scheduler is what rings them all."""
    found = [beat for name in _RHYTHMS for beat in (beats.get(name), beats.get(name.failed)) if beat is not None]
    nearest = min(found, key=lambda beat: abs(now - beat.at), default=None)
    if nearest is None:
        return Sign("scheduler", False, "no rhythm has ever run: start `vigil worker`")
    if not _is_fresh(nearest, now, CHECKED_WITHIN):
        return Sign("scheduler", False, f"the last rhythm ran {_when(nearest, now)}: the scheduler is gone")
    return Sign("scheduler", True, "the scheduler rings")


def _deliveries(session: Session) -> Sign:
    lines = [first_due(session, by_mail=by_mail) for by_mail in (True, False)]
    waited = max((now - due_at for due_at, now in lines if due_at is not None), default=timedelta(0))
    if waited <= timedelta(0):
        return Sign("deliveries", True, "nothing waits to be sent")
    message = f"the oldest message that is due has waited {in_words(waited)}"
    return Sign("deliveries", waited < SENT_WITHIN, message)


def _completeness(beats: Mapping[str, Heartbeat], now: datetime) -> Sign:
    last = beats.get(Beat.CHECK_COMPLETENESS)
    if last is None:
        return Sign("completeness", False, "nobody has looked yet whether anything is missing")
    if not _is_fresh(last, now, LOOKED_WITHIN):
        return Sign("completeness", False, f"somebody last looked {_when(last, now)} whether anything is missing")
    missing: Mapping[str, Any] = last.detail.get("missing", {})
    if missing:
        return Sign("completeness", False, "; ".join(_clause(name, one) for name, one in missing.items()))
    return Sign("completeness", True, f"nothing was missing {_when(last, now)}")


def _clause(name: str, found: Mapping[str, Any]) -> str:
    count = f"{found['count']} or more" if found["count"] >= MOST_COUNTED else found["count"]
    return f"{CLAUSES.get(name, name)}: {count} ({', '.join(found['ids'])})"


def _canary(session: Session, beats: Mapping[str, Heartbeat], subscription_id: int, now: datetime) -> Sign:
    sent = (
        select(Alert.id, Alert.created_at, Delivery.state)
        .join(Delivery, Delivery.alert_id == Alert.id)
        # Spelled like the index, or neither engine uses it.
        .where(Alert.kind == literal_column("'canary'"), Alert.subscription_id == subscription_id)
        .order_by(Alert.created_at.desc())
        .limit(1)
    )
    newest = session.execute(sent).one_or_none()
    if newest is None or now - newest.created_at >= CANARY_SENT_WITHIN:
        message = f"no canary was sent for {in_words(CANARY_SENT_WITHIN)}: is there a subscription {subscription_id}?"
        return Sign("canary", False, message)
    grown = session.execute(sent.where(Alert.created_at <= now - CANARY_RETURNS_WITHIN)).one_or_none()
    if grown is None:
        return Sign("canary", True, "the first canary is on its way")
    when = f"the canary of {grown.created_at:%H:%M} UTC"
    if grown.state is not DeliveryState.ACCEPTED:
        return Sign("canary", False, f"{when} was not accepted: it is {grown.state.value}")
    receipt = beats.get(Beat.CANARY_RECEIPT)
    if receipt is None or str(grown.id) not in receipt.detail.get("received", ()):
        return Sign("canary", False, f"{when} was accepted, and nobody has answered it")
    return Sign("canary", True, f"{when} came back")


def _is_fresh(beat: Heartbeat, now: datetime, within: timedelta) -> bool:
    # What lies in the future is no sign of life either: a clock has jumped.
    return abs(now - beat.at) < within


def _when(beat: Heartbeat, now: datetime) -> str:
    return f"{in_words(now - beat.at)} ago" if beat.at <= now else f"{in_words(beat.at - now)} ahead of the clock"


def in_words(length: timedelta) -> str:
    """A length of time, roughly."""
    seconds = round(length.total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7_200 else f"{seconds // 3_600} h"
