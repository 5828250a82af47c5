"""Cases as they might be after weeks of work: facts at random, rules applied each day, deeds of people, consents and seals."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from alerts.facts import Tier
from service.commands.apply_rules import apply_rules
from service.commands.case_texts import set_case_text
from service.commands.demands import NewAssessment, assess
from service.commands.follow_ups import complete, move, waive
from service.records import (
    CareEvent,
    ClockPause,
    DetentionEpisode,
    FollowUp,
    HealthCondition,
    IsolationPlacement,
    ParoleReview,
    Petition,
    Proceeding,
)
from service.rules.reading import rule_book
from service.vocabulary import (
    CareAccess,
    CareKind,
    Certainty,
    DatePrecision,
    FollowUpState,
    Implementation,
    Mechanism,
    ParoleDecision,
    Position,
    ProceedingKind,
    Pronoun,
    Severity,
    Urgency,
)
from tests.bundling import SHARED, consent
from tests.factories import make_assertion, make_case, make_demand, make_follow_up, make_person, make_source

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from service.records import Case, Demand
    from service.security.encryption import Vault

DAY_1 = date(2014, 3, 1)
# What every translation begins with.
IN_WORDS = "The case in"


def noon(day: date) -> datetime:
    """Noon in Almaty."""
    return datetime(day.year, day.month, day.day, 6, tzinfo=UTC)


class RandomCase:
    """One case, drawn with the seed; with `everybody_agrees` nothing of it has to stay at home."""

    def __init__(self, session: Session, vault: Vault, seed: int, *, everybody_agrees: bool) -> None:
        self.today = DAY_1
        self._session, self._vault = session, vault
        self._chance = random.Random(seed)  # noqa: S311 - guards nothing
        self._agrees = everybody_agrees
        self.case = self._begun()
        self.demand: Demand = make_demand(session, self.case, make_source(session))
        self._pausable: list[Petition] = []
        facts: tuple[Callable[[], Any], ...] = (
            self._condition, self._care, self._placement, self._proceeding, self._episode, self._assertion,
            self._petition, self._pause, self._review, self._stated, self._deed, self._assessed, self._linked,
        )  # fmt: skip
        for _ in range(30):
            self.today += timedelta(days=self._chance.randrange(4))
            self._chance.choice(facts)()
            session.flush()
            apply(session, self.case, vault, self.today)
        self._put_in_words(random.Random(seed))  # noqa: S311 - a die of its own, so that no other draw depends on it
        session.flush()

    def _put_in_words(self, chance: random.Random) -> None:
        for person in self.case.persons:
            person.pronoun = chance.choice((None, *Pronoun))
        for language in chance.sample(("ru", "kk", "uk", "ar"), 2):
            original = chance.choice((self.case.summary, "What was published before."))
            set_case_text(
                self._session, self.case, language=language, summary=f"{IN_WORDS} {language}", original=original,
                translated_by="Alice", as_of=self.today, now=noon(self.today), by="tests", vault=self._vault,
            )  # fmt: skip

    def _begun(self) -> Case:
        persons = tuple(make_person(self._session, f"Person {n}") for n in range(self._chance.choice((1, 1, 2))))
        for person in persons:
            consent(self._session, person.id, *(SHARED if self._agrees else SHARED[: self._chance.randrange(3)]))
        if not self._agrees and self._chance.random() < 0.3:
            persons = (*persons, make_person(self._session, "Minor Sample", tier=Tier.SEALED))
        return make_case(self._session, persons=persons)

    def _lately(self, days: int = 5) -> date:
        return self.today - timedelta(days=self._chance.randrange(days))

    def _add(self, record: Any, *, about_one: bool = True, **fields: Any) -> Any:
        persons = self.case.persons
        person = self._chance.choice(persons) if about_one or self._chance.random() < 0.7 else None
        row = record(
            case_id=self.case.id, person_id=person.id if person else None, as_of=self.today, **fields,
            **({"created_at": noon(self.today)} if hasattr(record, "created_at") else {}),
        )  # fmt: skip
        if not self._agrees and self._chance.random() < 0.1:
            row.source_id = make_source(self._session, tier=Tier.SEALED).id
        self._session.add(row)
        return row

    def _condition(self) -> None:
        severity = self._chance.choice(list(Severity))
        self._add(
            HealthCondition, label="A condition", severity=severity, certainty=Certainty.REPORTED,
            care_access=CareAccess.PARTIAL,
        )  # fmt: skip

    def _care(self) -> None:
        urgency = self._chance.choice([None, *Urgency])
        happened = self._chance.choice((self._lately(), None))
        self._add(
            CareEvent, kind=self._chance.choice(list(CareKind)), urgency=urgency, requested_on=self._lately(),
            occurred_on=happened, occurred_precision=DatePrecision.DAY if happened else DatePrecision.UNKNOWN,
            outcome="As reported",
        )  # fmt: skip

    def _placement(self) -> None:
        begun = self._chance.choice((self._lately(), self._lately(), None))
        ended = self._chance.choice((self.today, None))
        precision = DatePrecision.DAY if begun else DatePrecision.UNKNOWN
        self._add(IsolationPlacement, from_on=begun, from_precision=precision, until_on=ended)

    def _proceeding(self) -> None:
        kind = self._chance.choice(list(ProceedingKind))
        self._add(
            Proceeding, about_one=False, kind=kind, occurred_on=self._lately(), occurred_precision=DatePrecision.DAY
        )

    def _episode(self) -> None:
        ended = self._chance.choice((self.today, None))
        self._add(
            DetentionEpisode, facility="Colony 1", from_on=self._lately(), from_precision=DatePrecision.DAY,
            until_on=ended, until_precision=DatePrecision.DAY if ended else DatePrecision.UNKNOWN,
        )  # fmt: skip

    def _assertion(self) -> None:
        tier = Tier.PUBLIC if self._agrees else self._chance.choice((Tier.PUBLIC, Tier.SEALED))
        attribute = self._chance.choice(("torture", "status"))
        make_assertion(
            self._session, self.case, make_source(self._session), attribute=attribute, tier=tier, as_of=self.today
        )

    def _petition(self) -> None:
        petition = self._add(
            Petition, about_one=False, mechanism=self._chance.choice(list(Mechanism)), addressee="The government",
            subject="The cell is cold", sent_on=self._lately(), sent_precision=DatePrecision.DAY,
            reply_within_days=self._chance.choice((None, 15)), counts_working_days=self._chance.random() < 0.5,
            answered_on=self._chance.choice((None, None, self.today)),
        )  # fmt: skip
        self._pausable.append(petition)

    def _pause(self) -> None:
        for petition in self._pausable[-1:]:
            until = self._chance.choice((None, self.today))
            petition.pauses.append(
                ClockPause(
                    from_on=self._lately(), until_on=until, reason="The file was asked for", basis="Section 9",
                    created_at=noon(self.today),
                )
            )  # fmt: skip

    def _review(self) -> None:
        self._add(
            ParoleReview, eligible_on=self.today + timedelta(days=20), decision=ParoleDecision.PENDING,
            hearing_on=self._chance.choice((None, self.today + timedelta(days=9))), prosecutor_position=Position.UNKNOWN,
            administration_position=Position.UNKNOWN,
        )  # fmt: skip

    def _stated(self) -> None:
        due = self.today + timedelta(days=self._chance.randrange(20))
        make_follow_up(self._session, self.case, due_on=due, person=self._chance.choice((None, self.case.persons[0])))

    def _deed(self) -> None:
        rows = open_rows(self._session, self.case)
        if rows:
            row, at = self._chance.choice(rows), noon(self.today)
            match self._chance.randrange(4):
                case 0:
                    complete(self._session, row, evidence="A letter", now=at, by="tests", vault=self._vault)
                case 1:
                    waive(self._session, row, reason="Not needed", now=at, by="tests", vault=self._vault)
                case _:
                    due = self.today + timedelta(days=self._chance.randrange(30))
                    move(self._session, row, due_on=due, reason="Later", now=at, by="tests", vault=self._vault)

    def _assessed(self) -> None:
        found = NewAssessment(
            assessed_on=self._lately(), implementation=self._chance.choice(list(Implementation)),
            evidence="A draft law was laid before parliament.", source=make_source(self._session).key,
        )  # fmt: skip
        assess(self._session, self.demand, found, now=noon(self.today), by="tests", vault=self._vault)

    def _linked(self) -> None:
        for row in open_rows(self._session, self.case)[:2]:
            if row not in self.demand.follow_ups:
                self.demand.follow_ups.append(row)


def open_rows(session: Session, case: Case) -> list[FollowUp]:
    """The open follow-ups of the case."""
    query = select(FollowUp).where(FollowUp.case_id == case.id, FollowUp.state == FollowUpState.OPEN)
    return list(session.scalars(query.order_by(FollowUp.due_on, FollowUp.id)))


def apply(session: Session, case: Case, vault: Vault, on: date) -> list[Any]:
    """What the standard rules do on this day."""
    return list(apply_rules(session, case, book=rule_book(), now=noon(on), by="tests", vault=vault))
