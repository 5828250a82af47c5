"""The jobs: each opens a transaction, calls, closes; what it did is told to whoever looks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from service.commands.announce_overdue import announce_overdue
from service.commands.beat import beat
from service.commands.close_digests import close_digests
from service.commands.expire_subscriptions import expire_subscriptions
from service.commands.fan_out import fan_out
from service.commands.limits import forget_unused
from service.facts import snapshots_of
from service.queries.due import announcements, next_due_at

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session, sessionmaker

    from service.clock import Clock
    from service.links import Links
    from service.queries.due import Announcement

log = structlog.get_logger()

CHECK_OVERDUE = "check_overdue"
CLOSE_DIGESTS = "close_digests"
EXPIRE_SUBSCRIPTIONS = "expire_subscriptions"


class JobParts(Protocol):
    """What jobs need; the application's parts, the worker's and the command line's fit."""

    @property
    def writing(self) -> sessionmaker[Session]:
        """Sessions that write."""
        ...

    @property
    def reading(self) -> sessionmaker[Session]:
        """Sessions in which the database refuses every write."""
        ...

    @property
    def clock(self) -> Clock:
        """Business time."""
        ...

    @property
    def wall_clock(self) -> Clock:
        """The machine's time."""
        ...

    @property
    def links(self) -> Links:
        """The addresses that messages give out."""
        ...


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


def expire_unconfirmed(parts: JobParts) -> int:
    """End what nobody confirmed within seven days, and forget limits that hold nobody back; returns how many ended."""
    with parts.writing.begin() as session:
        ended = expire_subscriptions(session, now=parts.clock.now())
        forget_unused(session, now=parts.wall_clock.now())
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
    return Checked(announced.looked_at, tuple(announcements(session, announced.alert_ids)))


def _both(done: Checked, batch: Checked) -> Checked:
    return Checked(done.looked_at + batch.looked_at, done.announced + batch.announced)
