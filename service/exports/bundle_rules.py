"""The rule columns of follow-ups as they leave: what the rules give from the facts that leave with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from service.records import FollowUp
from service.rules.following import has_lapsed, what_follows
from service.rules.on_record import facts_on_record

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.rules import Derived
    from service.records import Case
    from service.rules.reading import RuleBook

# As if people had stated it.
STATED: Mapping[str, Any] = {
    "rule": None, "trigger": None, "rule_due_on": None, "working": None, "closed_by_rule": False,
}  # fmt: skip


def rules_as_they_leave(
    session: Session, case: Case, leaving: Sequence[FollowUp], *, kept: Collection[UUID], book: RuleBook, now: datetime
) -> tuple[dict[UUID, dict[str, Any]], int]:
    """Of the follow-ups that leave, those whose rule columns would be undone elsewhere, with columns that would not.

    Where a fact stays at home (`kept` is what leaves), a rule may give another date elsewhere, or ask for what is met: the
    columns then say what the rule gives from the facts that leave, and what a rule closed counts as closed by people. The
    number is that of the follow-ups which the rules will open elsewhere because they cannot see that nothing is owed.
    """
    if facts_on_record(session, case) == facts_on_record(session, case, only=kept):
        return {row.id: dict(STATED) for row in leaving if row.rule is not None and not _has_its_fact(row, kept)}, 0
    today = now.astimezone(ZoneInfo(case.time_zone)).date()
    rows = session.scalars(select(FollowUp).where(FollowUp.case_id == case.id)).all()
    here = _by_rule(what_follows(session, case, rows, book=book, today=today))
    there = _by_rule(what_follows(session, case, leaving, book=book, today=today, only=kept))
    changed = {}
    for row in leaving:
        if row.rule is None or row.trigger is None:
            continue
        key = (row.rule, row.trigger)
        elsewhere = there.get(key)
        if not _has_its_fact(row, kept) or (elsewhere is None and key in here):
            changed[row.id] = dict(STATED)
        elif elsewhere is not None and not _alike(here.get(key), elsewhere):
            changed[row.id] = {
                "rule": row.rule,
                "trigger": row.trigger,
                "rule_due_on": elsewhere.due_on,
                "working": elsewhere.working,
                "closed_by_rule": False,
            }
    met = [
        one
        for key, one in there.items()
        if _is_owed(one) and (key not in here or not _is_owed(here[key]))
        if key not in {(row.rule, row.trigger) for row in leaving}
        if not has_lapsed(one, book=book, case=case, today=today)
    ]
    return changed, len(met)


def _has_its_fact(row: FollowUp, kept: Collection[UUID]) -> bool:
    return UUID((row.trigger or "").partition(":")[2]) in kept


def _by_rule(derived: Sequence[Derived]) -> dict[tuple[str, str], Derived]:
    return {(one.rule.name, one.trigger): one for one in derived}


def _alike(one: Derived | None, other: Derived) -> bool:
    return one is not None and (one.due_on, one.working, one.closing) == (other.due_on, other.working, other.closing)


def _is_owed(one: Derived) -> bool:
    return one.due_on is not None and one.closing is None
