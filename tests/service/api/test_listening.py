"""Destinations and subscriptions: who listens, where, and with which secret."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from alerts.facts import SlackWebhook
from service.records import Alert, AuditEntry, Delivery, Destination, Subscriber, Subscription
from service.security.addresses import opened
from service.vocabulary import DestinationState
from service.worker.running import run_until_drained
from tests.fakes import Post
from tests.service.api.test_changes import new

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session, sessionmaker

    from service.security.encryption import Vault
    from tests.service.api.calling import Api
    from tests.service.api.conftest import World


def test_an_ended_subscription_stays_as_ended(api: Api, world: World) -> None:
    alice = api.as_holder_of(world.alice)
    path = f"/subscriptions/{world.subscription}"
    assert alice.delete(path, version=1).status_code == 204
    assert alice.get(path).json()["state"] == "ended"
    assert alice.delete(path, version=2).status_code == 409


def test_a_destination_is_not_subscribed_twice_to_one_thing(api: Api, world: World) -> None:
    body = {"destination_id": str(world.destination), "case_id": str(world.case)}
    assert api.as_holder_of(world.alice).post("/subscriptions", body).status_code == 409


def test_a_subscription_names_exactly_one_subject(api: Api, world: World) -> None:
    dora = api.as_holder_of(world.dora)
    of = {"destination_id": str(world.destination)}
    assert dora.post("/subscriptions", of).status_code == 422
    assert dora.post("/subscriptions", {**of, "country": "KZ", "case_id": str(world.other_case)}).status_code == 422


def test_only_who_writes_everywhere_subscribes_a_country(api: Api, world: World) -> None:
    body = {"destination_id": str(world.destination), "country": "KZ"}
    assert api.as_holder_of(world.alice).post("/subscriptions", body).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {"channel": "slack", "url": "https://slack.example.org/services/T/B/x"},
        {"channel": "webhook", "url": "http://hooks.example.org/vigil"},
        {"channel": "webhook", "url": "https://name:secret@hooks.example.org/vigil"},
        {"channel": "email", "address": "not an address"},
        {"channel": "pigeon", "address": "loft"},
    ],
)
def test_an_address_that_cannot_be_written_to_is_refused(body: dict[str, str], api: Api, world: World) -> None:
    answer = api.as_holder_of(world.dora).post("/destinations", {**body, "label": "A label"})
    assert answer.status_code == 422, answer.text
    for sent in ("slack.example.org", "secret@hooks", "not an address", "pigeon"):
        assert sent not in answer.text


def test_the_same_address_is_one_destination(api: Api, world: World) -> None:
    dora, body = api.as_holder_of(world.dora), new(world)["/destinations"]
    assert dora.post("/destinations", body).status_code == 201
    again = dora.post("/destinations", {**body, "url": "https://HOOKS.example.org/vigil"})
    assert again.status_code == 409


def test_a_webhook_secret_is_shown_once_and_kept_sealed(
    api: Api, world: World, writing: sessionmaker[Session], vault: Vault
) -> None:
    dora = api.as_holder_of(world.dora)
    made = dora.post("/destinations", new(world)["/destinations"])
    secret = made.json()["secret"]
    assert secret.startswith("whsec_")
    assert secret not in dora.get(f"/destinations/{made.json()['id']}").text + dora.get("/destinations").text
    with writing() as session:
        kept = session.scalars(select(Destination).where(Destination.label == "Case system")).one()
        assert secret not in kept.address_sealed
        assert secret in repr(vars_of(opened(vault, kept.channel, kept.address_sealed, kept.id)))
        assert secret not in "".join(str(entry.detail) for entry in session.scalars(select(AuditEntry)))


def vars_of(address: Any) -> dict[str, Any]:
    """The fields of an address, secrets too."""
    return {name: getattr(address, name) for name in address.__slots__}


def test_a_removed_destination_takes_its_deliveries_along(
    api: Api, world: World, writing: sessionmaker[Session]
) -> None:
    assert api.as_holder_of(world.dora).delete(f"/destinations/{world.destination}", version=1).status_code == 204
    with writing() as session:
        assert session.get(Destination, world.destination) is None
        assert session.get(Delivery, world.delivery) is None
        assert session.get(Subscription, world.subscription) is None
        assert session.get(Alert, world.alert) is not None


def test_a_test_message_leaves_and_its_outcome_can_be_read(
    api: Api, world: World, writing: sessionmaker[Session]
) -> None:
    with writing.begin() as session:
        session.delete(session.get_one(Delivery, world.delivery))
    dora, post = api.as_holder_of(world.dora), Post()
    path = f"/destinations/{world.destination}/test"
    queued = dora.call("POST", path, headers={"Idempotency-Key": "once"}).json()
    asyncio.run(run_until_drained(api.app.state.parts, channels=post.channels()))
    [sent] = post.sent
    assert sent.address == SlackWebhook("https://hooks.slack.com/services/T/B/x")
    read = dora.get(queued["url"].removeprefix("/api/v1")).json()
    assert (read["state"], read["words"]) == ("accepted", "Accepted by the receiving server.")
    assert [one["outcome"] for one in read["tries"]] == ["accepted"]


def test_a_destination_that_is_off_says_why_and_is_switched_on_again(
    api: Api, world: World, writing: sessionmaker[Session], now: datetime
) -> None:
    with writing.begin() as session:
        off = session.get_one(Destination, world.destination)
        off.state, off.failures, off.disabled_reason = DestinationState.DISABLED, 7, "It is gone."
        off.first_failure_at = off.last_failure_at = off.disabled_at = now
    dora, path = api.as_holder_of(world.dora), f"/destinations/{world.destination}"
    shown = dora.get(path).json()
    assert (shown["state"], shown["failures"], shown["disabled_reason"]) == ("disabled", 7, "It is gone.")
    assert api.as_holder_of(world.alice).post(f"{path}/enable", headers=_if_match(shown)).status_code == 403
    assert dora.post(f"{path}/enable").status_code == 428
    answer = dora.post(f"{path}/enable", headers=_if_match(shown))
    on = answer.json()
    assert (on["state"], on["failures"], on["disabled_reason"], on["first_failure_at"]) == ("ready", 0, None, None)
    assert answer.headers["ETag"] == f'"{shown["version"] + 1}"'
    assert dora.post(f"{path}/enable", headers=_if_match(on)).json()["version"] == on["version"]
    with writing() as session:
        actions = session.scalars(select(AuditEntry.action).where(AuditEntry.record == "destination")).all()
    assert actions.count("enable_destination") == 1


def test_a_destination_beside_another_has_its_owner_and_goes_without_it(
    api: Api, world: World, writing: sessionmaker[Session]
) -> None:
    dora, body = api.as_holder_of(world.dora), new(world)["/destinations"]
    made = dora.post("/destinations", {**body, "beside": str(world.destination)}).json()
    assert dora.post("/destinations", {**body, "beside": str(world.private_destination)}).status_code == 404
    with writing() as session:
        assert len(_owners(session, made["id"], world.destination)) == 1
    assert dora.delete(f"/destinations/{made['id']}", version=1).status_code == 204
    assert dora.get(f"/destinations/{world.destination}").status_code == 200
    with writing() as session:
        [owner] = _owners(session, world.destination)
    assert dora.delete(f"/destinations/{world.destination}", version=1).status_code == 204
    with writing() as session:
        assert session.get(Subscriber, owner) is None


def test_cases_that_nobody_can_be_told_of_can_be_asked_for(
    api: Api, world: World, writing: sessionmaker[Session]
) -> None:
    dora = api.as_holder_of(world.dora)

    def asked(channels: str) -> list[str]:
        return [case["id"] for case in dora.get("/cases", params={"channels": channels}).json()["items"]]

    assert (asked("working"), asked("nobody")) == ([str(world.case)], [str(world.other_case)])
    with writing.begin() as session:
        session.execute(update(Destination).values(state=DestinationState.DISABLED))
    assert (asked("working"), asked("switched_off")) == ([], [str(world.case)])


def _if_match(shown: dict[str, Any]) -> dict[str, str]:
    return {"If-Match": f'"{shown["version"]}"'}


def _owners(session: Session, *destinations: object) -> set[UUID]:
    ids = [UUID(str(one)) for one in destinations]
    return set(session.scalars(select(Destination.subscriber_id).where(Destination.id.in_(ids))))
