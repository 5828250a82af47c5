"""A delivery that was given up is queued again by whoever may write in its case, once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from alerts.facts import Level
from alerts.outcomes import Accepted, Refused
from service.records import Alert, AuditEntry, Delivery, Destination, Digest, FollowUp, OverdueEpisode
from service.vocabulary import AlertKind, Cadence, DeliveryState, DestinationState, FollowUpState
from service.worker.running import run_until_drained
from tests.fakes import Post

if TYPE_CHECKING:
    import httpx
    from sqlalchemy.orm import Session, sessionmaker

    from service.clock import FixedClock
    from tests.service.api.calling import Api
    from tests.service.api.conftest import World


@pytest.fixture
def dead(world: World, writing: sessionmaker[Session], clock: FixedClock) -> World:
    """The world in which the one delivery was given up, and what it says still stands."""
    with writing.begin() as session:
        episode = OverdueEpisode(
            follow_up_id=world.follow_up, due_revision=1, level=Level.OVERDUE, reached_at=clock.now(), announced_at=clock.now()
        )  # fmt: skip
        session.add(episode)
        session.flush()
        session.execute(update(FollowUp).values(level=Level.OVERDUE))
        session.execute(update(Alert).values(overdue_episode_id=episode.id, level=Level.OVERDUE))
        session.execute(
            update(Delivery).values(
                state=DeliveryState.DEAD, open=False, reason="The Slack channel is archived (status 410).", attempts=3
            )
        )
    return world


def again(api: Api, token: str, world: World, key: str = "once") -> httpx.Response:
    """Ask for the world's delivery to be sent again."""
    path = f"/deliveries/{world.delivery}/retry"
    return api.as_holder_of(token).call("POST", path, headers={"Idempotency-Key": key})


def row(writing: sessionmaker[Session]) -> Any:
    """All that is stored of the one delivery."""
    with writing() as session:
        return session.execute(select(Delivery.__table__)).one()


def decisions(writing: sessionmaker[Session]) -> list[str]:
    """Who had something sent again."""
    with writing() as session:
        return list(session.scalars(select(AuditEntry.actor).where(AuditEntry.action == "retry")))


def test_a_dead_delivery_is_queued_again_and_leaves_with_its_key(
    api: Api, dead: World, writing: sessionmaker[Session]
) -> None:
    with writing() as session:
        key = session.get_one(Delivery, dead.delivery).key
    answer = again(api, dead.alice, dead)
    assert answer.status_code == 202, answer.text
    assert (answer.json()["state"], answer.json()["reason"]) == ("queued", "Queued again by alice (token).")
    assert decisions(writing) == ["alice (token)"]
    post = Post()
    asyncio.run(run_until_drained(api.app.state.parts, channels=post.channels()))
    assert post.keys() == [key]
    assert api.as_holder_of(dead.alice).get(f"/deliveries/{dead.delivery}").json()["state"] == "accepted"


def test_the_same_key_queues_once_and_gets_the_same_answer(
    api: Api, dead: World, writing: sessionmaker[Session]
) -> None:
    first = again(api, dead.alice, dead)
    post = Post(answer=lambda _: Refused(True, "No."))
    asyncio.run(run_until_drained(api.app.state.parts, channels=post.channels()))
    second = again(api, dead.alice, dead)
    assert (second.status_code, second.json()) == (first.status_code, first.json())
    assert row(writing).state is DeliveryState.DEAD
    assert decisions(writing) == ["alice (token)"]
    assert again(api, dead.alice, dead, key="twice").status_code == 202
    assert row(writing).state is DeliveryState.QUEUED


def test_without_a_key_nothing_is_queued(api: Api, dead: World, writing: sessionmaker[Session]) -> None:
    before = row(writing)
    answer = api.as_holder_of(dead.alice).call("POST", f"/deliveries/{dead.delivery}/retry")
    assert answer.status_code == 400
    assert row(writing) == before


def test_a_second_replay_is_a_conflict_that_says_why(api: Api, dead: World, writing: sessionmaker[Session]) -> None:
    assert again(api, dead.alice, dead).status_code == 202
    before = row(writing)
    answer = again(api, dead.dora, dead, key="another")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/conflict")
    assert answer.json()["detail"] == "It waits for its next try already."
    assert row(writing) == before
    assert decisions(writing) == ["alice (token)"]


def test_what_was_accepted_is_never_sent_again(api: Api, dead: World, writing: sessionmaker[Session]) -> None:
    assert again(api, dead.alice, dead).status_code == 202
    post = Post(answer=lambda _: Accepted(200))
    asyncio.run(run_until_drained(api.app.state.parts, channels=post.channels()))
    answer = again(api, dead.alice, dead, key="another")
    assert answer.status_code == 409
    assert answer.json()["detail"].startswith("The receiving server has accepted it")
    asyncio.run(run_until_drained(api.app.state.parts, channels=post.channels()))
    assert len(post.sent) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (update(Destination).values(state=DestinationState.DISABLED), "The destination is switched off."),
        (update(FollowUp).values(state=FollowUpState.DONE), "The follow-up is done."),
    ],
    ids=["disabled", "done"],
)
def test_what_would_not_leave_is_refused_with_the_reason(
    api: Api, dead: World, writing: sessionmaker[Session], change: object, reason: str
) -> None:
    with writing.begin() as session:
        session.execute(change)  # type: ignore[call-overload] # an update
    before = row(writing)
    answer = again(api, dead.alice, dead)
    assert (answer.status_code, answer.json()["detail"]) == (409, reason)
    assert row(writing) == before


@pytest.mark.parametrize(("principal", "status"), [("bob", 403), ("read_only", 403), ("charlie", 404), ("admin", 404)])
def test_only_who_may_write_in_the_case_has_it_sent_again(
    principal: str, status: int, api: Api, dead: World, writing: sessionmaker[Session]
) -> None:
    before = row(writing)
    assert again(api, getattr(dead, principal), dead).status_code == status
    assert row(writing) == before
    assert decisions(writing) == []


def test_a_digest_is_for_those_who_write_in_all_cases(
    api: Api, dead: World, writing: sessionmaker[Session], clock: FixedClock
) -> None:
    with writing.begin() as session:
        to = session.get_one(Destination, dead.destination)
        digest = Digest(
            subscriber_id=to.subscriber_id, destination_id=to.id, cadence=Cadence.DAILY, period_start=clock.now(),
            period_end=clock.now(), closed_at=clock.now(),
        )  # fmt: skip
        session.add(digest)
        session.flush()
        session.execute(update(Delivery).values(alert_id=None, digest_id=digest.id))
    assert again(api, dead.alice, dead).status_code == 404
    answer = again(api, dead.dora, dead)
    assert (answer.status_code, answer.json()["detail"]) == (409, "Nothing of it stands any more.")


def test_a_test_is_for_those_who_manage_destinations(api: Api, dead: World, writing: sessionmaker[Session]) -> None:
    with writing.begin() as session:
        session.execute(
            update(Alert).values(
                kind=AlertKind.DESTINATION_TEST, facts={"destination": "Team"}, case_id=None, follow_up_id=None
            )
        )
    assert again(api, dead.alice, dead).status_code == 403
    assert again(api, dead.dora, dead).status_code == 202
