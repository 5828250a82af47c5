"""Urgent actions through the API: each verb, who may, and what a refusal says."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from alerts.facts import Tier
from service.records import AuditEntry, Case, UrgentAction
from tests.factories import make_consent, make_footing, make_source

if TYPE_CHECKING:
    import httpx
    from sqlalchemy.orm import Session, sessionmaker

    from service.clock import FixedClock
    from tests.service.api.calling import Api
    from tests.service.api.conftest import World


@pytest.fixture
def named(world: World, writing: sessionmaker[Session]) -> World:
    """The world, in which the person may be named."""
    with writing.begin() as session:
        case = session.get_one(Case, world.case)
        make_consent(session, next(person for person in case.persons if person.id == world.person))
        make_footing(session, case, "No observers", "Nobody is let in.")
    return world


def act(api: Api, world: World, verb: str, body: Any = None, *, action: object = None) -> httpx.Response:
    """One verb on an action, starting from the version that was just read."""
    path = f"/urgent-actions/{action or world.action}"
    version = api.get(path).json()["version"]
    return api.call("POST", f"{path}/{verb}", json=body, headers={"If-Match": f'"{version}"'})


def test_an_officer_drafts_and_a_coordinator_approves(api: Api, named: World, clock: FixedClock) -> None:
    alice, dora = api.as_holder_of(named.alice), api.as_holder_of(named.dora)
    body = {
        "case_id": str(named.case), "headline": "No observers", "summary": "Nobody is let in.", "act_by": "2014-12-04",
        "write_in": ["ru"], "person_ids": [str(named.person)], "target_ids": [str(named.official)],
        "demands": [{"text": "Let observers in."}], "letters": {"en": "Please let observers in."},
    }  # fmt: skip
    made = alice.post("/urgent-actions", body)
    assert made.status_code == 201, made.text
    assert (made.json()["number"], made.json()["status"]) == ("UA 2/14", "draft")
    assert made.headers["ETag"] == f'"{made.json()["version"]}"'
    action = made.json()["id"]
    assert act(alice, named, "submit", action=action).status_code == 200
    assert act(alice, named, "approve", action=action).status_code == 403
    approved = act(dora, named, "approve", action=action)
    assert approved.status_code == 200, approved.text
    assert (approved.json()["status"], approved.json()["leaves_at"]) == ("approved", "2014-11-20T09:01:00Z")
    clock.at += timedelta(seconds=59)
    assert act(alice, named, "take-back", action=action).json()["status"] == "draft"


def test_the_whole_document_is_written_read_and_changed_in_part(
    api: Api, named: World, writing: sessionmaker[Session]
) -> None:
    alice = api.as_holder_of(named.alice)
    with writing.begin() as session:
        source, hidden = str(make_source(session).id), str(make_source(session, tier=Tier.RESTRICTED).id)
    embassy = alice.post(
        "/target-officials",
        {"office": "Embassy", "country": "KZ", "last_verified_on": "2014-11-20", "address": "3 Example Avenue"},
    ).json()["id"]
    document = {
        "index_number": "CA 7/2014", "background": "The colony is closed.", "copy_ids": [embassy],
        "sources": [{"source_id": source, "as_of": "2014-10-24"}], "guidance": {"en": "Say how you heard of it."},
        "letters": {"en": "Please let observers in."}, "letter_subjects": {"en": "Observers"},
        "report_to": "https://letters.example.org/ua",
    }  # fmt: skip
    body = {"case_id": str(named.case), "headline": "No observers", "summary": "Nobody is let in.", **document}
    made = alice.post("/urgent-actions", body)
    assert made.status_code == 201, made.text
    assert {name: made.json()[name] for name in document} == document
    assert made.json()["slug"] == made.json()["number"].removeprefix("UA ").replace("/14", "-2014")
    path = f"/urgent-actions/{made.json()['id']}"
    changed = alice.patch(path, {"background": None, "sources": []}, version=made.json()["version"]).json()
    assert (changed["background"], changed["sources"], changed["guidance"]) == (None, [], document["guidance"])
    version = changed["version"]
    for wrong, where in (
        ({"sources": [{"source_id": hidden, "as_of": "2014-10-24"}]}, "#/sources"),
        ({"report_to": "nowhere"}, "#/report_to"),
        ({"guidance": None}, "#"),
        ({"guidance": {"English": "x"}}, "#/guidance"),
        ({"letter_subjects": {"ru": "x"}}, "#/letter_subjects"),
        ({"copy_ids": [str(named.person)]}, "#/copy_ids"),
    ):
        answer = alice.patch(path, wrong, version=version)
        assert answer.status_code == 422, wrong
        assert answer.json()["errors"][0]["pointer"].startswith(where), answer.text
    assert alice.get(path).json()["version"] == version


def test_a_coordinator_who_wrote_it_does_not_approve_it(api: Api, named: World) -> None:
    dora = api.as_holder_of(named.dora)
    assert dora.patch(f"/urgent-actions/{named.action}", {"headline": "Mine now"}, version=1).status_code == 200
    act(dora, named, "submit")
    answer = act(dora, named, "approve")
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")


def test_every_reason_against_it_is_told_with_its_place(api: Api, world: World, clock: FixedClock) -> None:
    alice, dora = api.as_holder_of(world.alice), api.as_holder_of(world.dora)
    act(alice, world, "submit")
    clock.at += timedelta(days=91)
    token_is_old = act_later(dora, world)
    assert token_is_old.status_code == 401  # tokens of the tests live for a day
    clock.at -= timedelta(days=91)
    alice.patch(f"/target-officials/{world.official}", {"last_verified_on": "2014-01-31"}, version=1)
    answer = act(dora, world, "approve")
    assert answer.status_code == 422
    told = {error["pointer"]: error["detail"] for error in answer.json()["errors"]}
    assert set(told) == {"#/target_ids", "#/person_ids"}
    assert "more than 90 days ago" in told["#/target_ids"]
    assert "consent" in told["#/person_ids"]


def act_later(api: Api, world: World) -> httpx.Response:
    return api.call("POST", f"/urgent-actions/{world.action}/approve", headers={"If-Match": '"2"'})


def test_a_change_needs_the_version_that_was_read(api: Api, world: World) -> None:
    alice = api.as_holder_of(world.alice)
    path = f"/urgent-actions/{world.action}"
    assert alice.call("POST", f"{path}/submit").status_code == 428
    assert alice.patch(path, {"summary": "Other."}, version=9).status_code == 412
    assert alice.patch(path, {"act_by": "2014-12-24"}, version=1).json()["act_by"] == "2014-12-24"
    assert alice.patch(path, {"headline": None}, version=2).status_code == 422


def test_letters_are_reported_for_what_was_issued_alone(api: Api, world: World) -> None:
    body = {"reported_on": "2014-11-20", "language": "en", "letters": 3}
    path = f"/urgent-actions/{world.action}/letters"
    assert api.as_holder_of(world.alice).post(path, body).status_code == 409
    assert api.as_holder_of(world.alice).post(path, {**body, "by": "Erik"}).status_code == 422


def test_officials_are_put_on_record_and_verified(api: Api, world: World) -> None:
    alice = api.as_holder_of(world.alice)
    body = {"office": "Prosecutor General", "country": "KZ", "last_verified_on": "2014-11-20"}
    assert alice.post("/target-officials", body).status_code == 422
    made = alice.post("/target-officials", {**body, "address": "2 Example Street\nAstana"})
    assert made.status_code == 201, made.text
    assert api.as_holder_of(world.bob).post("/target-officials", body).status_code == 403
    path = f"/target-officials/{made.json()['id']}"
    assert alice.patch(path, {"last_verified_on": "2014-11-21"}, version=1).status_code == 422
    assert alice.patch(path, {"name": "Aru Sample"}, version=1).json()["version"] == 2
    assert [one["office"] for one in alice.get("/target-officials?country=KZ").json()["items"]] == [
        "Minister of Internal Affairs", "Prosecutor General",
    ]  # fmt: skip


def test_a_death_is_recorded_by_whoever_may_write_on_every_case_of_the_person(
    api: Api, world: World, writing: sessionmaker[Session]
) -> None:
    path, body = f"/persons/{world.person}", {"on": "2014-11-19", "in_custody": True}
    alice = api.as_holder_of(world.alice)
    assert alice.patch(path, {"deceased_on": "2014-11-19"}, version=1).status_code == 422
    assert api.as_holder_of(world.bob).call("POST", f"{path}/death", json=body).status_code == 403
    stopped = alice.call("POST", f"{path}/death", json=body, headers={"If-Match": '"1"'})
    assert stopped.status_code == 200, stopped.text
    assert stopped.json() == {"deliveries": 0, "follow_ups": 0, "suspended": [str(world.action)], "stop_actions": []}
    assert alice.get(path).json()["deceased_on"] == "2014-11-19"
    with writing() as session:
        assert session.get_one(UrgentAction, world.action).suspended_because == "We have learned of a death."
        verbs = [entry.action for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(2))]
    assert verbs == ["record_death", "suspend"]


def test_what_is_no_consent_cannot_be_withdrawn(api: Api, named: World) -> None:
    alice = api.as_holder_of(named.alice)
    path = f"/persons/{named.person}/withdraw-consent"
    headers = {"If-Match": '"1"'}
    assert alice.call("POST", path, json={"scope": "share_un"}, headers=headers).status_code == 409
    answer = alice.call("POST", path, json={"scope": "name_publicly"}, headers=headers)
    assert (answer.status_code, answer.json()["suspended"]) == (200, [str(named.action)])
