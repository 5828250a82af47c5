"""What a rule opened is known again where a bundle goes: nothing is opened twice there, and nothing moves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from service.commands.apply_rules import What, apply_rules
from service.commands.demands import NewAssessment, assess
from service.database import open_engine, sessions
from service.exports.bundles import NOT_SHARED
from service.records import Case, ClockPause, Demand, DemandAssessment, FollowUp, Petition, Source
from service.rules.reading import rule_book
from service.vocabulary import FollowUpState, Implementation, Severity
from tests.bundling import SHARED, bundle_of, consent, take_bundle
from tests.factories import make_case, make_demand, make_follow_up, make_source
from tests.random_cases import DAY_1, IN_WORDS, RandomCase, apply, noon
from tests.service.commands.test_apply_rules import ill, isolated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.orm import Session

    from service.security.encryption import Vault


@pytest.fixture
def partner(session: Session, request: pytest.FixtureRequest) -> Iterator[Session]:
    """Another installation, on the other engine."""
    here = session.get_bind().dialect.name
    engine = open_engine(request.getfixturevalue("postgresql_url" if here == "sqlite" else "sqlite_url"))
    with sessions(engine)() as opened:
        yield opened
        opened.rollback()
    engine.dispose()


@pytest.fixture
def case(session: Session) -> Case:
    """A case of one person, who agreed to everything."""
    case = make_case(session)
    consent(session, case.persons[0].id, *SHARED)
    return case


def there(partner: Session, case: Case) -> Case:
    """The same case at the other installation."""
    return partner.get_one(Case, case.id)


def as_stated(row: FollowUp) -> tuple[Any, ...]:
    return (row.id, row.state, row.due_on, row.due_precision, row.due_revision, row.completed_on, row.waiver_reason)


def stated(partner: Session) -> dict[Any, tuple[Any, ...]]:
    return {row.id: as_stated(row) for row in partner.scalars(select(FollowUp))}


@pytest.mark.parametrize("seed", range(4))
def test_a_whole_case_comes_back_byte_for_byte_and_the_rules_find_nothing_to_do(
    session: Session, partner: Session, vault: Vault, seed: int
) -> None:
    drawn = RandomCase(session, vault, seed, everybody_agrees=True)
    made = bundle_of(session, [drawn.case.reference], now=noon(drawn.today))
    assert made.left_out == ()
    assert made.content.count(IN_WORDS.encode()) == 2
    take_bundle(partner, made.content, now=noon(drawn.today))
    assert bundle_of(partner, [drawn.case.reference], now=noon(drawn.today)).content == made.content
    assert apply(partner, there(partner, drawn.case), vault, drawn.today) == []
    partner.expire_all()
    assert bundle_of(partner, [drawn.case.reference], now=noon(drawn.today)).content == made.content
    again = take_bundle(partner, made.content, now=noon(drawn.today))
    assert all((one.created, one.updated) == (0, 0) for one in again.taken.values())


@pytest.mark.parametrize("seed", [0, 3, 5, 8, 11, 251])
def test_of_a_case_that_leaves_in_part_the_rules_change_nothing_that_came(
    session: Session, partner: Session, vault: Vault, seed: int
) -> None:
    drawn = RandomCase(session, vault, seed, everybody_agrees=False)
    made = bundle_of(session, [drawn.case.reference], now=noon(drawn.today))
    assert (NOT_SHARED.encode() in made.content) is (IN_WORDS.encode() not in made.content)
    take_bundle(partner, made.content, now=noon(drawn.today))
    assert bundle_of(partner, [drawn.case.reference], now=noon(drawn.today)).content == made.content
    before = stated(partner)
    came = {(row.rule, row.trigger) for row in partner.scalars(select(FollowUp)) if row.rule}
    changes = apply(partner, there(partner, drawn.case), vault, drawn.today)
    # what lost its rule on the way is as if people had stated it: another fact that asks for just that may take it over
    taken_over = {change.follow_up.id for change in changes if change.what is What.ADOPTED}
    assert {c.what for c in changes if c.follow_up.id not in taken_over} <= {What.OPENED}
    assert all((c.follow_up.rule, c.follow_up.trigger) not in came for c in changes if c.what is What.OPENED)
    after = stated(partner)
    assert all(after[one] == before[one] for one in before.keys() - taken_over)
    assert apply(partner, there(partner, drawn.case), vault, drawn.today) == []


def test_petitions_pauses_and_assessments_travel(session: Session, partner: Session, vault: Vault) -> None:
    kinds = (Petition, ClockPause, DemandAssessment)
    for seed in range(2000, 2040):
        with session.begin_nested() as attempt:
            drawn = RandomCase(session, vault, seed, everybody_agrees=True)
            here = [session.scalar(select(func.count()).select_from(kind)) for kind in kinds]
            if all(here) and drawn.demand.follow_ups:
                break
            attempt.rollback()
    take_bundle(partner, bundle_of(session, [drawn.case.reference], now=noon(drawn.today)).content, now=noon(DAY_1))
    assert [partner.scalar(select(func.count()).select_from(kind)) for kind in kinds] == here
    demand = partner.get_one(Demand, drawn.demand.id)
    assert {row.id for row in demand.follow_ups} == {row.id for row in drawn.demand.follow_ups}
    assert demand.implementation is drawn.demand.implementation
    assert set(partner.scalars(select(DemandAssessment.recorded_by))) == {"(bundle)"}


def test_what_a_rule_opened_here_stands_for_what_a_bundle_brings(
    session: Session, partner: Session, vault: Vault, case: Case
) -> None:
    isolated(session, case)
    take_bundle(partner, bundle_of(session, [case.reference], now=noon(DAY_1)).content, now=noon(DAY_1))
    apply(partner, there(partner, case), vault, DAY_1)
    own = stated(partner)
    apply(session, case, vault, DAY_1)
    made = bundle_of(session, [case.reference], now=noon(DAY_1)).content
    report = take_bundle(partner, made, now=noon(DAY_1))
    assert len(report.left_alone) == len(own) > 0
    assert stated(partner) == own
    assert len(take_bundle(partner, made, now=noon(DAY_1)).left_alone) == len(own)


def test_a_demand_follows_the_one_that_stands_for_another(
    session: Session, partner: Session, vault: Vault, case: Case
) -> None:
    isolated(session, case)
    take_bundle(partner, bundle_of(session, [case.reference], now=noon(DAY_1)).content, now=noon(DAY_1))
    apply(partner, there(partner, case), vault, DAY_1)
    apply(session, case, vault, DAY_1)
    demand = make_demand(session, case, make_source(session))
    demand.follow_ups = list(session.scalars(select(FollowUp).where(FollowUp.rule == "isolation-day-limit")))
    session.flush()
    take_bundle(partner, bundle_of(session, [case.reference], now=noon(DAY_1)).content, now=noon(DAY_1))
    own = partner.scalars(select(FollowUp.id).where(FollowUp.rule == "isolation-day-limit")).one()
    assert [row.id for row in partner.get_one(Demand, demand.id).follow_ups] == [own]
    assert own != demand.follow_ups[0].id


def test_what_came_stated_and_was_opened_here_keeps_its_own_rule(
    session: Session, partner: Session, vault: Vault, case: Case
) -> None:
    """At home people stated it and the rule took it over later; here the rule opened its own before, for another day."""
    condition = ill(session, case)
    row = make_follow_up(session, case, kind="chronic_review", person=case.persons[0], due_on=DAY_1)
    take_bundle(partner, bundle_of(session, [case.reference], now=noon(DAY_1)).content, now=noon(DAY_1))
    apply(partner, there(partner, case), vault, DAY_1)
    row.rule, row.trigger, row.rule_due_on = "chronic-review-severe", f"health_condition:{condition.id}", DAY_1
    session.flush()
    report = take_bundle(partner, bundle_of(session, [case.reference], now=noon(DAY_1)).content, now=noon(DAY_1))
    assert len(report.left_alone) == 1
    assert partner.get_one(FollowUp, row.id).rule is None


def test_a_fact_recorded_where_the_bundle_went_closes_what_a_rule_had_opened(
    session: Session, partner: Session, vault: Vault, case: Case
) -> None:
    placement = isolated(session, case)
    apply(session, case, vault, DAY_1)
    take_bundle(partner, bundle_of(session, [case.reference], now=noon(DAY_1)).content, now=noon(DAY_1))
    partner.get_one(type(placement), placement.id).until_on = DAY_1
    apply(partner, there(partner, case), vault, DAY_1)
    limit = partner.scalars(select(FollowUp).where(FollowUp.rule == "isolation-day-limit")).one()
    assert limit.state is FollowUpState.DONE


def test_a_rule_that_is_in_force_elsewhere_alone_is_left_as_it_is(
    session: Session, partner: Session, vault: Vault, case: Case, tmp_path: Path
) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "schema: vigil-rules/1\ntitle: Own\nrules:\n  - {rule: our-own, opens: specialist_exam, of: health_condition, "
        "counted_from: [as_of], term: 10 days, basis: Our own}\n"
    )
    ill(session, case, Severity.MILD)
    apply_rules(session, case, book=rule_book(own), now=noon(DAY_1), by="tests", vault=vault)
    made = bundle_of(session, [case.reference], now=noon(DAY_1)).content
    take_bundle(partner, made, now=noon(DAY_1))
    assert apply(partner, there(partner, case), vault, DAY_1) == []
    assert partner.scalars(select(FollowUp.state).where(FollowUp.rule == "our-own")).one() is FollowUpState.OPEN
    assert bundle_of(partner, [case.reference], now=noon(DAY_1)).content == made


def test_what_staff_found_here_of_a_later_day_stands_against_a_newer_bundle(
    session: Session, partner: Session, vault: Vault
) -> None:
    drawn = RandomCase(session, vault, 5, everybody_agrees=True)
    take_bundle(partner, bundle_of(session, [drawn.case.reference], now=noon(drawn.today)).content, now=noon(DAY_1))
    source = partner.scalars(select(Source.key).limit(1)).one()
    later = noon(drawn.today.replace(year=2015))
    given = NewAssessment(
        assessed_on=later.date(), implementation=Implementation.REGRESSED, evidence="It was taken back.", source=source
    )
    assess(partner, partner.get_one(Demand, drawn.demand.id), given, now=later, by="tests", vault=vault)
    key = session.scalars(select(Source.key).where(Source.id == drawn.demand.source_id)).one()
    newer = NewAssessment(
        assessed_on=drawn.today, implementation=Implementation.FULLY, evidence="It is the law.", source=key
    )
    assess(session, drawn.demand, newer, now=noon(drawn.today), by="tests", vault=vault)
    take_bundle(partner, bundle_of(session, [drawn.case.reference], now=noon(drawn.today)).content, now=later)
    assert partner.get_one(Demand, drawn.demand.id).implementation is Implementation.REGRESSED


def test_who_did_something_never_travels(session: Session, vault: Vault) -> None:
    drawn = RandomCase(session, vault, 5, everybody_agrees=True)
    content = json.loads(bundle_of(session, [drawn.case.reference], now=noon(drawn.today)).content)["content"]
    for rows in content.values():
        for row in rows:
            assert not {"recorded_by", "owner_id", "backup_id", "note", "version"} & row.keys()
