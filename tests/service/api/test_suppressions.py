"""Staff put addresses on the list and take them off it, with a trace, and never see one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from service.records import AuditEntry, Suppression

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from tests.service.api.calling import Api
    from tests.service.api.conftest import World

PATH = "/suppressions"


def audited(writing: sessionmaker[Session], record_id: str) -> list[tuple[str, str]]:
    with writing() as session:
        query = select(AuditEntry).where(AuditEntry.record_id == record_id).order_by(AuditEntry.seq)
        return [(entry.actor, entry.action) for entry in session.scalars(query)]


def test_an_address_is_suppressed_found_and_lifted(api: Api, world: World, writing: sessionmaker[Session]) -> None:
    dora = api.as_holder_of(world.dora)
    made = dora.post(PATH, {"address": "Reader@Example.org"})
    assert made.status_code == 201
    assert made.json() | {"id": "", "created_at": ""} == {
        "id": "", "reason": "by_member", "until": None, "created_at": "", "version": 1,
    }  # fmt: skip
    assert dora.post(PATH, {"address": "reader@example.org"}).status_code == 409
    found = dora.post(f"{PATH}/find", {"address": "reader@example.org"})
    assert found.json() == made.json()
    one = f"{PATH}/{made.json()['id']}"
    assert dora.delete(one).status_code == 428
    assert dora.delete(one, version=7).status_code == 412
    assert dora.delete(one, version=1).status_code == 204
    assert dora.get(one).status_code == 404
    assert dora.post(f"{PATH}/find", {"address": "reader@example.org"}).status_code == 404
    assert audited(writing, made.json()["id"]) == [
        ("dora (token)", "suppress_address"),
        ("dora (token)", "read"),
        ("dora (token)", "lift_suppression"),
    ]


def test_it_may_end_by_itself_but_not_in_the_past(api: Api, world: World) -> None:
    dora = api.as_holder_of(world.dora)
    past = dora.post(PATH, {"address": "reader@example.org", "until": "2014-11-19T00:00:00Z"})
    assert past.status_code == 422
    later = dora.post(PATH, {"address": "reader@example.org", "until": "2014-12-19T00:00:00+01:00"})
    assert later.json()["until"] == "2014-12-18T23:00:00Z"


def test_only_who_runs_the_destinations_may_suppress_lift_or_ask_by_address(
    api: Api, world: World, writing: sessionmaker[Session]
) -> None:
    alice = api.as_holder_of(world.alice)
    assert [one["id"] for one in alice.get(PATH).json()["items"]] == [str(world.suppression)]
    assert alice.post(PATH, {"address": "x@example.org"}).status_code == 403
    assert alice.post(f"{PATH}/find", {"address": "unwanted@example.org"}).status_code == 403
    assert alice.delete(f"{PATH}/{world.suppression}", version=1).status_code == 403
    with writing() as session:
        assert session.scalars(select(Suppression.id)).all() == [world.suppression]


def test_no_answer_holds_an_address_or_its_hash(api: Api, world: World, writing: sessionmaker[Session]) -> None:
    dora = api.as_holder_of(world.dora)
    with writing() as session:
        index = session.scalars(select(Suppression.address_hmac)).one()
    for answer in (dora.get(PATH), dora.post(f"{PATH}/find", {"address": "unwanted@example.org"})):
        assert "unwanted" not in answer.text
        assert index not in answer.text
