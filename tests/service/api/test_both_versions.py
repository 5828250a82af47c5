"""Whoever starts a change from an old version is shown what they wanted and what is there now; nothing is half-written."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from service.records import AuditEntry, FollowUp
from tests.service.api.test_access import CHANGES, everything, filled

if TYPE_CHECKING:
    import httpx
    from sqlalchemy.orm import Session, sessionmaker

    from tests.service.api.calling import Api
    from tests.service.api.conftest import World

STALE = {"If-Match": '"999"'}


def read_entries(writing: sessionmaker[Session]) -> int:
    with writing() as session:
        count = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "read")
        return session.scalar(count) or 0


@pytest.mark.parametrize("path", sorted(CHANGES))
def test_a_stale_change_is_answered_with_both_versions(
    path: str, api: Api, world: World, writing: sessionmaker[Session]
) -> None:
    dora = api.as_holder_of(world.dora)
    there = dora.get(filled(path, world)).json()
    before, reads = everything(writing), read_entries(writing)
    answer = dora.call("PATCH", filled(path, world), json=CHANGES[path], headers=STALE)
    assert answer.status_code == 412
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert (said["type"], said["wanted"], said["current"]) == ("/problems/stale", CHANGES[path], there)
    assert answer.headers["ETag"] == f'"{there["version"]}"'
    assert everything(writing) == before
    # What is noted when it is read is noted here too.
    not_noted = {"/cases", "/persons", "/destinations", "/urgent-actions", "/target-officials"}
    is_noted = path.partition("/{")[0] not in not_noted
    assert read_entries(writing) == reads + is_noted
    # From the version that was shown it goes through.
    again = dora.call("PATCH", filled(path, world), json=CHANGES[path], headers={"If-Match": answer.headers["ETag"]})
    assert again.status_code == 200


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("snooze", {"until": "2014-12-02", "reason": "They promised it."}),
        ("wake", None),
        ("reassign", {"owner": "alice", "reason": "She knows them."}),
    ],
)
def test_the_steps_of_a_follow_up_are_answered_so_too(
    verb: str, body: dict[str, str] | None, api: Api, world: World, writing: sessionmaker[Session]
) -> None:
    alice, path = api.as_holder_of(world.alice), f"/follow-ups/{world.follow_up}"
    before = everything(writing)
    assert alice.call("POST", f"{path}/{verb}", json=body).status_code == 428
    answer = alice.call("POST", f"{path}/{verb}", json=body, headers=STALE)
    assert answer.status_code == 412
    assert answer.json().get("wanted") == body
    assert answer.json()["current"] == alice.get(path).json()
    assert everything(writing) == before


def test_what_the_caller_may_not_see_is_not_shown_for_being_stale(api: Api, world: World) -> None:
    for token, expected in ((world.charlie, 404), (world.bob, 403)):
        answer = api.as_holder_of(token).call(
            "PATCH", f"/follow-ups/{world.follow_up}", json=CHANGES["/follow-ups/{follow_up_id}"], headers=STALE
        )
        assert answer.status_code == expected
        assert "current" not in answer.json()


def test_a_stale_removal_shows_what_would_have_been_removed(api: Api, world: World) -> None:
    dora, path = api.as_holder_of(world.dora), f"/destinations/{world.destination}"
    answer = dora.call("DELETE", path, headers=STALE)
    assert (answer.status_code, answer.json()["current"]) == (412, dora.get(path).json())
    assert "wanted" not in answer.json()


def test_of_two_members_who_write_at_once_one_wins_and_the_other_sees_both(
    api: Api, world: World, writing: sessionmaker[Session]
) -> None:
    path = f"/follow-ups/{world.follow_up}"
    version = api.as_holder_of(world.alice).get(path).json()["version"]
    for month in range(1, 4):
        steps = {
            world.alice: {"due_on": f"2015-{month:02d}-11", "reason": "The ministry asked for time."},
            world.dora: {"due_on": f"2015-{month:02d}-22", "reason": "The court asked for more."},
        }
        write = partial(_write, api, path, steps, version)
        with ThreadPoolExecutor(2) as both:
            first, second = both.map(write, steps)
        assert sorted((first.status_code, second.status_code)) == [200, 412]
        won, lost = (first, second) if first.status_code == 200 else (second, first)
        loser = world.dora if won is first else world.alice
        assert lost.json()["wanted"] == steps[loser]
        assert lost.json()["current"] == won.json()
        version = won.json()["version"]
        with writing() as session:
            follow_up = session.get_one(FollowUp, world.follow_up)
            moves = session.scalars(select(AuditEntry.detail).where(AuditEntry.action == "move")).all()
            assert str(follow_up.due_on) == won.json()["due_on"] == moves[-1]["to"]
            assert (follow_up.version, follow_up.due_revision) == (version, len(moves) + 1)


def _write(api: Api, path: str, steps: dict[str, dict[str, str]], version: int, token: str) -> httpx.Response:
    return api.as_holder_of(token).patch(path, steps[token], version=version)
