"""What calendars and feeds say of cases: the dates and alerts that anybody may read, at the public tier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.facts import Level, Tier
from service.facts.cases import case_facts
from service.facts.follow_ups import kind_for
from service.facts.public_cases import public_follow_ups
from service.records import Alert, Case, FollowUp, OverdueEpisode, UrgentAction
from service.vocabulary import AlertKind, Monitoring

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.links import Links

# What a reader's program has not taken in by then it would not show either.
MOST_ALERTS = 100
MOST_DATES = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedDate:
    """A day by which something must happen, counted in `time_zone`; `revision` rises when it moves.

    `kind` is None where it would tell of an illness.
    """

    id: UUID
    case_reference: str
    case_url: str
    kind: str | None
    due_on: date
    time_zone: str
    revision: int
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedAlert:
    """One of these days came near or passed, and was announced at `told_at` (UTC)."""

    id: UUID
    level: Level
    told_at: datetime
    about: FeedDate


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedCall:
    """One version of an urgent action, told at `told_at` (UTC), by its number; a stop action has no last day to act."""

    id: UUID
    kind: AlertKind
    number: str
    case_reference: str
    case_url: str
    act_by: date | None
    time_zone: str
    told_at: datetime


def dates_of(session: Session, case_ids: Collection[UUID], *, now: datetime, links: Links) -> tuple[FeedDate, ...]:
    """The open public dates of those of these cases that are public and watched at `now` (UTC), the earliest first."""
    watched = _watched(session, case_ids)
    known = case_facts(session, watched, now=now)
    rows = session.scalars(public_follow_ups(watched).limit(MOST_DATES))
    return tuple(
        FeedDate(
            id=row.id,
            case_reference=known[row.case_id].case.reference,
            case_url=links.case(known[row.case_id].case.slug),
            kind=kind_for(row, known[row.case_id], Tier.PUBLIC),
            due_on=row.due_on,
            time_zone=row.time_zone,
            revision=row.due_revision,
            changed_at=row.updated_at,
        )
        for row in rows
    )


def alerts_of(session: Session, case_ids: Collection[UUID], *, now: datetime, links: Links) -> tuple[FeedAlert, ...]:
    """What was announced of these dates as they stand at `now` (UTC), the newest first.

    It is said with the words of today: what somebody no longer agrees to have said goes, though it was said before.
    """
    dates = {date.id: date for date in dates_of(session, case_ids, now=now, links=links)}
    rows = session.execute(
        select(Alert.id, Alert.created_at, Alert.follow_up_id, OverdueEpisode.level)
        .join(OverdueEpisode, OverdueEpisode.id == Alert.overdue_episode_id)
        .join(FollowUp, FollowUp.id == Alert.follow_up_id)
        .where(
            Alert.kind == AlertKind.FOLLOW_UP,
            Alert.tier == Tier.PUBLIC,
            FollowUp.id.in_(list(dates)),
            OverdueEpisode.due_revision == FollowUp.due_revision,
        )
        .order_by(Alert.created_at.desc(), Alert.id)
        .limit(MOST_ALERTS)
    )
    return tuple(
        FeedAlert(id=row.id, level=row.level, told_at=row.created_at, about=dates[row.follow_up_id]) for row in rows
    )


def calls_of(session: Session, case_ids: Collection[UUID], *, links: Links) -> tuple[FeedCall, ...]:
    """The urgent actions that were told of those of these cases that are public, the newest first.

    Which of them still stand is for the caller to ask. They say no more than their numbers and days.
    """
    rows = session.execute(
        select(Alert.id, Alert.kind, Alert.created_at, UrgentAction, Case)
        .join(UrgentAction, UrgentAction.alert_id == Alert.id)
        .join(Case, Case.id == Alert.case_id)
        .where(Case.id.in_(case_ids), Case.tier == Tier.PUBLIC, Alert.tier == Tier.PUBLIC)
        .order_by(Alert.created_at.desc(), Alert.id)
        .limit(MOST_ALERTS)
    )
    return tuple(
        FeedCall(
            id=alert_id,
            kind=kind,
            number=action.number,
            case_reference=case.reference,
            case_url=links.case(case.slug),
            act_by=action.act_by,
            time_zone=action.time_zone,
            told_at=told_at,
        )
        for alert_id, kind, told_at, action, case in rows
    )


def _watched(session: Session, case_ids: Collection[UUID]) -> list[UUID]:
    public = select(Case.id).where(
        Case.id.in_(case_ids), Case.tier == Tier.PUBLIC, Case.monitoring != Monitoring.CLOSED
    )
    return list(session.scalars(public))
