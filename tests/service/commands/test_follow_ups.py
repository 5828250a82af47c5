"""The verbs of a follow-up do what they say, and closed ones refuse them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts.facts import Level, Tier
from service.commands.follow_ups import cancel, complete, move, open_follow_up, waive
from service.errors import Conflict, InvalidInput
from service.records import AuditEntry
from service.vocabulary import DatePrecision, FollowUpState
from tests.factories import make_case, make_follow_up

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from service.records import FollowUp
    from service.security.encryption import Vault

BY = "Test Officer"


@pytest.fixture
def follow_up(session: Session) -> FollowUp:
    """A reply that was due on 10 November 2014 in Almaty (UTC+6)."""
    return make_follow_up(session, make_case(session))


def opened(session: Session, vault: Vault, now: datetime, *, due_on: date, kind: str, **given: object) -> FollowUp:
    """A follow-up that is opened now."""
    return open_follow_up(
        session, make_case(session), kind=kind, title="It", basis="A rule", due_on=due_on, now=now, by=BY, vault=vault,
        **given,  # type: ignore[arg-type] # the tests give what they mean
    )  # fmt: skip


def test_an_opened_follow_up_takes_thresholds_and_tier_from_its_kind(
    session: Session, vault: Vault, now: datetime
) -> None:
    follow_up = opened(session, vault, now, due_on=date(2015, 1, 10), kind="ua_review")
    assert (follow_up.upcoming_days, follow_up.overdue_days, follow_up.critical_days) == (7, 1, 30)
    assert follow_up.tier is Tier.RESTRICTED
    assert follow_up.next_level_at == datetime(2015, 1, 2, 18, tzinfo=UTC)


def test_what_is_late_when_it_is_opened_is_looked_at_at_once(session: Session, vault: Vault, now: datetime) -> None:
    first_level_began = datetime(2014, 10, 24, 18, tzinfo=UTC)
    assert first_level_began < now
    assert opened(session, vault, now, due_on=date(2014, 11, 1), kind="surgery").next_level_at == first_level_began


def test_a_month_counts_as_its_last_day(session: Session, vault: Vault, now: datetime) -> None:
    follow_up = opened(session, vault, now, due_on=date(2015, 2, 1), kind="surgery", due_precision=DatePrecision.MONTH)
    assert follow_up.due_on == date(2015, 2, 28)


def test_an_unknown_date_is_never_late(session: Session, vault: Vault, now: datetime) -> None:
    follow_up = opened(
        session, vault, now, due_on=date(2014, 1, 1), kind="surgery", due_precision=DatePrecision.UNKNOWN
    )
    assert follow_up.next_level_at is None


def test_an_unknown_kind_is_refused_with_the_known_ones(session: Session, vault: Vault, now: datetime) -> None:
    with pytest.raises(InvalidInput, match=r"known are: .*surgery"):
        opened(session, vault, now, due_on=date(2015, 1, 1), kind="haircut")


def test_a_moved_due_date_is_announced_again(
    session: Session, vault: Vault, now: datetime, follow_up: FollowUp
) -> None:
    follow_up.level, follow_up.next_level_at = Level.OVERDUE, now + timedelta(days=5)
    move(session, follow_up, due_on=date(2014, 11, 15), reason="The court adjourned", now=now, by=BY, vault=vault)
    session.refresh(follow_up)
    week_before = datetime(2014, 11, 7, 18, tzinfo=UTC)
    assert (follow_up.due_revision, follow_up.next_level_at) == (2, week_before)
    assert follow_up.level is None


def test_moving_to_its_own_day_changes_nothing(
    session: Session, vault: Vault, now: datetime, follow_up: FollowUp
) -> None:
    move(session, follow_up, due_on=follow_up.due_on, reason="", now=now, by=BY, vault=vault)
    assert follow_up.due_revision == 1
    assert session.scalars(select(AuditEntry)).all() == []


def test_a_completed_follow_up_is_done(session: Session, vault: Vault, now: datetime, follow_up: FollowUp) -> None:
    complete(session, follow_up, evidence="The letter of 19 November", now=now, by=BY, vault=vault)
    assert follow_up.state is FollowUpState.DONE
    assert (follow_up.completed_on, follow_up.next_level_at) == (date(2014, 11, 20), None)
    assert follow_up.evidence == "The letter of 19 November"


def test_a_completed_follow_up_that_recurs_rolls_from_the_day_of_its_completion(
    session: Session, vault: Vault, follow_up: FollowUp
) -> None:
    follow_up.recurrence_days, follow_up.level = 30, Level.CRITICAL
    late_evening_in_utc = datetime(2014, 11, 20, 20, 0, tzinfo=UTC)
    complete(session, follow_up, evidence="Examined", now=late_evening_in_utc, by=BY, vault=vault)
    assert follow_up.state is FollowUpState.OPEN
    assert follow_up.completed_on == date(2014, 11, 21), "it is the next day in Almaty"
    session.refresh(follow_up)
    assert (follow_up.due_on, follow_up.due_revision) == (date(2014, 12, 21), 2)
    assert follow_up.next_level_at == datetime(2014, 12, 13, 18, tzinfo=UTC), "seven days before, at midnight there"
    assert follow_up.level is None


@pytest.mark.parametrize(("verb", "state"), [(waive, FollowUpState.WAIVED), (cancel, FollowUpState.CANCELLED)])
def test_one_that_is_closed_for_a_reason_keeps_it(
    session: Session, vault: Vault, now: datetime, follow_up: FollowUp, verb: Callable[..., None], state: FollowUpState
) -> None:
    with pytest.raises(InvalidInput, match="Say why"):
        verb(session, follow_up, reason=" ", now=now, by=BY, vault=vault)
    verb(session, follow_up, reason="Freed", now=now, by=BY, vault=vault)
    assert (follow_up.state, follow_up.waiver_reason, follow_up.next_level_at) == (state, "Freed", None)


@pytest.mark.parametrize("state", [FollowUpState.DONE, FollowUpState.WAIVED, FollowUpState.CANCELLED])
def test_a_closed_follow_up_refuses_every_verb(
    session: Session, vault: Vault, now: datetime, follow_up: FollowUp, state: FollowUpState
) -> None:
    follow_up.state = state
    with pytest.raises(Conflict, match=state.value):
        move(session, follow_up, due_on=date(2015, 1, 1), reason="x", now=now, by=BY, vault=vault)
    with pytest.raises(Conflict, match=state.value):
        complete(session, follow_up, evidence="x", now=now, by=BY, vault=vault)
    for verb in (waive, cancel):
        with pytest.raises(Conflict, match=state.value):
            verb(session, follow_up, reason="x", now=now, by=BY, vault=vault)


def test_every_verb_is_in_the_audit(session: Session, vault: Vault, now: datetime) -> None:
    follow_up = opened(session, vault, now, due_on=date(2015, 1, 1), kind="chronic_review", recurrence_days=30)
    move(session, follow_up, due_on=date(2015, 1, 5), reason="Asked", now=now, by=BY, vault=vault)
    complete(session, follow_up, evidence="Seen", now=now, by=BY, vault=vault)
    waive(session, follow_up, reason="Freed", now=now, by=BY, vault=vault)
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.seq)).all()
    assert [entry.action for entry in entries] == ["open", "move", "complete", "waive"]
    assert {(entry.actor, entry.record, entry.record_id) for entry in entries} == {(BY, "follow_up", str(follow_up.id))}
    assert entries[1].detail == {"from": "2015-01-01", "to": "2015-01-05", "reason": "Asked"}
