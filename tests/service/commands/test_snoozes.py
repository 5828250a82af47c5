"""A snooze keeps a follow-up quiet for so long as was said, and never hides what is critical."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from alerts.facts import Level
from alerts.overdue import begins_at, reached_at
from service.commands.due_dates import late_facts, next_look
from service.commands.follow_ups import complete, move
from service.commands.snoozes import snooze, wake
from service.errors import Conflict, InvalidInput
from service.records import AuditEntry, FollowUp
from service.vocabulary import DatePrecision, FollowUpState
from tests.factories import make_case, make_follow_up
from tests.service.api.calling import make_member

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.records import Member
    from service.security.encryption import Vault

# A reply that was due on 10 November 2014 in Almaty (UTC+6) is very overdue on the 25th, critical on 10 December.
NOW = datetime(2014, 11, 20, 9, tzinfo=UTC)


@pytest.fixture
def follow_up(session: Session) -> FollowUp:
    """Overdue since the 11th, and announced."""
    found = make_follow_up(session, make_case(session))
    found.level, found.next_level_at = Level.OVERDUE, datetime(2014, 11, 24, 18, tzinfo=UTC)
    return found


@pytest.fixture
def alice(session: Session) -> Member:
    """Somebody who snoozes."""
    return make_member(session, "alice")


@pytest.fixture
def by(alice: Member, vault: Vault) -> dict[str, Any]:
    """Who does it, and when."""
    return {"now": NOW, "by": "alice", "vault": vault}


def test_the_check_looks_when_the_snooze_ends(
    session: Session, follow_up: FollowUp, alice: Member, by: dict[str, Any]
) -> None:
    snooze(session, follow_up, until=date(2014, 12, 1), reason="They promised it.", member=alice, **by)
    # Midnight in Almaty.
    assert follow_up.next_level_at == datetime(2014, 11, 30, 18, tzinfo=UTC)
    assert (follow_up.snoozed_by_id, follow_up.snooze_reason) == (alice.id, "They promised it.")
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert entry is not None
    assert (entry.action, entry.detail) == ("snooze", {"until": "2014-12-01", "reason": "They promised it."})


def test_it_looks_at_the_next_level_where_the_snooze_ends_before(
    session: Session, follow_up: FollowUp, alice: Member, by: dict[str, Any]
) -> None:
    before = follow_up.next_level_at
    snooze(session, follow_up, until=date(2014, 11, 22), reason="Wait.", member=alice, **by)
    assert follow_up.next_level_at == before


def test_it_looks_at_critical_whatever_the_snooze_says(
    session: Session, follow_up: FollowUp, alice: Member, by: dict[str, Any]
) -> None:
    snooze(session, follow_up, until=date(2014, 12, 20), reason="Wait.", member=alice, **by)
    assert follow_up.next_level_at == datetime(2014, 12, 9, 18, tzinfo=UTC)


@pytest.mark.parametrize("until", [date(2014, 11, 20), date(2014, 11, 1), date(2014, 12, 21)])
def test_a_snooze_is_for_one_to_thirty_days(
    until: date, session: Session, follow_up: FollowUp, alice: Member, by: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput, match=r"2014-11-21 to 2014-12-20"):
        snooze(session, follow_up, until=until, reason="Wait.", member=alice, **by)
    assert follow_up.snoozed_until is None


def test_a_snooze_needs_a_reason(session: Session, follow_up: FollowUp, alice: Member, by: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="Say why"):
        snooze(session, follow_up, until=date(2014, 12, 1), reason=" ", member=alice, **by)


def test_what_is_critical_or_closed_is_not_snoozed(
    session: Session, follow_up: FollowUp, alice: Member, by: dict[str, Any]
) -> None:
    late = {**by, "now": datetime(2014, 12, 10, tzinfo=UTC)}
    with pytest.raises(Conflict, match="critical"):
        snooze(session, follow_up, until=date(2014, 12, 12), reason="Wait.", member=alice, **late)
    follow_up.state = FollowUpState.WAIVED
    with pytest.raises(Conflict, match="waived"):
        snooze(session, follow_up, until=date(2014, 12, 1), reason="Wait.", member=alice, **by)


def test_waking_makes_it_due_for_the_check_at_once_and_twice_is_as_once(
    session: Session, follow_up: FollowUp, alice: Member, by: dict[str, Any]
) -> None:
    snooze(session, follow_up, until=date(2014, 12, 1), reason="Wait.", member=alice, **by)
    version = follow_up.version
    wake(session, follow_up, **by)
    assert follow_up.next_level_at == datetime(2014, 11, 24, 18, tzinfo=UTC)
    assert (follow_up.snoozed_until, follow_up.snooze_reason, follow_up.version) == (None, None, version + 1)
    wake(session, follow_up, **by)
    assert follow_up.version == version + 1


def test_a_snooze_ends_with_its_date(session: Session, follow_up: FollowUp, alice: Member, by: dict[str, Any]) -> None:
    snooze(session, follow_up, until=date(2014, 12, 1), reason="Wait.", member=alice, **by)
    move(session, follow_up, due_on=date(2014, 11, 19), reason="A mistake.", **by)
    assert follow_up.snoozed_until is None
    assert follow_up.next_level_at is not None
    assert follow_up.next_level_at < NOW
    snooze(session, follow_up, until=date(2014, 12, 1), reason="Wait.", member=alice, **by)
    complete(session, follow_up, evidence="A letter.", **by)
    assert [follow_up.snoozed_until, follow_up.next_level_at] == [None, None]


@given(
    zone=st.sampled_from(["Asia/Almaty", "Europe/Lisbon", "America/Sao_Paulo", "Pacific/Apia", "Africa/Cairo"]),
    announced=st.sampled_from([None, *Level]),
    days=st.integers(1, 30),
    now=st.datetimes(datetime(2009, 1, 1), datetime(2012, 12, 31)),  # noqa: DTZ001 - made aware below
    late=st.integers(-40, 40),
    thresholds=st.tuples(*[st.integers(0, 40)] * 4),
)
def test_the_next_look_is_never_before_the_snooze_ends_but_for_critical_and_never_after_critical(
    zone: str, announced: Level | None, days: int, now: datetime, late: int, thresholds: tuple[int, ...]
) -> None:
    today = now.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
    upcoming, overdue, very_overdue, critical = thresholds
    follow_up = FollowUp(
        due_on=today - timedelta(days=late), time_zone=zone, upcoming_days=upcoming, overdue_days=overdue,
        very_overdue_days=very_overdue, critical_days=critical, state=FollowUpState.OPEN, level=announced,
        due_precision=DatePrecision.DAY, snoozed_until=today + timedelta(days=days),
    )  # fmt: skip
    planned = next_look(follow_up)
    critical_at = reached_at(late_facts(follow_up), Level.CRITICAL)
    ends_at = begins_at(today + timedelta(days=days), zone)
    assert critical_at is not None
    if announced is Level.CRITICAL:
        assert planned is None
    else:
        assert planned is not None
        assert min(ends_at, critical_at) <= planned <= critical_at
