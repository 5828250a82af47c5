"""Follow-ups from the command line: listed, and changed by a member from the version that was read."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from alerts.facts import Level
from service.cli.opening import opened
from service.cli.speaking import ExitCode
from service.records import AuditEntry, Destination, FollowUp, Member, OverdueEpisode
from service.vocabulary import Access, Role
from tests.factories import make_case, make_follow_up
from tests.service.api.calling import make_member

if TYPE_CHECKING:
    from tests.service.cli.conftest import Said, Vigil

TODAY = datetime.now(UTC).date()


@pytest.fixture
def follow_up(installed: Vigil) -> str:
    """The id of one that is overdue and announced; Alice and Bob may write its case, Carl reads it."""
    with opened() as parts, parts.writing.begin() as session:
        case = make_case(session, reference="KAZ-2099-900")
        found = make_follow_up(session, case, due_on=TODAY - timedelta(days=3))
        found.level = Level.OVERDUE
        for name, role in (("alice", Role.OFFICER), ("bob", Role.OFFICER), ("carl", Role.OBSERVER)):
            make_member(session, name, role=role, cases=[case], access=Access.WRITE)
        at = datetime.now(UTC)
        session.add(
            OverdueEpisode(
                follow_up_id=found.id, due_revision=1, level=Level.OVERDUE, reached_at=at, announced_at=at
            )
        )  # fmt: skip
        return str(found.id)


def listed(vigil: Vigil) -> dict[str, Any]:
    said = vigil("follow-up", "list", "--case", "KAZ-2099-900", "--json")
    assert said.code == ExitCode.FINE, said.err
    [one] = json.loads(said.out)["follow_ups"]
    return dict(one)


def entries() -> list[tuple[str, str]]:
    with opened() as parts, parts.reading() as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.record == "follow_up").order_by(AuditEntry.seq))
        return [(one.actor, one.action) for one in rows]


def act(vigil: Vigil, follow_up: str, verb: str, *more: object) -> Said:
    version = listed(vigil)["version"]
    at = () if verb == "acknowledge" else ("--version", version)
    return vigil("follow-up", verb, follow_up, "--by", "alice", *at, *more)


def test_the_list_shows_what_is_open_and_is_noted(installed: Vigil, follow_up: str) -> None:
    said = installed("follow-up", "list")
    assert said.code == ExitCode.FINE
    assert f"{follow_up}\t2\tKAZ-2099-900" in said.out
    assert "Reply to the complaint about the cell" in said.out
    assert installed("follow-up", "list", "--state", "done", "--json").out.count("KAZ") == 0
    assert installed("follow-up", "list", "--case", "KAZ-2099-999").code == ExitCode.FAILED
    assert entries() == [("command line", "read")]


def test_a_member_does_each_deed_and_the_audit_says_who(installed: Vigil, follow_up: str) -> None:
    until = TODAY + timedelta(days=9)
    for verb, more, words in (
        ("acknowledge", ("--level", "overdue"), "in hand of alice"),
        ("reassign", ("--owner", "bob", "--backup", "alice", "--reason", "Away."), "owner bob; backup alice"),
        ("reassign", ("--backup", "-", "--reason", "Back."), "owner bob; in hand of alice"),
        ("snooze", ("--until", until, "--reason", "They promised."), f"quiet until {until}"),
        ("wake", (), "in hand of alice"),
        ("move", ("--due-on", until, "--reason", "Put off."), f"due on {until}"),
        ("done", ("--evidence", "A letter."), "done"),
    ):
        said = act(installed, follow_up, verb, *more) if verb != "done" else act(installed, follow_up, "done", *more)
        assert said.code == ExitCode.FINE, (verb, said.err)
        assert words in said.out, verb
    deeds = [(actor, action) for actor, action in entries() if action != "read"]
    by_alice = ("acknowledge", "reassign", "reassign", "snooze", "wake", "move", "complete")
    assert deeds == [("alice (command line)", action) for action in by_alice]


def test_what_is_waived_is_closed(installed: Vigil, follow_up: str) -> None:
    said = act(installed, follow_up, "waive", "--reason", "She withdrew it.", "--json")
    assert json.loads(said.out)["state"] == "waived"
    again = installed("follow-up", "waive", follow_up, "--by", "alice", "--version", 3, "--reason", "Again.")
    assert again.code == ExitCode.FAILED
    assert "waived" in again.err


def test_whoever_starts_from_an_old_version_sees_both(installed: Vigil, follow_up: str) -> None:
    due_on = TODAY + timedelta(days=30)
    stale = ("follow-up", "move", follow_up, "--by", "alice", "--version", 1, "--due-on", due_on, "--reason", "Later.")
    said = installed(*stale)
    assert said.code == ExitCode.FAILED
    assert "nothing was written; it is at version 2" in said.err
    assert f"due on\t{due_on}\t{TODAY - timedelta(days=3)}" in said.out
    both = json.loads(installed(*stale, "--json").out)
    assert both["wanted"] == {"due_on": str(due_on), "reason": "Later."}
    assert {**both["current"], "schema": 0} == {**listed(installed), "schema": 0}
    with opened() as parts, parts.reading() as session:
        assert session.scalars(select(FollowUp.due_revision)).one() == 1


@pytest.mark.parametrize("name", ["carl", "zoe"])
def test_who_may_not_write_the_case_does_nothing(installed: Vigil, follow_up: str, name: str) -> None:
    said = installed("follow-up", "wake", follow_up, "--by", name, "--version", 2)
    assert said.code == ExitCode.FAILED
    assert "--by" in said.err


def test_a_member_is_told_by_mail_at_a_mailbox_of_their_own(installed: Vigil, follow_up: str) -> None:
    assert installed("member", "mail", "alice", "alice@example.org", "--language", "ru").code == ExitCode.FINE
    assert installed("member", "mail", "alice", "Alice@example.org").code == ExitCode.FINE
    assert "another member's" in installed("member", "mail", "bob", "alice@example.org").err
    assert installed("member", "mail", "zoe", "zoe@example.org").code == ExitCode.FAILED
    assert installed("member", "mail", "bob", "no address").code == ExitCode.FAILED
    assert "Member alice" in installed("destination", "list").out
    with opened() as parts, parts.reading() as session:
        alice = session.scalars(select(Member).where(Member.name == "alice")).one()
        assert session.scalars(select(Destination.id)).all() == [alice.destination_id]
        assert alice.mailbox_since is not None
