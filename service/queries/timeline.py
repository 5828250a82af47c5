"""What happened in a case, newest first: statements, courts, places of detention, petitions, dates kept and missed, alerts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select

from alerts.facts import Tier
from service.queries.isolation import DaysInIsolation, days_in_isolation
from service.queries.visible import about_nobody_sealed
from service.records import (
    Alert,
    Assertion,
    DetentionEpisode,
    FollowUp,
    IsolationPlacement,
    ParoleReview,
    Petition,
    Proceeding,
    Sentence,
)
from service.vocabulary import AlertKind, DatePrecision, FollowUpState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from service.records import Case


class Happening(StrEnum):
    """What sort of entry it is."""

    STATEMENT = "statement"
    PROCEEDING = "proceeding"
    SENTENCE = "sentence"
    PAROLE_REVIEW = "parole_review"
    DETENTION = "detention"
    ISOLATION = "isolation"
    PETITION = "petition"
    FOLLOW_UP_DUE = "follow_up_due"
    FOLLOW_UP_DONE = "follow_up_done"
    ALERT = "alert"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: when (`on` None: the source names no day), what, and by which source, which speaks for `as_of`.

    `tier` is the least clearance for the entry; `confidential` is the text of something that is more open itself.
    `follow_up_id` and `is_cited_openly` let an export for a lower tier decide what may stay; `days` are those of isolation.
    """

    on: date | None
    precision: DatePrecision
    sort: Happening
    head: str
    text: str
    source: str | None = None
    locator: str | None = None
    disputed_by: str | None = None
    confidential: bool = False
    days: DaysInIsolation | None = None
    as_of: date | None = None
    tier: Tier = Tier.RESTRICTED
    follow_up_id: UUID | None = None
    is_cited_openly: bool = False


def timeline(session: Session, case: Case, *, now: datetime) -> list[Entry]:
    """Everything of the case but its health records and what is sealed; what has no day comes last."""
    entries = [
        *_statements(session, case),
        *_justice(session, case),
        *_places(session, case),
        *_isolation(session, case, now),
        *_petitions(session, case),
        *_dates(session, case, now),
        *_alerts(session, case),
    ]
    return sorted(entries, key=lambda entry: (entry.on is not None, entry.on and entry.on.toordinal()), reverse=True)


def _statements(session: Session, case: Case) -> Iterator[Entry]:
    query = select(Assertion).where(Assertion.case_id == case.id, Assertion.tier != Tier.SEALED)
    for row in session.scalars(query.order_by(Assertion.as_of.desc(), Assertion.id)):
        yield Entry(
            on=row.occurred_on,
            precision=row.occurred_precision,
            sort=Happening.STATEMENT,
            head=row.attribute,
            text=row.value,
            source=row.source.title if row.source.tier is not Tier.SEALED else None,
            locator=row.locator,
            disputed_by=row.disputed_by,
            confidential=row.tier is Tier.CONFIDENTIAL,
            as_of=row.as_of,
            tier=row.tier,
            is_cited_openly=row.source.tier is Tier.PUBLIC,
        )


def _justice(session: Session, case: Case) -> Iterator[Entry]:
    for step in session.scalars(_of(Proceeding, case)):
        text = ". ".join(part for part in (step.body, step.charge, step.outcome) if part)
        yield Entry(
            step.occurred_on, step.occurred_precision, Happening.PROCEEDING, step.kind.value, text, locator=step.locator,
            as_of=step.as_of,
        )  # fmt: skip
    for term in session.scalars(_of(Sentence, case)):
        yield Entry(
            term.pronounced_on, term.pronounced_precision, Happening.SENTENCE, str(term.months or ""),
            term.offences or "", locator=term.locator, as_of=term.as_of,
        )  # fmt: skip
    for review in session.scalars(_of(ParoleReview, case)):
        on = review.decided_on or review.hearing_on
        precision = DatePrecision.DAY if on else DatePrecision.UNKNOWN
        yield Entry(
            on,
            precision,
            Happening.PAROLE_REVIEW,
            review.decision.value,
            "",
            locator=review.locator,
            as_of=review.as_of,
        )


def _places(session: Session, case: Case) -> Iterator[Entry]:
    for stay in session.scalars(_of(DetentionEpisode, case)):
        text = ". ".join(part for part in (stay.place, stay.reason) if part)
        yield Entry(
            stay.from_on, stay.from_precision, Happening.DETENTION, stay.facility, text, locator=stay.locator,
            as_of=stay.as_of,
        )  # fmt: skip


def _isolation(session: Session, case: Case, now: datetime) -> Iterator[Entry]:
    today = now.astimezone(ZoneInfo(case.time_zone)).date()
    for placement in session.scalars(_of(IsolationPlacement, case)):
        yield Entry(
            placement.from_on, placement.from_precision, Happening.ISOLATION, "", placement.reason or "",
            locator=placement.locator, days=days_in_isolation(placement, today=today),
        )  # fmt: skip


def _petitions(session: Session, case: Case) -> Iterator[Entry]:
    for petition in session.scalars(_of(Petition, case)):
        yield Entry(
            petition.sent_on, petition.sent_precision, Happening.PETITION, petition.mechanism.value,
            f"{petition.addressee}. {petition.subject}", locator=petition.locator, confidential=True,
        )  # fmt: skip


def _of(record: Any, case: Case) -> Select[Any]:
    return select(record).where(record.case_id == case.id, about_nobody_sealed(record)).order_by(record.id)


def _dates(session: Session, case: Case, now: datetime) -> Iterator[Entry]:
    query = select(FollowUp).where(
        FollowUp.case_id == case.id, FollowUp.tier != Tier.SEALED, about_nobody_sealed(FollowUp)
    )
    for row in session.scalars(query.order_by(FollowUp.id)):
        if row.completed_on is not None:
            yield Entry(
                row.completed_on, DatePrecision.DAY, Happening.FOLLOW_UP_DONE, row.kind, row.title, confidential=True,
                tier=row.tier, follow_up_id=row.id,
            )  # fmt: skip
        if row.state is FollowUpState.OPEN and row.due_on <= now.date():
            yield Entry(
                row.due_on, row.due_precision, Happening.FOLLOW_UP_DUE, row.kind, row.title, confidential=True,
                tier=row.tier, follow_up_id=row.id,
            )  # fmt: skip


def _alerts(session: Session, case: Case) -> Iterator[Entry]:
    sealed = select(FollowUp.id).where(~about_nobody_sealed(FollowUp))
    query = select(Alert).where(
        Alert.case_id == case.id,
        Alert.kind == AlertKind.FOLLOW_UP,
        Alert.tier != Tier.SEALED,
        or_(Alert.follow_up_id.is_(None), Alert.follow_up_id.not_in(sealed)),
    )
    for alert in session.scalars(query.order_by(Alert.created_at)):
        yield Entry(
            alert.created_at.date(), DatePrecision.DAY, Happening.ALERT, alert.follow_up_kind or "",
            alert.level.value if alert.level else "",
        )  # fmt: skip
