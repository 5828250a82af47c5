"""What happened in the cases that somebody may read, an entry a row, each with its source and its day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.facts import Tier
from service.exports.cases import chosen_cases
from service.exports.export import Export, text
from service.facts.cases import case_facts
from service.facts.follow_ups import kind_for
from service.queries.timeline import Happening, timeline
from service.records import FollowUp

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.facts.cases import CaseFacts
    from service.queries.timeline import Entry
    from service.records import Case
    from service.security.policy import Actor

COLUMNS = ("reference", "day", "precision", "sort", "what", "text", "disputed_by", "source", "locator", "as_of")
_DATES = (Happening.FOLLOW_UP_DUE, Happening.FOLLOW_UP_DONE)


def export_timeline(
    session: Session, actor: Actor, *, tier: Tier, now: datetime, references: Collection[str] = ()
) -> Export:
    """The timelines, case by case, each newest first; health records are in none of them."""
    cases = chosen_cases(session, actor, tier=tier, references=references)
    known = case_facts(session, [case.id for case in cases], now=now)
    rows = [
        row
        for case in cases
        for entry in timeline(session, case, now=now)
        if (row := _row(session, case, entry, known[case.id], tier)) is not None
    ]
    return Export("timeline", "Timeline", tier, now, COLUMNS, rows, tuple(case.reference for case in cases))


def _row(session: Session, case: Case, entry: Entry, known: CaseFacts, tier: Tier) -> tuple[str, ...] | None:
    if entry.tier.rank > tier.rank:
        return None
    head = entry.head
    if tier is Tier.PUBLIC:
        public_head = _public_head(session, entry, known)
        if public_head is None:
            return None
        head = public_head
    # the title of a follow-up is confidential, though its date is public
    hidden = entry.confidential and tier.rank < Tier.CONFIDENTIAL.rank
    return tuple(
        text(value) for value in (case.reference, *_day(entry), entry.sort, head, *_said(entry, hidden=hidden))
    )


def _day(entry: Entry) -> Iterator[object]:
    yield entry.on
    yield entry.precision


def _said(entry: Entry, *, hidden: bool) -> Iterator[object]:
    yield None if hidden else entry.text
    yield entry.disputed_by
    yield entry.source
    yield entry.locator
    yield entry.as_of


def _public_head(session: Session, entry: Entry, known: CaseFacts) -> str | None:
    """What the public may be told of an entry at all; None: nothing."""
    if entry.sort is Happening.STATEMENT:
        return entry.head if entry.is_cited_openly and known.may_be_told() else None
    if entry.sort in _DATES and entry.follow_up_id is not None:
        follow_up = session.scalars(select(FollowUp).where(FollowUp.id == entry.follow_up_id)).one()
        return kind_for(follow_up, known, Tier.PUBLIC) or "follow-up"
    return None
