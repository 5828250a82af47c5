"""What follows from the facts of a case under the rules in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.follow_up_kinds import kind_named
from alerts.rules import derive
from alerts.terms import Term, Unit, last_day
from service.rules.calendars import calendar_of
from service.rules.lost_objects import OWED_IN_CUSTODY
from service.rules.on_record import facts_on_record
from service.vocabulary import DatePrecision

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.rules import Derived
    from service.records import Case, FollowUp
    from service.rules.reading import RuleBook


def what_follows(
    session: Session,
    case: Case,
    rows: Sequence[FollowUp],
    *,
    book: RuleBook,
    today: date,
    only: Collection[UUID] | None = None,
) -> list[Derived]:
    """Everything that follows from the facts of the case on `today`; `rows` are its follow-ups.

    What is owed in custody is owed to those alone who live and are held. With `only`, what would follow where no other
    persons and facts than these are on record.
    """
    found = derive(
        book.rules,
        facts_on_record(session, case, only=only),
        country=case.country,
        calendar=calendar_of(case.country),
        today=today,
        completed={
            (row.rule, row.trigger): row.completed_on
            for row in rows
            if row.rule and row.trigger and row.completed_on and not row.closed_by_rule
        },
    )
    dead = {str(person.id) for person in case.persons if person.deceased_on and person.deceased_on <= today}
    return [one for one in found if _is_owed_still(one, case, dead)]


def _is_owed_still(one: Derived, case: Case, dead: set[str]) -> bool:
    return one.rule.kind not in OWED_IN_CUSTODY or (case.detention_status.is_held and one.fact.person not in dead)


def asked_by(row: FollowUp) -> tuple[str, str | None, date | None]:
    """What this follow-up asks for, as `Derived.asked` says it; no day while its clock stands still."""
    due_on = None if row.due_precision is DatePrecision.UNKNOWN else row.due_on
    return row.kind, str(row.person_id) if row.person_id else None, due_on


def has_lapsed(one: Derived, *, book: RuleBook, case: Case, today: date) -> bool:
    """Whether it would have been critical for so long that recording its fact now rings no bell."""
    if one.due_on is None:
        return False
    thresholds = one.rule.thresholds or kind_named(one.rule.kind).thresholds
    critical = Term(max(1, thresholds.critical), Unit.DAY)
    calendar = calendar_of(case.country)
    since = last_day(critical, one.due_on, calendar=calendar)
    until = last_day(book.lapses_after, since, calendar=calendar) if since else None
    return until is not None and until < today
