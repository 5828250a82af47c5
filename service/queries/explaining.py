"""Why each date of a case is what it is: the rule, its article, the sum, and when each level begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import select

from alerts.facts import FollowUp as Facts
from alerts.facts import Level, Thresholds, Tier
from alerts.follow_up_kinds import kind_named
from alerts.overdue import reached_at
from service.records import FollowUp
from service.rules.following import asked_by, has_lapsed, what_follows
from service.vocabulary import DatePrecision, FollowUpState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from alerts.rules import Derived
    from service.records import Case
    from service.rules.reading import RuleBook

STATED = "Stated by people, not computed."
MOVED = "Moved by people since."


@dataclass(frozen=True, slots=True)
class Explained:
    """One follow-up, on record or not, and why: `due_on` is a day at the facility, the levels are instants (UTC).

    `state` is that of the row; where there is none, `why_not` says why the rules opened nothing. `is_owed`: it is open, or
    would be.
    """

    kind: str
    title: str
    rule: str | None
    basis: str
    working: str
    due_on: date | None
    levels: Mapping[Level, datetime]
    state: FollowUpState | None = None
    due_revision: int | None = None
    why_not: str | None = None
    is_owed: bool = True


def explained(session: Session, case: Case, *, book: RuleBook, now: datetime) -> list[Explained]:
    """Every follow-up of the case, then what the rules ask for beside them; what is sealed is left out.

    What was stated by people and is just what a rule asks for is shown with that rule.
    """
    rows = list(
        session.scalars(select(FollowUp).where(FollowUp.case_id == case.id).order_by(FollowUp.due_on, FollowUp.id))
    )
    today = now.astimezone(ZoneInfo(case.time_zone)).date()
    derived = what_follows(session, case, rows, book=book, today=today)
    by_rule = {(one.rule.name, one.trigger): one for one in derived}
    shown = []
    for row in rows:
        one = by_rule.pop((row.rule or "", row.trigger or ""), None) or _just_this(row, by_rule)
        if one is not None:
            by_rule.pop((one.rule.name, one.trigger), None)
        if row.tier is not Tier.SEALED:
            shown.append(_of_row(row, one))
    beside = [
        _not_opened(one, case, lapsed=has_lapsed(one, book=book, case=case, today=today))
        for one in by_rule.values()
        if not one.fact.is_sealed
    ]
    return shown + beside


def _just_this(row: FollowUp, by_rule: Mapping[tuple[str, str], Derived]) -> Derived | None:
    if row.rule is not None:
        return None
    return next((one for one in by_rule.values() if one.asked == asked_by(row)), None)


def _of_row(row: FollowUp, one: Derived | None) -> Explained:
    thresholds = Thresholds(row.upcoming_days, row.overdue_days, row.very_overdue_days, row.critical_days)
    known = row.due_precision is not DatePrecision.UNKNOWN
    working = row.working or (one.working if one else STATED)
    if row.rule_due_on is not None and known and row.due_on != row.rule_due_on:
        working = f"{working} {MOVED}"
    return Explained(
        kind=row.kind,
        title=row.title,
        rule=row.rule or (one.rule.name if one else None),
        basis=one.rule.basis if one else row.basis,
        working=working,
        due_on=row.due_on if known else None,
        levels=_levels(row.due_on if known else None, row.time_zone, thresholds),
        state=row.state,
        due_revision=row.due_revision,
        is_owed=row.state is FollowUpState.OPEN,
    )


def _not_opened(one: Derived, case: Case, *, lapsed: bool) -> Explained:
    kind = kind_named(one.rule.kind)
    why_not = "Not opened yet: the rules were not applied since it was recorded."
    if one.closing is not None:
        why_not = f"Nothing is owed: {one.closing.why}."
    elif one.due_on is None:
        why_not = "Nothing can be counted."
    elif lapsed:
        why_not = "Not opened: it would have been late for too long when it was recorded."
    return Explained(
        kind=kind.name,
        title=one.title(kind.words),
        rule=one.rule.name,
        basis=one.rule.basis,
        working=one.working,
        due_on=one.due_on,
        levels=_levels(one.due_on, case.time_zone, one.rule.thresholds or kind.thresholds),
        why_not=why_not,
        is_owed=one.closing is None,
    )


def _levels(due_on: date | None, time_zone: str, thresholds: Thresholds) -> dict[Level, datetime]:
    if due_on is None:
        return {}
    facts = Facts(due_on, time_zone, thresholds)
    return {level: at for level in Level if (at := reached_at(facts, level)) is not None}
