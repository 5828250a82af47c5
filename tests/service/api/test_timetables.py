"""When the organisation's own readers are told is chosen by members; a person's hours are nobody else's business."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from alerts.facts import EmailAddress, SlackWebhook
from service.records import AuditEntry, Destination, Timetable
from tests.factories import make_destination

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from service.security.encryption import Vault
    from tests.service.api.calling import Api
    from tests.service.api.conftest import World

NIGHT = {"quiet_from": "22:00", "quiet_until": "06:30"}


def path_of(world: World) -> str:
    return f"/destinations/{world.destination}/timetable"


def test_whoever_chose_nothing_has_the_usual_hours_and_they_change_as_they_are_named(
    api: Api, world: World, writing: sessionmaker[Session]
) -> None:
    dora = api.as_holder_of(world.dora)
    usual = dora.get(path_of(world)).json()
    assert usual == {
        "time_zone": "Europe/Berlin", "digest_hour": 8, "digest_weekday": 1, "quiet_from": None, "quiet_until": None,
        "critical_may_wake": True, "version": 0,
    }  # fmt: skip
    later = dora.patch(path_of(world), {"digest_hour": 9, **NIGHT}, version=0)
    assert later.json() == {**usual, "digest_hour": 9, **NIGHT, "version": 1}
    assert later.headers["ETag"] == '"1"'
    loud = dora.patch(path_of(world), {"quiet_from": None, "quiet_until": None, "critical_may_wake": False}, version=1)
    assert loud.json() == dora.get(path_of(world)).json() == {
        **usual, "digest_hour": 9, "critical_may_wake": False, "version": 2,
    }  # fmt: skip
    with writing() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).one()
    assert (entry.actor, entry.action, entry.record_id) == ("dora (token)", "change_timetable", str(world.destination))


def test_another_way_to_the_same_readers_has_the_same_hours(
    api: Api, world: World, writing: sessionmaker[Session], vault: Vault
) -> None:
    with writing.begin() as session:
        reader = session.get_one(Destination, world.destination).subscriber
        beside = make_destination(
            session,
            vault,
            subscriber=reader,
            address=SlackWebhook("https://hooks.slack.com/services/T/B/y"),
            label="Night",
        )
        other_way = f"/destinations/{beside.id}/timetable"
    dora = api.as_holder_of(world.dora)
    dora.patch(path_of(world), NIGHT, version=0)
    assert dora.get(other_way).json() == dora.get(path_of(world)).json()
    # Whoever looked at it by the other way before is told what it says now.
    assert dora.patch(other_way, {"digest_hour": 7}, version=0).status_code == 412


@pytest.mark.parametrize(
    "wish",
    [
        {"digest_hour": 24},
        {"digest_weekday": 0},
        {"digest_hour": None},
        {"quiet_from": "22:00"},
        {"quiet_from": "22:00", "quiet_until": "22:00"},
        {"quiet_from": "22:00:30", "quiet_until": "06:00"},
        {"quiet_from": "22:00Z", "quiet_until": "06:00Z"},
        {"quiet_from": "late", "quiet_until": "06:00"},
        {"time_zone": "Europe/Berlin"},
    ],
)
def test_hours_that_there_are_not_are_refused_and_nothing_is_written(
    wish: dict[str, Any], api: Api, world: World, writing: sessionmaker[Session]
) -> None:
    assert api.as_holder_of(world.dora).patch(path_of(world), wish, version=0).status_code == 422
    with writing() as session:
        assert session.scalars(select(Timetable)).all() == []


def test_a_person_chooses_their_own_hours_and_nobody_else_looks(
    api: Api, world: World, writing: sessionmaker[Session], vault: Vault
) -> None:
    with writing.begin() as session:
        reader = session.get_one(Destination, world.destination).subscriber
        make_destination(session, vault, subscriber=reader, address=EmailAddress("own@example.org"))
        session.add(Timetable(subscriber_id=reader.id, quiet_from=time(22), quiet_until=time(6), version=1))
    dora = api.as_holder_of(world.dora)
    for answer in (dora.get(path_of(world)), dora.patch(path_of(world), {"digest_hour": 9}, version=1)):
        assert answer.status_code == 409
        assert "22" not in answer.json()["detail"]
    assert dora.get(f"/destinations/{world.private_destination}/timetable").status_code == 404


def test_only_coordinators_and_administrators_choose_hours(api: Api, world: World) -> None:
    assert api.as_holder_of(world.alice).patch(path_of(world), {"digest_hour": 9}, version=0).status_code == 403
