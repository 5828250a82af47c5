"""One case as staff with a grant read it: its facts, its timeline, its health records, and what contradicts what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from alerts.facts import Tier
from service.errors import NotFound
from service.queries.board import all_dated
from service.queries.channels import CHANNELS
from service.queries.members import granted
from service.queries.visible import about_nobody_sealed
from service.records import (
    CareEvent,
    Case,
    Finding,
    FollowUp,
    HealthCondition,
    Person,
    Source,
    Subscription,
)
from service.security.policy import Action, may
from service.vocabulary import (
    CareAccess,
    CareKind,
    CaseChannels,
    Certainty,
    DetentionStatus,
    FollowUpState,
    Monitoring,
    OfficialPosition,
    Severity,
    SubscriptionState,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.queries.board import Dated
    from service.security.policy import Actor

MOST_CASES = 500
LONGEST_SEARCH = 100


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One case in the list; `channels` is None where it is not watched."""

    reference: str
    title: str
    country: str
    status: DetentionStatus
    next_due_on: date | None
    followers: int
    channels: CaseChannels | None


@dataclass(frozen=True, slots=True)
class Condition:
    """One stated condition; `who` is the person's name."""

    who: str
    label: str
    severity: Severity
    certainty: Certainty
    made_by: str | None
    care_access: CareAccess
    official_position: OfficialPosition | None
    official_assessment: str | None
    as_of: date
    source: str | None
    locator: str | None


@dataclass(frozen=True, slots=True)
class Care:
    """One thing that was done, refused or withheld."""

    who: str
    kind: CareKind
    requested_on: date | None
    occurred_on: date | None
    outcome: str
    as_of: date
    source: str | None
    locator: str | None


def case_for(session: Session, actor: Actor, reference: str) -> Case:
    """The case of this reference, if this actor may read it; raises NotFound alike for a foreign and a missing one."""
    case = session.scalar(select(Case).where(Case.reference == reference))
    if case is None or case.tier is Tier.SEALED or not may(actor, Action.READ_CASE, case.id):
        raise NotFound("No case has this reference.")
    return case


def cases_for(session: Session, actor: Actor, *, search: str, country: str) -> list[CaseLine]:
    """The cases this actor may read, by reference; the search looks at references and titles."""
    next_due = (
        select(func.min(FollowUp.due_on))
        .where(FollowUp.case_id == Case.id, FollowUp.state == FollowUpState.OPEN, FollowUp.tier != Tier.SEALED)
        .scalar_subquery()
    )
    followers = (
        select(func.count())
        .where(Subscription.case_id == Case.id, Subscription.state == SubscriptionState.ACTIVE)
        .scalar_subquery()
    )
    query = select(Case, next_due, followers, CHANNELS.c.channels).join(CHANNELS, CHANNELS.c.case_id == Case.id)
    query = query.where(granted(actor), Case.tier != Tier.SEALED)
    for word in search[:LONGEST_SEARCH].split():
        query = query.where(
            Case.reference.icontains(word, autoescape=True) | Case.title.icontains(word, autoescape=True)
        )
    if country:
        query = query.where(Case.country == country)
    rows = session.execute(query.order_by(Case.reference).limit(MOST_CASES)).all()
    return [
        CaseLine(
            case.reference,
            case.title,
            case.country,
            case.detention_status,
            due_on,
            followed,
            channels if case.monitoring is Monitoring.ACTIVE else None,
        )
        for case, due_on, followed, channels in rows
    ]


def countries_for(session: Session, actor: Actor) -> Sequence[str]:
    """The countries of those cases."""
    return session.scalars(select(Case.country).where(granted(actor)).distinct().order_by(Case.country)).all()


def follow_ups_of(session: Session, case: Case, *, now: datetime) -> list[Dated]:
    """All follow-ups of the case that are not sealed: the open ones first, by due date."""
    query = (
        select(FollowUp)
        .where(FollowUp.case_id == case.id, FollowUp.tier != Tier.SEALED)
        .order_by(FollowUp.state != FollowUpState.OPEN, FollowUp.due_on, FollowUp.id)
    )
    return all_dated(session, [(follow_up, case) for follow_up in session.scalars(query)], now=now)


def conditions_of(session: Session, case: Case) -> list[Condition]:
    """The stated conditions, newest statement first. Confidential: the caller writes the audit entry."""
    query = (
        select(HealthCondition, Source.title)
        .join(Source, Source.id == HealthCondition.source_id, isouter=True)
        .where(HealthCondition.case_id == case.id, about_nobody_sealed(HealthCondition))
        .order_by(HealthCondition.as_of.desc(), HealthCondition.id)
    )
    names = _names(case)
    return [
        Condition(
            names.get(row.person_id, ""), row.label, row.severity, row.certainty, row.made_by, row.care_access,
            row.official_position, row.official_assessment, row.as_of, source, row.locator,
        )
        for row, source in session.execute(query)
    ]  # fmt: skip


def care_of(session: Session, case: Case) -> list[Care]:
    """What was done or withheld, newest first. Confidential: the caller writes the audit entry."""
    query = (
        select(CareEvent, Source.title)
        .join(Source, Source.id == CareEvent.source_id, isouter=True)
        .where(CareEvent.case_id == case.id, about_nobody_sealed(CareEvent))
        .order_by(CareEvent.as_of.desc(), CareEvent.id)
    )
    names = _names(case)
    return [
        Care(
            names.get(row.person_id, ""), row.kind, row.requested_on, row.occurred_on, row.outcome, row.as_of,
            source, row.locator,
        )
        for row, source in session.execute(query)
    ]  # fmt: skip


def findings_of(session: Session, case: Case) -> Sequence[Finding]:
    """What the import noticed and did not mend."""
    return session.scalars(select(Finding).where(Finding.case_id == case.id).order_by(Finding.code, Finding.id)).all()


def _names(case: Case) -> dict[UUID, str]:
    return {person.id: person.name for person in case.persons if _may_be_read(person)}


def _may_be_read(person: Person) -> bool:
    return person.tier is not Tier.SEALED
