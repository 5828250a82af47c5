"""From draft to issue: who may do what, what keeps it back, and that what is out is never edited."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from alerts.facts import Tier
from service.commands.close_urgent_action import close, report_letters
from service.commands.issue_urgent_action import expire_ended
from service.commands.later_versions import further_information, stop_action, stop_action_once
from service.commands.urgent_action_words import Asked, end_of_day
from service.commands.urgent_actions import redraft, take_back
from service.errors import Conflict, InvalidInput, NotAllowed
from service.records import Alert, AuditEntry, Case, Consent, LetterReport
from service.vocabulary import (
    AlertKind,
    ConsentScope,
    Monitoring,
    UrgentActionKind,
    UrgentActionOutcome,
    UrgentActionStatus,
)
from tests import factories
from tests.urgent import desk_at, named_case

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.links import Links
    from service.records import UrgentAction
    from service.security.encryption import Vault
    from tests.urgent import Desk


@pytest.fixture
def desk(session: Session, vault: Vault, links: Links, now: datetime) -> Desk:
    """Alice writes and Dora approves."""
    return desk_at(session, vault, links, now)


@pytest.fixture
def case(session: Session) -> Case:
    """A case whose person may be named."""
    return named_case(session)


def reasons(raised: pytest.ExceptionInfo[InvalidInput]) -> dict[str, str]:
    return {problem.where: problem.reason for problem in raised.value.problems}


def test_numbers_count_up_in_their_year_and_versions_within_them(desk: Desk, case: Case) -> None:
    assert [desk.draft(case).number for _ in range(2)] == ["UA 1/14", "UA 2/14"]
    assert desk.at(days=60).draft(case).number == "UA 1/15"
    issued = desk.issued(case)
    later = further_information(
        desk.session, issued, desk.words(case, what_changed="Moved."), now=desk.now, by=desk.alice, vault=desk.vault
    )
    assert (issued.number, later.number, later.previous_id) == ("UA 3/14", "UA 3/14-1", issued.id)


def test_a_number_is_not_given_again_when_its_case_is_erased(desk: Desk, case: Case, session: Session) -> None:
    desk.draft(case)
    session.delete(case)
    session.flush()
    assert desk.draft(named_case(session)).number == "UA 2/14"


def test_it_goes_out_only_after_a_second_member_and_the_hold_back(desk: Desk, case: Case) -> None:
    action = desk.draft(case)
    with pytest.raises(Conflict):
        desk.approve(action)
    desk.submit(action)
    desk.approve(action)
    assert action.leaves_at == desk.now + timedelta(seconds=60)
    with pytest.raises(Conflict):
        desk.at(seconds=59).issue(action)
    desk.at(seconds=60).issue(action)
    assert action.status is UrgentActionStatus.ISSUED
    alert = desk.session.get_one(Alert, action.alert_id)
    assert (alert.kind, alert.tier, alert.case_id) == (AlertKind.URGENT_ACTION, Tier.PUBLIC, case.id)
    assert set(alert.facts) == {"public", "restricted", "confidential"}


def test_whoever_wrote_or_changed_it_never_approves_it(desk: Desk, case: Case) -> None:
    action = desk.draft(case)
    desk.submit(action)
    with pytest.raises(NotAllowed):
        desk.approve(action, by=desk.alice)
    take_back(desk.session, action, now=desk.now, by=desk.dora, vault=desk.vault)
    redraft(desk.session, action, desk.words(case), now=desk.now, by=desk.dora, vault=desk.vault)
    desk.submit(action)
    for one in (desk.alice, desk.dora):
        with pytest.raises(NotAllowed):
            desk.approve(action, by=one)
    assert action.status is UrgentActionStatus.IN_REVIEW


def test_it_is_taken_back_within_the_hold_back_and_not_later(desk: Desk, case: Case) -> None:
    action = desk.approved(case)
    take_back(desk.session, action, now=desk.at(seconds=59).now, by=desk.alice, vault=desk.vault)
    assert (action.status, action.approver_id, action.leaves_at) == (UrgentActionStatus.DRAFT, None, None)
    again = desk.approved(case)
    with pytest.raises(Conflict):
        take_back(desk.session, again, now=desk.at(seconds=60).now, by=desk.alice, vault=desk.vault)


def test_what_was_issued_is_never_edited(desk: Desk, case: Case) -> None:
    action = desk.issued(case)
    told = dict(desk.session.get_one(Alert, action.alert_id).facts)
    with pytest.raises(Conflict, match="never edited"):
        redraft(desk.session, action, desk.words(case, headline="Other"), now=desk.now, by=desk.alice, vault=desk.vault)
    with pytest.raises(Conflict):
        take_back(desk.session, action, now=desk.now, by=desk.alice, vault=desk.vault)
    # Not even by an official who changes: what was told is kept as it was told.
    action.targets[0].name = "Somebody Else"
    desk.session.flush()
    assert desk.session.get_one(Alert, action.alert_id).facts == told
    assert "Erik Sample" in str(told["public"])


@pytest.mark.parametrize(
    ("changed", "where", "words"),
    [
        ({"act_by": date(2014, 11, 19)}, "act_by", "not in the future"),
        ({"act_by": date(2014, 11, 20)}, "act_by", "not in the future"),
        ({"act_by": None}, "act_by", "by which day"),
        ({"demands": ()}, "demands", "at least one thing"),
        ({"person_ids": ()}, "person_ids", "not among"),
        ({"speaks_of_health": True}, "speaks_of_health", "no live consent"),
    ],
    ids=["past", "today", "no-day", "no-demand", "unlisted-name", "health"],
)
def test_what_is_missing_keeps_it_back_with_the_reason(
    desk: Desk, case: Case, changed: dict[str, Any], where: str, words: str
) -> None:
    action = desk.draft(case, **changed)
    desk.submit(action)
    with pytest.raises(InvalidInput) as raised:
        desk.approve(action)
    assert list(reasons(raised)) == [where]
    assert words in reasons(raised)[where]
    assert action.status is UrgentActionStatus.IN_REVIEW


@pytest.mark.parametrize(("age", "is_stale"), [(90, False), (91, True)])
def test_an_official_who_was_not_verified_for_90_days_keeps_it_back(
    desk: Desk, case: Case, age: int, is_stale: bool
) -> None:
    official = desk.official(verified_on=desk.now.date() - timedelta(days=age))
    action = desk.draft(case, target_ids=(official.id,))
    desk.submit(action)
    if not is_stale:
        desk.approve(action)
        return
    with pytest.raises(InvalidInput) as raised:
        desk.approve(action)
    assert "more than 90 days ago" in reasons(raised)["target_ids"]


def test_a_consent_that_is_missing_keeps_it_back(desk: Desk, case: Case) -> None:
    desk.session.execute(update(Consent).values(withdrawn_at=desk.now))
    action = desk.draft(case)
    desk.submit(action)
    with pytest.raises(InvalidInput) as raised:
        desk.approve(action)
    assert list(reasons(raised)) == ["person_ids"]
    assert "Dana" not in str(raised.value)


def test_it_may_speak_of_health_where_that_was_agreed(desk: Desk, case: Case) -> None:
    factories.make_consent(desk.session, case.persons[0], ConsentScope.PUBLISH_HEALTH)
    assert desk.issued(case, speaks_of_health=True).status is UrgentActionStatus.ISSUED


def test_what_becomes_wrong_within_the_hold_back_keeps_it_back_too(desk: Desk, case: Case) -> None:
    action = desk.approved(case)
    desk.session.execute(update(Consent).values(withdrawn_at=desk.now))
    case.monitoring = Monitoring.DORMANT
    desk.session.flush()
    with pytest.raises(InvalidInput) as raised:
        desk.at(seconds=61).issue(action)
    assert set(reasons(raised)) == {"person_ids", "case_id"}
    assert desk.session.scalars(select(Alert)).all() == []


def test_only_persons_demands_and_officials_on_record_can_be_named(desk: Desk, case: Case) -> None:
    stranger = factories.make_person(desk.session, "Erik Other")
    foreign = factories.make_demand(desk.session, named_case(desk.session), factories.make_source(desk.session))
    for changed in (
        {"person_ids": (stranger.id,)},
        {"target_ids": (stranger.id,)},
        {"demands": (Asked(text="x", demand_id=foreign.id),)},
    ):
        with pytest.raises(InvalidInput):
            desk.draft(case, **changed)
    own = factories.make_demand(desk.session, case, factories.make_source(desk.session))
    assert desk.draft(case, demands=(Asked(text="x", demand_id=own.id),)).demands[0].demand_id == own.id


def test_a_stop_action_asks_for_nothing_and_needs_an_outcome(desk: Desk, case: Case) -> None:
    issued = desk.issued(case)
    given: dict[str, Any] = {"outcome": UrgentActionOutcome.RELEASED, "why": "Free.", "now": desk.now}
    stop = stop_action(desk.session, issued, by=desk.alice, vault=desk.vault, **given)
    assert (stop.kind, stop.act_by, stop.demands, stop.targets, stop.letters) == (
        UrgentActionKind.STOP_ACTION, None, [], [], [],
    )  # fmt: skip
    with pytest.raises(InvalidInput) as raised:
        redraft(desk.session, stop, desk.words(case), now=desk.now, by=desk.alice, vault=desk.vault)
    assert set(reasons(raised)) == {"demands", "target_ids", "act_by", "letters", "write_in"}
    with pytest.raises(Conflict):
        stop_action(desk.session, issued, by=desk.alice, vault=desk.vault, **given)
    assert stop_action_once(desk.session, issued, by=desk.alice, vault=desk.vault, **given) is None
    stop.outcome = None
    desk.submit(stop)
    with pytest.raises(InvalidInput) as raised:
        desk.approve(stop)
    assert list(reasons(raised)) == ["outcome"]


def test_nothing_follows_a_stop_action(desk: Desk, case: Case) -> None:
    issued = desk.issued(case)
    waiting = further_information(
        desk.session, issued, desk.words(case, what_changed="x"), now=desk.now, by=desk.alice, vault=desk.vault
    )
    stop = stop_action(
        desk.session, issued, outcome=UrgentActionOutcome.RELEASED, why="Free.", now=desk.now, by=desk.alice,
        vault=desk.vault,
    )  # fmt: skip
    desk.submit(stop)
    desk.approve(stop)
    desk.at(seconds=60).issue(stop)
    assert (issued.status, issued.outcome) == (UrgentActionStatus.CLOSED, UrgentActionOutcome.RELEASED)
    assert waiting.status is UrgentActionStatus.SUSPENDED
    with pytest.raises(Conflict, match="nothing follows"):
        further_information(desk.session, issued, desk.words(case), now=desk.now, by=desk.alice, vault=desk.vault)


def test_nothing_follows_what_never_went_out(desk: Desk, case: Case) -> None:
    action = desk.draft(case)
    with pytest.raises(Conflict, match="is out"):
        further_information(desk.session, action, desk.words(case), now=desk.now, by=desk.alice, vault=desk.vault)


def test_it_is_over_when_its_last_day_is_over_where_the_person_is(desk: Desk, case: Case) -> None:
    action = desk.issued(case, act_by=date(2014, 12, 1))
    ends = end_of_day(date(2014, 12, 1), "Asia/Almaty")
    assert ends is not None
    assert ends.isoformat() == "2014-12-02T00:00:00+06:00"
    assert expire_ended(desk.session, now=ends - timedelta(microseconds=1), vault=desk.vault) == 0
    assert expire_ended(desk.session, now=ends, vault=desk.vault) == 1
    assert action.status is UrgentActionStatus.EXPIRED
    assert expire_ended(desk.session, now=ends, vault=desk.vault) == 0


def test_it_is_closed_with_an_outcome(desk: Desk, case: Case) -> None:
    action = desk.issued(case)
    close(desk.session, action, outcome=UrgentActionOutcome.IMPROVED, now=desk.now, by="alice", vault=desk.vault)
    assert (action.status, action.outcome) == (UrgentActionStatus.CLOSED, UrgentActionOutcome.IMPROVED)
    with pytest.raises(Conflict):
        close(desk.session, action, outcome=UrgentActionOutcome.IMPROVED, now=desk.now, by="alice", vault=desk.vault)


def test_letters_are_counted_by_day_and_language_and_by_nobody(desk: Desk, case: Case) -> None:
    action = desk.issued(case)
    for letters, language in ((3, "en"), (4, "en"), (1, "ru")):
        report_letters(
            desk.session, action, reported_on=desk.now.date(), language=language, letters=letters, now=desk.now,
            by="alice", vault=desk.vault,
        )  # fmt: skip
    rows = desk.session.execute(select(LetterReport.language, LetterReport.letters).order_by(LetterReport.language))
    assert [tuple(row) for row in rows] == [("en", 7), ("ru", 1)]
    assert {column.name for column in LetterReport.__table__.columns} == {
        "urgent_action_id", "reported_on", "language", "letters",
    }  # fmt: skip
    for wrong in ({"letters": 0}, {"reported_on": desk.now.date() + timedelta(days=1)}):
        given: dict[str, Any] = {"letters": 1, "reported_on": desk.now.date(), **wrong}
        with pytest.raises(InvalidInput):
            report_letters(desk.session, action, language="en", now=desk.now, by="alice", vault=desk.vault, **given)


def test_every_step_is_in_the_audit(desk: Desk, case: Case) -> None:
    action = desk.issued(case)
    entries = desk.session.scalars(
        select(AuditEntry).where(AuditEntry.record_id == str(action.id)).order_by(AuditEntry.seq)
    )
    assert [(entry.actor, entry.action) for entry in entries] == [
        ("alice", "draft"), ("alice", "submit"), ("dora", "approve"), ("tests", "issue"),
    ]  # fmt: skip


STEPS: dict[str, Callable[[Desk, UrgentAction, Case], None]] = {
    "submit": lambda desk, action, _: desk.submit(action),
    "approve": lambda desk, action, _: desk.approve(action),
    "own approve": lambda desk, action, _: desk.approve(action, by=desk.alice),
    "back": lambda desk, action, _: take_back(desk.session, action, now=desk.now, by=desk.alice, vault=desk.vault),
    "redraft": lambda desk, action, case: redraft(
        desk.session, action, desk.words(case), now=desk.now, by=desk.alice, vault=desk.vault
    ),
    "issue": lambda desk, action, _: desk.issue(action),
}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.sampled_from([0, 40, 60])), max_size=8))
def test_no_order_of_steps_lets_out_what_a_second_member_did_not_approve(
    desk: Desk, case: Case, steps: list[tuple[str, int]]
) -> None:
    action, at = desk.draft(case), desk
    for step, seconds in steps:
        at = at.at(seconds=seconds)
        with suppress(Conflict, NotAllowed):
            STEPS[step](at, action, case)
    if action.issued_at is not None:
        assert action.approver_id == desk.dora.member_id
        assert action.approved_at is not None
        assert action.issued_at - action.approved_at >= timedelta(seconds=60)
        assert desk.session.get(Alert, action.alert_id) is not None
    else:
        assert action.alert_id is None
