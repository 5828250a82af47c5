"""The jobs: each opens a transaction, calls, closes; what it did is told to whoever looks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from service.commands.address_changes import forget_old_addresses
from service.commands.announce_overdue import announce_overdue
from service.commands.apply_rules import apply_rules
from service.commands.audience import owed
from service.commands.beat import beat
from service.commands.canaries import forget_canaries, queue_canary
from service.commands.ciphertexts import forget_ciphertexts
from service.commands.close_digests import close_digests
from service.commands.escalate import escalate
from service.commands.expire_subscriptions import expire_subscriptions, forget_unconfirmed
from service.commands.fan_out import fan_out
from service.commands.limits import forget_unused
from service.commands.manage_visits import forget_visits
from service.commands.tell_again import untold_again
from service.commands.tell_corrected import uncorrected
from service.facts import snapshots_of
from service.queries.completeness import completeness
from service.queries.due import announcements, next_due_at, under_rules
from service.queries.signs_of_life import may_look, signs_around
from service.records import Case
from service.rules.reading import rule_book
from service.vocabulary import Beat
from service.worker.outside_heartbeat import send_outside_heartbeat

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.queries.completeness import Completeness
    from service.queries.due import Announcement
    from service.worker.parts import JobParts, WorkerParts

log = structlog.get_logger()

CHECK_OVERDUE = Beat.CHECK_OVERDUE.value
CLOSE_DIGESTS = Beat.CLOSE_DIGESTS.value
EXPIRE_SUBSCRIPTIONS = Beat.EXPIRE_SUBSCRIPTIONS.value
APPLY_RULES = Beat.APPLY_RULES.value
CHECK_COMPLETENESS = Beat.CHECK_COMPLETENESS.value
SEND_CANARY = Beat.SEND_CANARY.value


@dataclass(frozen=True, slots=True)
class Checked:
    """What one pass did: the follow-ups it looked at, and what it announced."""

    looked_at: int
    announced: tuple[Announcement, ...]


def check_overdue(parts: JobParts) -> Checked:
    """Announce everything that is later at business time than was announced, a batch a transaction."""
    now, done = parts.clock.now(), Checked(0, ())
    while True:
        with parts.writing.begin() as session:
            batch = _check_batch(session, parts, now)
            done = _both(done, batch)
            if not batch.looked_at:
                detail = {"looked_at": done.looked_at, "announced": len(done.announced)}
                beat(session, CHECK_OVERDUE, at=parts.wall_clock.now(), detail=detail)
                return done


def close_ended_digests(parts: JobParts) -> int:
    """Close every digest whose period has ended at business time; returns how many are queued."""
    with parts.writing.begin() as session:
        queued = close_digests(session, now=parts.clock.now())
        beat(session, CLOSE_DIGESTS, at=parts.wall_clock.now(), detail={"queued": queued})
    return queued


def apply_rules_again(parts: WorkerParts) -> int:
    """Apply the rules to the cases where they hold open follow-ups; returns how many changed.

    Whatever is recorded has its rules applied at once; this is for what only a day that has come makes true.
    """
    book, now = rule_book(parts.settings.rules_file), parts.clock.now()
    with parts.reading() as session:
        case_ids = under_rules(session)
    changed = 0
    for case_id in case_ids:
        with parts.writing.begin() as session:
            case = session.get(Case, case_id)
            if case is not None:
                changed += len(apply_rules(session, case, book=book, now=now, by=APPLY_RULES, vault=parts.vault))
    with parts.writing.begin() as session:
        beat(session, APPLY_RULES, at=parts.wall_clock.now(), detail={"cases": len(case_ids), "changed": changed})
    return changed


def check_completeness(parts: JobParts) -> Completeness | None:
    """Look whether anything is missing, and send the outside heartbeat if nothing is and every other sign is good.

    None: somebody looked a moment ago, which is enough for all workers together.
    """
    now = parts.wall_clock.now()
    with parts.reading() as session:
        if not may_look(session, now=now):
            return None
        found = completeness(
            session, now=parts.clock.now(), owed=owed, owed_again=untold_again, uncorrected=uncorrected
        )
        signs = signs_around(session, now=now, canary=parts.settings.canary_subscription)
    wrong = [one.clause for one in found.missing] + [sign.name for sign in signs if not sign.ok]
    with parts.writing.begin() as session:
        beat(session, CHECK_COMPLETENESS, at=parts.wall_clock.now(), detail={**found.as_dict(), "well": not wrong})
    if wrong:
        log.warning("no heartbeat is sent outside: not all is well", where=", ".join(wrong))
    else:
        send_outside_heartbeat(parts)
    return found


def send_canary(parts: JobParts) -> bool:
    """Queue a canary for the subscription that the settings name; False when there is none."""
    canary, now = parts.settings.canary_subscription, parts.wall_clock.now()
    if canary is None:
        return False
    with parts.writing.begin() as session:
        queued = queue_canary(session, canary, now=now)
        beat(session, SEND_CANARY, at=now, detail={"queued": queued})
    return queued


def expire_unconfirmed(parts: JobParts) -> int:
    """End what nobody confirmed within seven days, and forget what is old; returns how many ended."""
    with parts.writing.begin() as session:
        ended = expire_subscriptions(session, now=parts.clock.now())
        forget_unconfirmed(session, now=parts.clock.now())
        forget_visits(session, wall_now=parts.wall_clock.now())
        forget_old_addresses(session, wall_now=parts.wall_clock.now())
        forget_unused(session, now=parts.wall_clock.now())
        forget_canaries(session, now=parts.wall_clock.now())
        forget_ciphertexts(session)
        beat(session, EXPIRE_SUBSCRIPTIONS, at=parts.wall_clock.now(), detail={"ended": ended})
    return ended


def rehearse(parts: JobParts) -> tuple[Checked, int]:
    """What `check_overdue` would announce, and how many digests would close; everything is undone."""
    now, done = parts.clock.now(), Checked(0, ())
    with parts.writing() as session:
        while True:
            batch = _check_batch(session, parts, now)
            done = _both(done, batch)
            if not batch.looked_at:
                break
        queued = close_digests(session, now=now)
        session.rollback()
    return done, queued


def when_next_due(parts: JobParts) -> datetime | None:
    """When the check must look again (UTC)."""
    with parts.reading() as session:
        return next_due_at(session)


def run_recorded(parts: JobParts, name: str, job: Callable[[], object]) -> None:
    """Run a job; one that raises is logged and noted as `<name>.failed`, and the next bell rings all the same."""
    try:
        job()
    except Exception as error:
        detail = {"error": type(error).__name__}
        log.exception("a job failed", rhythm=name, **detail)
        _note_failure(parts, f"{name}.failed", detail)


def _note_failure(parts: JobParts, name: str, detail: Mapping[str, Any]) -> None:
    try:
        with parts.writing.begin() as session:
            beat(session, name, at=parts.wall_clock.now(), detail=detail)
    except Exception as error:
        # The database may be what failed; the log line above is the record then.
        log.exception("a failure cannot be noted", rhythm=name, error=type(error).__name__)


def _check_batch(session: Session, parts: JobParts, now: datetime) -> Checked:
    announced = announce_overdue(session, now=now, snapshots=partial(snapshots_of, links=parts.links))
    fan_out(session, announced.alert_ids, now=now)
    escalate(session, announced.alert_ids, now=now)
    return Checked(announced.looked_at, tuple(announcements(session, announced.alert_ids)))


def _both(done: Checked, batch: Checked) -> Checked:
    return Checked(done.looked_at + batch.looked_at, done.announced + batch.announced)
