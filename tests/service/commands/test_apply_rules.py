"""What is recorded opens, moves and closes follow-ups; what people did to them stays."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts.facts import Tier
from service.commands.apply_rules import RuleChange, What, apply_rules
from service.commands.follow_ups import complete, move, waive
from service.records import (
    AuditEntry,
    CareEvent,
    ClockPause,
    FollowUp,
    HealthCondition,
    IsolationPlacement,
    Petition,
    Proceeding,
)
from service.rules.reading import rule_book
from service.vocabulary import (
    CareAccess,
    CareKind,
    Certainty,
    DatePrecision,
    DetentionStatus,
    FollowUpState,
    Mechanism,
    ProceedingKind,
    Severity,
)
from tests.factories import make_assertion, make_case, make_follow_up, make_person, make_source

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.records import Case
    from service.security.encryption import Vault

BY = "Test Officer"
MARCH_1 = date(2014, 3, 1)


def at(day: date) -> datetime:
    """Noon in Almaty."""
    return datetime(day.year, day.month, day.day, 6, tzinfo=UTC)


def applied(session: Session, case: Case, vault: Vault, on: date) -> list[RuleChange]:
    """What the rules do on this day."""
    return apply_rules(session, case, book=rule_book(), now=at(on), by=BY, vault=vault)


def isolated(session: Session, case: Case, from_on: date | None = MARCH_1) -> IsolationPlacement:
    """A placement in solitary confinement that has not ended."""
    placement = IsolationPlacement(
        case_id=case.id, person_id=case.persons[0].id, from_on=from_on,
        from_precision=DatePrecision.DAY if from_on else DatePrecision.UNKNOWN, as_of=MARCH_1,
    )  # fmt: skip
    session.add(placement)
    session.flush()
    return placement


def ill(session: Session, case: Case, severity: Severity = Severity.SEVERE, as_of: date = MARCH_1) -> HealthCondition:
    """A condition of the case's person."""
    condition = HealthCondition(
        case_id=case.id, person_id=case.persons[0].id, label="A condition", severity=severity, as_of=as_of,
        certainty=Certainty.REPORTED, care_access=CareAccess.PARTIAL, created_at=at(as_of),
    )  # fmt: skip
    session.add(condition)
    session.flush()
    return condition


def examined(session: Session, case: Case, on: date) -> CareEvent:
    """An examination that took place."""
    event = CareEvent(
        case_id=case.id, person_id=case.persons[0].id, kind=CareKind.EXAM, occurred_on=on,
        occurred_precision=DatePrecision.DAY, outcome="Examined", as_of=on, created_at=at(on),
    )  # fmt: skip
    session.add(event)
    session.flush()
    return event


def rows(session: Session, case: Case) -> dict[str, FollowUp]:
    """The follow-ups of the case, by rule; those without one by kind."""
    found = session.scalars(select(FollowUp).where(FollowUp.case_id == case.id).order_by(FollowUp.id))
    return {row.rule or row.kind: row for row in found}


def test_a_recorded_fact_opens_what_follows_and_shows_the_sum(session: Session, vault: Vault) -> None:
    case = make_case(session)
    placement = isolated(session, case)
    changes = applied(session, case, vault, MARCH_1)
    assert {change.what for change in changes} == {What.OPENED}
    limit = rows(session, case)["isolation-day-limit"]
    assert (limit.kind, limit.due_on, limit.due_revision) == ("isolation_day_limit", date(2014, 3, 15), 1)
    assert limit.trigger == f"isolation_placement:{placement.id}"
    assert limit.working == "1 March 2014 + 14 days = 15 March 2014 (1 March 2014 is day 1 of 15 days)."
    assert "rules 43 to 45" in limit.basis
    assert limit.person_id == case.persons[0].id
    # Day 10 begins at midnight in Almaty.
    assert limit.next_level_at == datetime(2014, 3, 9, 18, tzinfo=UTC)
    assert rows(session, case)["isolation-daily-visit"].due_on == MARCH_1
    entries = session.scalars(select(AuditEntry.action)).all()
    assert entries.count("rule_opened") == len(changes)


def test_applying_the_rules_again_changes_nothing(session: Session, vault: Vault) -> None:
    case = make_case(session)
    isolated(session, case)
    ill(session, case)
    assert applied(session, case, vault, MARCH_1)
    assert applied(session, case, vault, MARCH_1) == []
    assert applied(session, case, vault, date(2014, 3, 20)) == []


def test_the_end_of_isolation_closes_what_it_opened(session: Session, vault: Vault) -> None:
    case = make_case(session)
    placement = isolated(session, case)
    applied(session, case, vault, MARCH_1)
    placement.until_on = date(2014, 3, 12)
    applied(session, case, vault, date(2014, 3, 12))
    limit, visit = rows(session, case)["isolation-day-limit"], rows(session, case)["isolation-daily-visit"]
    assert (limit.state, limit.completed_on, limit.next_level_at) == (FollowUpState.DONE, date(2014, 3, 12), None)
    assert limit.evidence == "Rule isolation-day-limit: ended on 12 March 2014."
    assert (visit.state, visit.waiver_reason) == (
        FollowUpState.CANCELLED,
        "Rule isolation-daily-visit: ended on 12 March 2014.",
    )


def test_a_corrected_end_opens_it_again_as_a_new_revision(session: Session, vault: Vault) -> None:
    case = make_case(session)
    placement = isolated(session, case)
    applied(session, case, vault, MARCH_1)
    placement.until_on = date(2014, 3, 12)
    applied(session, case, vault, date(2014, 3, 12))
    placement.until_on = None
    changes = applied(session, case, vault, date(2014, 3, 13))
    assert {change.what for change in changes} == {What.OPENED_AGAIN}
    limit = rows(session, case)["isolation-day-limit"]
    assert (limit.state, limit.due_revision, limit.completed_on) == (FollowUpState.OPEN, 2, None)
    assert limit.next_level_at is not None


def test_another_date_moves_it_as_a_new_revision(session: Session, vault: Vault) -> None:
    case = make_case(session)
    placement = isolated(session, case)
    applied(session, case, vault, MARCH_1)
    placement.from_on = date(2014, 2, 25)
    applied(session, case, vault, MARCH_1)
    limit = rows(session, case)["isolation-day-limit"]
    assert (limit.due_on, limit.due_revision) == (date(2014, 3, 11), 2)
    assert limit.working is not None
    assert limit.working.startswith("25 February 2014 + 14 days")


def test_a_date_that_people_moved_stays_until_the_rule_gives_another(session: Session, vault: Vault) -> None:
    case = make_case(session)
    condition = ill(session, case)
    applied(session, case, vault, MARCH_1)
    review = rows(session, case)["chronic-review-severe"]
    move(session, review, due_on=date(2014, 4, 10), reason="The doctor is away", now=at(MARCH_1), by=BY, vault=vault)
    assert applied(session, case, vault, date(2014, 3, 5)) == []
    assert review.due_on == date(2014, 4, 10)
    condition.as_of = date(2014, 3, 8)
    applied(session, case, vault, date(2014, 3, 8))
    assert (review.due_on, review.due_revision) == (date(2014, 4, 7), 3)


def test_what_people_closed_stays_closed(session: Session, vault: Vault) -> None:
    case = make_case(session)
    placement = isolated(session, case)
    applied(session, case, vault, MARCH_1)
    limit = rows(session, case)["isolation-day-limit"]
    waive(session, limit, reason="Another organisation watches it", now=at(MARCH_1), by=BY, vault=vault)
    placement.from_on = date(2014, 2, 25)
    applied(session, case, vault, date(2014, 3, 5))
    assert (limit.state, limit.due_on) == (FollowUpState.WAIVED, date(2014, 3, 15))


def test_an_examination_moves_the_next_review(session: Session, vault: Vault) -> None:
    case = make_case(session)
    ill(session, case)
    applied(session, case, vault, MARCH_1)
    examined(session, case, date(2014, 3, 20))
    applied(session, case, vault, date(2014, 3, 21))
    review = rows(session, case)["chronic-review-severe"]
    assert (review.due_on, review.state) == (date(2014, 4, 19), FollowUpState.OPEN)
    assert review.working == "20 March 2014 + 30 days = 19 April 2014 (last done)."


def test_a_review_that_people_completed_is_counted_from_that_day(session: Session, vault: Vault) -> None:
    case = make_case(session)
    ill(session, case)
    applied(session, case, vault, MARCH_1)
    review = rows(session, case)["chronic-review-severe"]
    complete(session, review, evidence="A letter of the doctor", now=at(date(2014, 3, 25)), by=BY, vault=vault)
    assert review.due_on == date(2014, 4, 24)
    applied(session, case, vault, date(2014, 3, 26))
    assert (review.due_on, review.state) == (date(2014, 4, 24), FollowUpState.OPEN)


def test_several_conditions_need_one_review_a_day(session: Session, vault: Vault) -> None:
    case = make_case(session)
    for _ in range(3):
        ill(session, case)
    applied(session, case, vault, MARCH_1)
    kinds = [row.kind for row in session.scalars(select(FollowUp).where(FollowUp.case_id == case.id))]
    assert kinds == ["chronic_review"]


def test_what_people_stated_for_the_same_day_is_taken_over_and_not_doubled(session: Session, vault: Vault) -> None:
    case = make_case(session)
    stated = make_follow_up(
        session, case, kind="chronic_review", due_on=date(2014, 3, 31), person=case.persons[0], basis="As stated"
    )
    ill(session, case)
    changes = applied(session, case, vault, MARCH_1)
    assert [(change.what, change.follow_up) for change in changes] == [(What.ADOPTED, stated)]
    assert (stated.rule, stated.due_revision, stated.basis) == ("chronic-review-severe", 1, "As stated")


def test_what_people_state_beside_a_rules_own_stays_since_only_they_know_whether_it_is_the_same(
    session: Session, vault: Vault
) -> None:
    case = make_case(session)
    ill(session, case)
    applied(session, case, vault, MARCH_1)
    twice = make_follow_up(session, case, kind="chronic_review", due_on=date(2014, 3, 31), person=case.persons[0])
    assert applied(session, case, vault, MARCH_1) == []
    assert twice.state is FollowUpState.OPEN


def test_a_graver_condition_changes_its_rule(session: Session, vault: Vault) -> None:
    case = make_case(session)
    condition = ill(session, case, Severity.MODERATE)
    applied(session, case, vault, MARCH_1)
    condition.severity = Severity.SEVERE
    applied(session, case, vault, MARCH_1)
    found = rows(session, case)
    assert found["chronic-review-severe"].due_on == date(2014, 3, 31)
    moderate = found["chronic-review-moderate"]
    assert moderate.state is FollowUpState.CANCELLED
    assert moderate.waiver_reason == "Rule chronic-review-moderate: nothing on record asks for it any more."


def test_old_facts_ring_no_old_bells(session: Session, vault: Vault) -> None:
    case = make_case(session)
    session.add(
        Proceeding(
            case_id=case.id, person_id=case.persons[0].id, kind=ProceedingKind.ARREST, occurred_on=MARCH_1,
            occurred_precision=DatePrecision.DAY, as_of=MARCH_1,
        )
    )  # fmt: skip
    # Critical from 9 March on, and 30 days more.
    assert applied(session, case, vault, date(2014, 4, 9)) == []
    assert len(applied(session, case, vault, date(2014, 4, 8))) == 2


def test_of_isolation_without_a_date_the_day_is_asked_for_until_it_is_stated(session: Session, vault: Vault) -> None:
    case = make_case(session)
    placement = isolated(session, case, from_on=None)
    applied(session, case, vault, MARCH_1)
    (asked_for,) = rows(session, case).values()
    assert (asked_for.rule, asked_for.due_on) == ("isolation-date-wanted", date(2014, 5, 30))
    assert asked_for.title == "Find the days of the placement in solitary confinement"
    placement.from_on, placement.from_precision = date(2014, 3, 1), DatePrecision.DAY
    applied(session, case, vault, date(2014, 3, 2))
    assert asked_for.state is FollowUpState.CANCELLED
    assert rows(session, case)["isolation-day-limit"].due_on == date(2014, 3, 15)


@pytest.mark.parametrize("status", [DetentionStatus.AT_LIBERTY, DetentionStatus.RELEASED_PAROLE])
def test_a_prison_owes_nothing_to_somebody_at_liberty(session: Session, vault: Vault, status: DetentionStatus) -> None:
    case = make_case(session)
    ill(session, case)
    applied(session, case, vault, MARCH_1)
    case.detention_status = status
    applied(session, case, vault, date(2014, 3, 2))
    assert rows(session, case)["chronic-review-severe"].state is FollowUpState.CANCELLED


def test_a_prison_owes_nothing_to_the_dead(session: Session, vault: Vault) -> None:
    case = make_case(session)
    ill(session, case)
    applied(session, case, vault, MARCH_1)
    case.persons[0].deceased_on = date(2014, 3, 5)
    applied(session, case, vault, date(2014, 3, 6))
    assert rows(session, case)["chronic-review-severe"].state is FollowUpState.CANCELLED


def test_what_follows_from_something_sealed_is_sealed(session: Session, vault: Vault) -> None:
    case = make_case(session)
    assertion = make_assertion(session, case, make_source(session))
    assertion.attribute, assertion.tier, assertion.as_of = "torture", Tier.SEALED, MARCH_1
    applied(session, case, vault, MARCH_1)
    assert rows(session, case)["torture-exam"].tier is Tier.SEALED


def test_a_case_of_two_persons_keeps_their_reviews_apart(session: Session, vault: Vault) -> None:
    case = make_case(session, persons=(make_person(session), make_person(session, "Amir Sample")))
    for person in case.persons:
        condition = ill(session, case)
        condition.person_id = person.id
    applied(session, case, vault, MARCH_1)
    found = session.scalars(select(FollowUp).where(FollowUp.case_id == case.id)).all()
    assert {row.person_id for row in found} == {person.id for person in case.persons}


def asked(session: Session, case: Case) -> Petition:
    """A communication to the Working Group on Arbitrary Detention, sent on 1 March 2014."""
    petition = Petition(
        case_id=case.id, person_id=case.persons[0].id, mechanism=Mechanism.WGAD, addressee="The government",
        subject="An arrest", sent_on=MARCH_1, sent_precision=DatePrecision.DAY, as_of=MARCH_1, created_at=at(MARCH_1),
    )  # fmt: skip
    session.add(petition)
    session.flush()
    return petition


def test_while_the_clock_stands_still_nothing_is_late_and_then_its_days_are_not_counted(
    session: Session, vault: Vault
) -> None:
    case = make_case(session)
    petition = asked(session, case)
    applied(session, case, vault, MARCH_1)
    reply = rows(session, case)["wgad-reply"]
    assert reply.due_on == date(2014, 4, 30)
    pause = ClockPause(
        petition_id=petition.id, from_on=date(2014, 4, 1), reason="More time was asked for", basis="A/HRC/36/38",
        created_at=at(date(2014, 4, 1)),
    )  # fmt: skip
    session.add(pause)
    session.flush()
    session.expire(petition)
    applied(session, case, vault, date(2014, 4, 1))
    assert (reply.due_precision, reply.next_level_at, reply.due_revision) == (DatePrecision.UNKNOWN, None, 2)
    assert applied(session, case, vault, date(2014, 6, 1)) == []
    pause.until_on = date(2014, 4, 30)
    applied(session, case, vault, date(2014, 4, 30))
    assert (reply.due_on, reply.due_precision, reply.due_revision) == (date(2014, 5, 30), DatePrecision.DAY, 3)
    assert reply.next_level_at is not None


def test_an_answer_closes_what_was_asked_wherever_the_person_is_now(session: Session, vault: Vault) -> None:
    case = make_case(session)
    petition = asked(session, case)
    applied(session, case, vault, MARCH_1)
    case.detention_status = DetentionStatus.AT_LIBERTY
    applied(session, case, vault, date(2014, 3, 5))
    reply = rows(session, case)["wgad-reply"]
    assert reply.state is FollowUpState.OPEN
    petition.answered_on = date(2014, 3, 20)
    applied(session, case, vault, date(2014, 3, 20))
    assert (reply.state, reply.evidence) == (FollowUpState.DONE, "Rule wgad-reply: answered on 20 March 2014.")


class Deeds:
    """What an officer might record, at random, on one case."""

    def __init__(self, session: Session, case: Case, seed: int) -> None:
        self.today = MARCH_1
        self.placements: list[IsolationPlacement] = []
        self._conditions: list[HealthCondition] = []
        self._session = session
        self._case = case
        self._chance = random.Random(seed)  # noqa: S311 - guards nothing

    def next(self) -> None:
        """Some days later, one more deed."""
        self.today += timedelta(days=self._chance.randrange(4))
        self._chance.choice((self._isolate, self._end, self._correct, self._fall_ill, self._grade, self._examine))()

    def _isolate(self) -> None:
        self.placements.append(isolated(self._session, self._case, self._lately(3)))

    def _end(self) -> None:
        for placement in self.placements[-1:]:
            placement.until_on = self._chance.choice((self.today, None))

    def _correct(self) -> None:
        for placement in self.placements[-2:]:
            placement.from_on = self._lately(10)

    def _fall_ill(self) -> None:
        self._conditions.append(ill(self._session, self._case, self._chance.choice(list(Severity)), self.today))

    def _grade(self) -> None:
        for condition in self._conditions[-2:]:
            condition.severity = self._chance.choice(list(Severity))

    def _examine(self) -> None:
        examined(self._session, self._case, self._lately(3))

    def _lately(self, days: int) -> date:
        return self.today - timedelta(days=self._chance.randrange(days))


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_recorded_no_date_moves_without_a_revision_and_what_ended_is_closed(
    session: Session, vault: Vault, seed: int
) -> None:
    case = make_case(session)
    deeds = Deeds(session, case, seed)
    for _ in range(40):
        before = {row.id: (row.due_on, row.due_revision) for row in every(session, case)}
        deeds.next()
        applied(session, case, vault, deeds.today)
        for row in every(session, case):
            due_on, revision = before.get(row.id, (row.due_on, 0))
            assert row.due_on == due_on or row.due_revision > revision
        ended = {f"isolation_placement:{placement.id}" for placement in deeds.placements if placement.until_on}
        assert all(row.state is not FollowUpState.OPEN for row in every(session, case) if row.trigger in ended)
        assert applied(session, case, vault, deeds.today) == []


def every(session: Session, case: Case) -> list[FollowUp]:
    """All follow-ups of the case."""
    return list(session.scalars(select(FollowUp).where(FollowUp.case_id == case.id)))
