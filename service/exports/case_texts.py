"""What is written about the cases that somebody may read in other languages, a text a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.facts import Tier
from service.exports.cases import chosen_cases
from service.exports.export import Export, text
from service.facts.cases import case_facts
from service.facts.published import published
from service.records import CaseText
from service.translations import sum_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.records import Case
    from service.security.policy import Actor

COLUMNS = ("reference", "language", "summary", "as_of", "outdated")


def export_case_texts(
    session: Session, actor: Actor, *, tier: Tier, now: datetime, references: Collection[str] = ()
) -> Export:
    """The translations by reference and language; in public only those that the public page of a case shows.

    `outdated` says whether the original has changed since; who translated is in no export.
    """
    cases = chosen_cases(session, actor, tier=tier, references=references)
    told = cases if tier is not Tier.PUBLIC else _told_whole(session, cases, now)
    by_id = {case.id: case for case in told}
    query = select(CaseText).where(CaseText.case_id.in_(by_id)).order_by(CaseText.language)
    found = [(by_id[one.case_id], one) for one in session.scalars(query)]
    rows = [
        _row(case, one)
        for case, one in sorted(found, key=lambda pair: pair[0].reference)
        if tier is not Tier.PUBLIC or not _is_outdated(case, one)
    ]
    about = tuple(case.reference for case in cases)
    return Export("case-texts", "Cases in other languages", tier, now, COLUMNS, rows, about)


def _row(case: Case, one: CaseText) -> tuple[str, ...]:
    outdated = "yes" if _is_outdated(case, one) else "no"
    return tuple(text(value) for value in (case.reference, one.language, one.summary, one.as_of, outdated))


def _is_outdated(case: Case, one: CaseText) -> bool:
    return one.made_from != sum_of(case.summary)


def _told_whole(session: Session, cases: Sequence[Case], now: datetime) -> list[Case]:
    """The cases of which the public is told every sentence: a translation cannot leave one out."""
    known = case_facts(session, [case.id for case in cases], now=now)
    return [
        case for case in cases
        if known[case.id].may_be_told() and published(session, case).is_all_of(case.summary)
    ]  # fmt: skip
