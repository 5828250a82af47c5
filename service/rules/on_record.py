"""Rows -> the facts of one case from which rules make follow-ups."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from alerts.facts import Tier
from alerts.rules import Day, Fact
from alerts.terms import Pause, Term, Unit
from service.records import (
    Assertion,
    CareEvent,
    DetentionEpisode,
    HealthCondition,
    IsolationPlacement,
    ParoleReview,
    Person,
    Petition,
    Proceeding,
    Sentence,
)
from service.vocabulary import DatePrecision, Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.records import Base, Case


def facts_on_record(session: Session, case: Case, *, only: Collection[UUID] | None = None) -> list[Fact]:
    """The facts of the case, each family in the order in which it was recorded.

    With `only`, as they would be where no other persons and rows than these are on record.
    """
    persons = {person.id: person for person in case.persons if only is None or person.id in only}
    facts: list[Fact] = []
    for record, read in _READERS.items():
        of_case: Any = record
        rows = session.scalars(select(of_case).where(of_case.case_id == case.id).order_by(of_case.id))
        facts += [read(row, persons) for row in rows if only is None or row.id in only]
    return [_of_case(case, facts), *facts]


def _of_case(case: Case, facts: Sequence[Fact]) -> Fact:
    is_critical = any(fact.words.get("severity") == Severity.LIFE_THREATENING.value for fact in facts)
    days = {"last_verified_on": Day(case.last_verified_on)} if case.last_verified_on else {}
    words = {"health": "critical" if is_critical else "not_critical", "monitoring": case.monitoring.value}
    return Fact(sort="case", key=str(case.id), words=words, days=days)


def _only(persons: dict[UUID, Person]) -> Any:
    return next(iter(persons)) if len(persons) == 1 else None


def _detention_episode(row: DetentionEpisode, persons: dict[UUID, Person]) -> Fact:
    days = _days(from_on=(row.from_on, row.from_precision), until_on=(row.until_on, row.until_precision))
    return _fact(row, persons, {"regime": row.regime.value if row.regime else ""}, days, row.facility)


def _isolation_placement(row: IsolationPlacement, persons: dict[UUID, Person]) -> Fact:
    days = _days(
        from_on=(row.from_on, row.from_precision),
        until_on=(row.until_on, DatePrecision.DAY),
        as_of=(row.as_of, DatePrecision.DAY),
    )
    return _fact(row, persons, {"begun": _known("from_on", days)}, days)


def _health_condition(row: HealthCondition, persons: dict[UUID, Person]) -> Fact:
    words = {
        "severity": row.severity.value,
        "certainty": row.certainty.value,
        "care_access": row.care_access.value,
    }
    return _fact(row, persons, words, {"as_of": Day(row.as_of)}, row.label)


def _care_event(row: CareEvent, persons: dict[UUID, Person]) -> Fact:
    words = {"kind": row.kind.value, "urgency": row.urgency.value if row.urgency else ""}
    days = _days(
        requested_on=(row.requested_on, DatePrecision.DAY),
        occurred_on=(row.occurred_on, row.occurred_precision),
        as_of=(row.as_of, DatePrecision.DAY),
    )
    return _fact(row, persons, words, days)


def _assertion(row: Assertion, persons: dict[UUID, Person]) -> Fact:
    counted = {0: "none", 1: "one"}.get(len(persons), "several")
    words = {"attribute": row.attribute, "verification": row.verification.value, "persons": counted}
    days = _days(occurred_on=(row.occurred_on, row.occurred_precision), as_of=(row.as_of, DatePrecision.DAY))
    return _fact(row, persons, words, days, is_sealed=row.tier is Tier.SEALED)


def _proceeding(row: Proceeding, persons: dict[UUID, Person]) -> Fact:
    days = _days(occurred_on=(row.occurred_on, row.occurred_precision), as_of=(row.as_of, DatePrecision.DAY))
    return _fact(row, persons, {"kind": row.kind.value}, days, row.body or "")


def _sentence(row: Sentence, persons: dict[UUID, Person]) -> Fact:
    days = _days(
        pronounced_on=(row.pronounced_on, row.pronounced_precision),
        ends_on=(row.ends_on, DatePrecision.DAY),
        as_of=(row.as_of, DatePrecision.DAY),
    )
    words = {"begun": _known("pronounced_on", days), "end": _known("ends_on", days)}
    return _fact(row, persons, words, days)


def _parole_review(row: ParoleReview, persons: dict[UUID, Person]) -> Fact:
    names = ("eligible_on", "hearing_on", "decided_on", "appeal_by")
    days = _days(**{name: (getattr(row, name), DatePrecision.DAY) for name in names})
    return _fact(row, persons, {"decision": row.decision.value}, days)


def _fact(
    row: Any, persons: dict[UUID, Person], words: dict[str, str], days: dict[str, Day], about: str = "", *,
    is_sealed: bool = False,
) -> Fact:  # fmt: skip
    person_id = getattr(row, "person_id", None) or _only(persons)
    person = persons.get(person_id)
    return Fact(
        sort=row.__tablename__,
        key=str(row.id),
        person=str(person_id) if person_id else None,
        words=words,
        days=days,
        about=about,
        is_sealed=is_sealed or (person is not None and person.tier is Tier.SEALED),
    )


def _known(name: str, days: dict[str, Day]) -> str:
    return "known" if name in days else "unknown"


def _days(**stated: tuple[date | None, DatePrecision]) -> dict[str, Day]:
    """Those that are known; of a month or a year its last day."""
    return {
        name: Day(precision.latest(on), exact=precision is DatePrecision.DAY)
        for name, (on, precision) in stated.items()
        if on is not None and precision is not DatePrecision.UNKNOWN
    }


def _petition(row: Petition, persons: dict[UUID, Person]) -> Fact:
    days = _days(
        sent_on=(row.sent_on, row.sent_precision),
        **{name: (getattr(row, name), DatePrecision.DAY) for name in ("decided_on", "answered_on", "withdrawn_on")},
    )
    unit = Unit.WORKING_DAY if row.counts_working_days else Unit.DAY
    terms = {"reply_within": Term(row.reply_within_days, unit)} if row.reply_within_days else {}
    pauses = [Pause(pause.from_on, pause.until_on) for pause in row.pauses]
    fact = _fact(row, persons, {"mechanism": row.mechanism.value}, days, row.addressee)
    return replace(fact, terms=terms, pauses=tuple(pauses))


_READERS: dict[type[Base], Any] = {
    DetentionEpisode: _detention_episode,
    IsolationPlacement: _isolation_placement,
    HealthCondition: _health_condition,
    CareEvent: _care_event,
    Assertion: _assertion,
    Proceeding: _proceeding,
    Sentence: _sentence,
    ParoleReview: _parole_review,
    Petition: _petition,
}
