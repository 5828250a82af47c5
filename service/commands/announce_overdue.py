"""Announces what has become later: episodes, alerts, and the instant at which to look again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfoNotFoundError

import structlog
from sqlalchemy import bindparam, literal_column, select, update
from sqlalchemy.orm import contains_eager

from alerts.facts import Level, Tier
from alerts.overdue import is_quiet, level_of, next_level_at, reached_at
from service.commands.due_dates import late_facts, next_look
from service.commands.inserting import insert_new
from service.records import Alert, Case, FollowUp, OverdueEpisode
from service.records.alerts import PRIORITY_ALERT
from service.records.base import new_id
from service.vocabulary import AlertKind, Monitoring

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

log = structlog.get_logger()

# Enough to make the queries cheap, few enough that nobody waits long for the transaction.
BATCH = 500

# When a row whose time zone cannot be read is looked at again; it must not keep the others waiting.
UNREADABLE_AGAIN_AFTER = timedelta(hours=1)


class Snapshots(Protocol):
    """Takes what each tier is told of the follow-ups that reached a level; `service.facts.snapshots_of` is one."""

    def __call__(
        self, session: Session, reached: Sequence[tuple[FollowUp, Level]], *, now: datetime
    ) -> Mapping[UUID, dict[str, Any]]:
        """For each follow-up's id, what `Alert.facts` keeps."""
        ...


@dataclass(frozen=True, slots=True)
class Announced:
    """What one batch did: how many follow-ups it looked at, and the alerts that are new."""

    looked_at: int
    alert_ids: tuple[UUID, ...]


def announce_overdue(session: Session, *, now: datetime, snapshots: Snapshots) -> Announced:
    """Announce up to 500 open follow-ups whose next level is reached at `now` (UTC).

    Each is announced once, at the highest level reached; a second run finds nothing to do. A case that is not watched
    stays silent until it is watched again, and one that is snoozed until the snooze ends, unless it is critical; what is
    sealed is noted as late and told to nobody.
    """
    reached_now = _reached(session, now)
    if not reached_now:
        return Announced(0, ())
    told = _told_levels(session, reached_now)
    newly: list[tuple[FollowUp, Level]] = []
    steps: list[dict[str, Any]] = []
    for follow_up in reached_now:
        level, step = _look(follow_up, now)
        steps.append(step)
        rank_told = told.get((follow_up.id, follow_up.due_revision), 0)
        if level is not None and level.rank > rank_told:
            newly.append((follow_up, level))
    episodes = _write_episodes(session, newly, now)
    mine = [(follow_up, level) for follow_up, level in newly if follow_up.id in episodes]
    alert_ids = _write_alerts(session, mine, episodes, now, snapshots)
    _advance(session, steps)
    return Announced(len(reached_now), alert_ids)


def _reached(session: Session, now: datetime) -> Sequence[FollowUp]:
    return session.scalars(
        select(FollowUp)
        .join(FollowUp.case)
        .where(
            # A literal, spelled like the index: an engine cannot match a parameter with it.
            FollowUp.state == literal_column("'open'"),
            FollowUp.next_level_at <= now,
            Case.monitoring == Monitoring.ACTIVE,
        )
        .order_by(FollowUp.next_level_at, FollowUp.id)
        .limit(BATCH)
        .with_for_update(of=FollowUp, skip_locked=True)
        .options(contains_eager(FollowUp.case))
        .execution_options(populate_existing=True)
    ).all()


def _told_levels(session: Session, follow_ups: Sequence[FollowUp]) -> dict[tuple[UUID, int], int]:
    told: dict[tuple[UUID, int], int] = {}
    episodes = session.execute(
        select(OverdueEpisode.follow_up_id, OverdueEpisode.due_revision, OverdueEpisode.level).where(
            OverdueEpisode.follow_up_id.in_([follow_up.id for follow_up in follow_ups])
        )
    )
    for follow_up_id, due_revision, level in episodes:
        key = (follow_up_id, due_revision)
        told[key] = max(told.get(key, 0), level.rank)
    return told


def _look(follow_up: FollowUp, now: datetime) -> tuple[Level | None, dict[str, Any]]:
    facts = late_facts(follow_up)
    try:
        level, again_at = level_of(facts, now=now), next_level_at(facts, now=now)
        if level is not Level.CRITICAL and is_quiet(follow_up.snoozed_until, follow_up.time_zone, now=now):
            level, again_at = follow_up.level, next_look(follow_up)
    except (ZoneInfoNotFoundError, ValueError) as error:
        log.exception("a follow-up cannot be read", error=type(error).__name__, where=str(follow_up.id))
        level, again_at = follow_up.level, now + UNREADABLE_AGAIN_AFTER
    step = {"of_id": follow_up.id, "new_level": level, "again_at": again_at}
    return level, step


def _write_episodes(session: Session, newly: Sequence[tuple[FollowUp, Level]], now: datetime) -> dict[UUID, UUID]:
    """Episode ids by follow-up, of those that this transaction was the first to write."""
    if not newly:
        return {}
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "follow_up_id": follow_up.id,
            "due_revision": follow_up.due_revision,
            "level": level,
            "reached_at": reached_at(late_facts(follow_up), level) or now,
            "announced_at": now,
            "tier": _least_tier(follow_up),
        }
        for follow_up, level in newly
    ]
    written = set(insert_new(session, OverdueEpisode, rows, unless_same=("follow_up_id", "due_revision", "level")))
    return {follow_up.id: row["id"] for (follow_up, _), row in zip(newly, rows, strict=True) if row["id"] in written}


def _write_alerts(
    session: Session,
    mine: Sequence[tuple[FollowUp, Level]],
    episodes: Mapping[UUID, UUID],
    now: datetime,
    snapshots: Snapshots,
) -> tuple[UUID, ...]:
    tellable = [pair for pair in mine if _least_tier(pair[0]) is not Tier.SEALED]
    if not tellable:
        return ()
    told = snapshots(session, tellable, now=now)
    rows = [
        {
            "id": new_id(),
            "dedupe_key": f"episode:{follow_up.id}:{follow_up.due_revision}:{level}",
            "kind": AlertKind.FOLLOW_UP,
            "priority": PRIORITY_ALERT,
            "tier": _least_tier(follow_up),
            "case_id": follow_up.case_id,
            "country": follow_up.case.country,
            "follow_up_id": follow_up.id,
            "follow_up_kind": follow_up.kind,
            "overdue_episode_id": episodes[follow_up.id],
            "level": level,
            "facts": told[follow_up.id],
            "created_at": now,
        }
        for follow_up, level in tellable
    ]
    return tuple(insert_new(session, Alert, rows, unless_same=("dedupe_key",)))


def _least_tier(follow_up: FollowUp) -> Tier:
    """The least clearance that may hear of it: the case's own or the follow-up's, whichever is closer."""
    return max(follow_up.tier, follow_up.case.tier, key=lambda tier: tier.rank)


def _advance(session: Session, steps: list[dict[str, Any]]) -> None:
    table = FollowUp.__table__
    session.connection().execute(
        update(table)  # type: ignore[arg-type] # a record's table is a table
        .where(table.c.id == bindparam("of_id"))
        .values(level=bindparam("new_level"), next_level_at=bindparam("again_at")),
        sorted(steps, key=lambda step: str(step["of_id"])),
    )
