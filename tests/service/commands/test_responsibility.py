"""Who is on a follow-up, and who answers for it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from alerts.facts import Level
from service.commands.follow_ups import move, waive
from service.commands.responsibility import acknowledge, hand_over, reassign
from service.errors import Conflict, InvalidInput
from service.queries.in_hand import in_hand
from service.records import AuditEntry, OverdueEpisode
from tests.factories import make_case, make_follow_up
from tests.service.api.calling import make_member

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.records import FollowUp, Member
    from service.security.encryption import Vault


@pytest.fixture
def follow_up(session: Session) -> FollowUp:
    """Nothing of it is announced."""
    return make_follow_up(session, make_case(session))


@pytest.fixture
def alice(session: Session, follow_up: FollowUp) -> Member:
    """May write the case."""
    return make_member(session, "alice", cases=[follow_up.case])


@pytest.fixture
def bob(session: Session, follow_up: FollowUp) -> Member:
    """May write it too."""
    return make_member(session, "bob", cases=[follow_up.case])


@pytest.fixture
def by(now: datetime, vault: Vault) -> dict[str, Any]:
    """Who does it, and when."""
    return {"now": now, "by": "alice", "vault": vault}


def announce(session: Session, follow_up: FollowUp, level: Level, now: datetime) -> None:
    """Write the episode as the check does."""
    follow_up.level = level
    session.add(
        OverdueEpisode(
            follow_up_id=follow_up.id, due_revision=follow_up.due_revision, level=level, reached_at=now,
            announced_at=now,
        )
    )  # fmt: skip
    session.flush()


def entries(session: Session, action: str) -> int:
    return session.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.action == action)) or 0


def test_whoever_was_first_has_it_in_hand_and_a_second_time_changes_nothing(
    session: Session, follow_up: FollowUp, alice: Member, bob: Member, by: dict[str, Any]
) -> None:
    announce(session, follow_up, Level.OVERDUE, by["now"])
    for member in (alice, alice, bob):
        acknowledge(session, follow_up, due_revision=1, level=Level.OVERDUE, member=member, **by)
    hand = in_hand(session, [follow_up.id], now=by["now"])[follow_up.id]
    assert (hand.acknowledged_by, hand.acknowledged_at) == ("alice", by["now"])
    assert entries(session, "acknowledge") == 1


def test_a_later_level_or_another_date_is_in_nobodys_hand(
    session: Session, follow_up: FollowUp, alice: Member, by: dict[str, Any]
) -> None:
    def holder() -> str | None:
        return in_hand(session, [follow_up.id], now=by["now"])[follow_up.id].acknowledged_by

    announce(session, follow_up, Level.OVERDUE, by["now"])
    acknowledge(session, follow_up, due_revision=1, level=Level.OVERDUE, member=alice, **by)
    announce(session, follow_up, Level.VERY_OVERDUE, by["now"])
    assert holder() is None
    acknowledge(session, follow_up, due_revision=1, level=Level.VERY_OVERDUE, member=alice, **by)
    assert holder() == "alice"
    move(session, follow_up, due_on=date(2014, 11, 1), reason="A mistake.", **by)
    assert holder() is None


def test_only_what_was_announced_last_is_acknowledged(
    session: Session, follow_up: FollowUp, alice: Member, by: dict[str, Any]
) -> None:
    with pytest.raises(Conflict, match="nothing to acknowledge"):
        acknowledge(session, follow_up, due_revision=1, level=Level.OVERDUE, member=alice, **by)
    announce(session, follow_up, Level.OVERDUE, by["now"])
    announce(session, follow_up, Level.VERY_OVERDUE, by["now"])
    for revision, level in ((1, Level.OVERDUE), (2, Level.VERY_OVERDUE)):
        with pytest.raises(Conflict, match="very_overdue at revision 1"):
            acknowledge(session, follow_up, due_revision=revision, level=level, member=alice, **by)
    waive(session, follow_up, reason="Agreed.", **by)
    with pytest.raises(Conflict, match="waived"):
        acknowledge(session, follow_up, due_revision=1, level=Level.VERY_OVERDUE, member=alice, **by)


def test_the_case_s_owner_owns_what_has_no_owner_of_its_own(
    session: Session, follow_up: FollowUp, alice: Member, bob: Member, by: dict[str, Any]
) -> None:
    def owner() -> str | None:
        return in_hand(session, [follow_up.id], now=by["now"])[follow_up.id].owner

    assert owner() is None
    hand_over(session, follow_up.case, owner=alice, **by)
    hand_over(session, follow_up.case, owner=alice, **by)
    assert (owner(), entries(session, "hand_over")) == ("alice", 1)
    reassign(session, follow_up, owner=bob, backup=None, reason="She is away.", **by)
    assert owner() == "bob"
    reassign(session, follow_up, owner=None, backup=bob, reason="She is back.", **by)
    reassign(session, follow_up, owner=None, backup=bob, reason="Again.", **by)
    assert (owner(), entries(session, "reassign")) == ("alice", 2)


def test_one_member_is_not_owner_and_backup_and_a_reason_is_needed(
    session: Session, follow_up: FollowUp, alice: Member, by: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput, match="another member"):
        reassign(session, follow_up, owner=alice, backup=alice, reason="Nobody else.", **by)
    with pytest.raises(InvalidInput, match="Say why"):
        reassign(session, follow_up, owner=alice, backup=None, reason="", **by)
    assert follow_up.owner_id is None
