"""The cases that somebody may read, a row each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from alerts.facts import Tier
from service.exports.export import Export, text
from service.facts.cases import case_facts
from service.facts.published import published
from service.queries.visible import cases_of, follow_ups_of
from service.records import Case, FollowUp
from service.vocabulary import FollowUpState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.facts.cases import CaseFacts
    from service.records import Person
    from service.security.policy import Actor

COLUMNS = (
    "reference", "name", "pronoun", "title", "country", "status", "facility", "monitoring", "last_verified", "summary",
    "open_follow_ups", "next_due", "as_of", "sources",
)  # fmt: skip


def export_cases(
    session: Session, actor: Actor, *, tier: Tier, now: datetime, references: Collection[str] = ()
) -> Export:
    """The cases of the actor by reference; in public only what the public page of a case says."""
    cases = chosen_cases(session, actor, tier=tier, references=references)
    known = case_facts(session, [case.id for case in cases], now=now)
    due = _due(session, actor, tier)
    rows = [
        _row(case, known[case.id], due.get(case.id, (0, None)), tier, _summary(session, case, known[case.id], tier))
        for case in cases
    ]
    return Export("cases", "Cases", tier, now, COLUMNS, rows, tuple(case.reference for case in cases))


def chosen_cases(session: Session, actor: Actor, *, tier: Tier, references: Collection[str]) -> Sequence[Case]:
    """The cases of the actor that are no more closely held than the tier, by reference; all, or those named."""
    within = [one for one in Tier if one.rank <= tier.rank]
    query = select(Case).where(cases_of(actor), Case.tier.in_(within)).options(selectinload(Case.persons))
    if references:
        query = query.where(Case.reference.in_(references))
    return session.scalars(query.order_by(Case.reference)).all()


def _due(session: Session, actor: Actor, tier: Tier) -> Mapping[UUID, tuple[int, Any]]:
    within = [one for one in Tier if one.rank <= tier.rank]
    rows = session.execute(
        select(FollowUp.case_id, func.count(), func.min(FollowUp.due_on))
        .where(follow_ups_of(actor), FollowUp.state == FollowUpState.OPEN, FollowUp.tier.in_(within))
        .group_by(FollowUp.case_id)
    )
    return {case_id: (count, first) for case_id, count, first in rows}


def _summary(session: Session, case: Case, known: CaseFacts, tier: Tier) -> str | None:
    if tier is not Tier.PUBLIC:
        return case.summary
    return published(session, case).text if known.may_be_told() else None


def _pronouns(persons: Sequence[Person]) -> str | None:
    """How each is written of, in the order of the names; a page for the public does not say it."""
    if all(person.pronoun is None for person in persons):
        return None
    return ", ".join(text(person.pronoun) or "not known" for person in persons)


def _row(
    case: Case, known: CaseFacts, due: tuple[int, Any], tier: Tier, summary: str | None
) -> tuple[str, ...]:  # fmt: skip
    is_public = tier is Tier.PUBLIC
    persons = [person for person in case.persons if person.tier is not Tier.SEALED and person.names]
    names = ", ".join(person.name for person in persons)
    cited = known.sources(tier)
    return tuple(
        text(value)
        for value in (
            case.reference,
            known.name() if is_public else names,
            None if is_public else _pronouns(persons),
            None if is_public else case.title,
            case.country,
            case.detention_status,
            None if is_public else case.facility,
            case.monitoring,
            None if is_public else case.last_verified_on,
            summary,
            due[0],
            due[1],
            max((source.as_of for source in cited), default=None),
            "; ".join(source.title for source in cited),
        )
    )
