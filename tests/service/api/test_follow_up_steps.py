"""What members do with a follow-up that stays open, through the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from alerts.facts import Level
from service.records import AuditEntry, FollowUp, OverdueEpisode

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from service.clock import FixedClock
    from tests.service.api.calling import Api
    from tests.service.api.conftest import World


@pytest.fixture
def announced(world: World, writing: sessionmaker[Session], clock: FixedClock) -> str:
    """The path of the world's follow-up, which was announced as overdue."""
    with writing.begin() as session:
        session.get_one(FollowUp, world.follow_up).level = Level.OVERDUE
        session.add(
            OverdueEpisode(
                follow_up_id=world.follow_up, due_revision=1, level=Level.OVERDUE, reached_at=clock.now(),
                announced_at=clock.now(),
            )
        )  # fmt: skip
    return f"/follow-ups/{world.follow_up}"


def actions(writing: sessionmaker[Session]) -> list[tuple[str, str]]:
    with writing() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.record == "follow_up").order_by(AuditEntry.seq))
        return [(entry.actor, entry.action) for entry in entries if entry.action != "read"]


def test_a_member_has_it_in_hand(api: Api, world: World, announced: str, writing: sessionmaker[Session]) -> None:
    alice = api.as_holder_of(world.alice)
    seen = {"due_revision": 1, "level": "overdue"}
    for _ in range(2):
        answer = alice.post(f"{announced}/acknowledge", seen)
        assert answer.status_code == 200, answer.text
        assert answer.json()["acknowledged_by"] == "alice"
        assert answer.json() == alice.get(announced).json()
        assert answer.headers["ETag"] == f'"{answer.json()["version"]}"'
    assert api.as_holder_of(world.dora).post(f"{announced}/acknowledge", seen).json()["acknowledged_by"] == "alice"
    assert actions(writing) == [("alice (token)", "acknowledge")]
    later = alice.post(f"{announced}/acknowledge", {"due_revision": 1, "level": "critical"})
    assert later.status_code == 409
    assert "overdue at revision 1" in later.json()["detail"]


def test_it_is_quiet_and_woken(api: Api, world: World, announced: str, writing: sessionmaker[Session]) -> None:
    alice = api.as_holder_of(world.alice)
    version = alice.get(announced).json()["version"]
    body = {"until": "2014-12-02", "reason": "They promised it."}
    quiet = alice.call("POST", f"{announced}/snooze", json=body, headers={"If-Match": f'"{version}"'})
    assert quiet.status_code == 200, quiet.text
    said = quiet.json()
    assert (said["snoozed_until"], said["snoozed_by"], said["snooze_reason"]) == ("2014-12-02", "alice", body["reason"])
    woken = alice.call("POST", f"{announced}/wake", headers={"If-Match": quiet.headers["ETag"]})
    assert woken.status_code == 200
    assert (woken.json()["snoozed_until"], woken.json()["snooze_reason"]) == (None, None)
    assert actions(writing) == [("alice (token)", "snooze"), ("alice (token)", "wake")]


@pytest.mark.parametrize("body", [{"until": "2014-12-02"}, {"until": "2015-12-02", "reason": "Long."}, {"reason": "x"}])
def test_a_snooze_without_reason_or_too_long_is_refused(
    body: dict[str, str], api: Api, world: World, announced: str, writing: sessionmaker[Session]
) -> None:
    alice = api.as_holder_of(world.alice)
    headers = {"If-Match": alice.get(announced).headers["ETag"]}
    answer = alice.call("POST", f"{announced}/snooze", json=body, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] in {"#/until", "#/reason"}
    assert actions(writing) == []


def test_it_is_given_to_members_who_may_write_the_case(
    api: Api, world: World, announced: str, writing: sessionmaker[Session]
) -> None:
    alice = api.as_holder_of(world.alice)

    def give(**body: str | None) -> tuple[int, dict[str, Any]]:
        version = alice.get(announced).json()["version"]
        sent = {**body, "reason": "Holidays."}
        answer = alice.call("POST", f"{announced}/reassign", json=sent, headers={"If-Match": f'"{version}"'})
        return answer.status_code, answer.json()

    # Bob only reads, Charlie was granted another case, and nobody is called Zoe: they are refused alike.
    for name in ("bob", "charlie", "zoe"):
        status, said = give(owner=name)
        assert (status, said["errors"]) == (
            422, [{"pointer": "#/owner", "detail": "No member of this name may write the case."}],
        )  # fmt: skip
    assert give(owner="dora", backup="dora")[0] == 422
    assert give()[0] == 422
    status, said = give(owner="dora", backup="alice")
    assert (status, said["owner"], said["backup"]) == (200, "dora", "alice")
    status, said = give(backup=None)
    assert (status, said["owner"], said["backup"]) == (200, "dora", None)
    assert actions(writing) == [("alice (token)", "reassign")] * 2


def test_a_case_is_handed_over_and_its_follow_ups_with_it(api: Api, world: World) -> None:
    alice = api.as_holder_of(world.alice)
    path = f"/cases/{world.case}"
    version = alice.get(path).json()["version"]
    assert alice.patch(path, {"owner": "bob"}, version=version).status_code == 422
    answer = alice.patch(path, {"owner": "alice"}, version=version)
    assert (answer.status_code, answer.json()["owner"]) == (200, "alice")
    assert alice.get(f"/follow-ups/{world.follow_up}").json()["owner"] == "alice"
    answer = alice.patch(path, {"owner": None}, version=answer.json()["version"])
    assert answer.json()["owner"] is None


def test_a_grant_for_reading_takes_no_step(api: Api, world: World, announced: str) -> None:
    bob = api.as_holder_of(world.bob)
    steps = {
        "acknowledge": {"due_revision": 1, "level": "overdue"},
        "snooze": {"until": "2014-12-02", "reason": "They promised it."},
        "wake": None,
        "reassign": {"owner": "dora", "reason": "Holidays."},
    }
    for verb, body in steps.items():
        answer = bob.call("POST", f"{announced}/{verb}", json=body, headers={"If-Match": '"1"'})
        assert answer.status_code == 403, verb
