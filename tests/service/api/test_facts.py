"""Recorded facts in the API: what the story of a case needs, and refusals that name the field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.service.api.calling import Api
    from tests.service.api.conftest import World


def pointers(answer: Any) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [error["pointer"] for error in answer.json()["errors"]]


def test_a_placement_is_opened_and_ended(api: Api, world: World) -> None:
    alice = api.as_holder_of(world.alice)
    of = {"case_id": str(world.case), "person_id": str(world.person), "as_of": "2014-11-01"}
    made = alice.post("/isolation-placements", {**of, "from_on": "2014-11-01"}).json()
    assert (made["from_precision"], made["until_on"]) == ("day", None)
    path = f"/isolation-placements/{made['id']}"
    assert pointers(alice.patch(path, {"until_on": "2014-10-12"}, version=1)) == ["#/until_on"]
    ended = alice.patch(path, {"until_on": "2014-11-12", "as_of": "2014-11-12"}, version=1).json()
    assert (ended["until_on"], ended["version"]) == ("2014-11-12", 2)
    assert [one["id"] for one in alice.get("/isolation-placements", params={"case_id": str(world.case)}).json()["items"]] == [
        str(world.placement), made["id"],
    ]  # fmt: skip


def test_a_parole_hearing_is_set_and_decided(api: Api, world: World) -> None:
    alice = api.as_holder_of(world.alice)
    path = f"/parole-reviews/{world.review}"
    body = {"decided_on": "2014-12-01", "appeal_by": "2014-12-15"}
    assert pointers(alice.patch(path, body, version=1)) == ["#/decision"]
    decided = alice.patch(path, {**body, "decision": "refused"}, version=1).json()
    assert (decided["decision"], decided["appeal_by"], decided["version"]) == ("refused", "2014-12-15", 2)


def test_a_transfer_answers_with_the_new_stay(api: Api, world: World) -> None:
    alice = api.as_holder_of(world.alice)
    path = f"/detention-episodes/{world.episode}"
    body = {"on": "2014-11-03", "facility": "Prison hospital", "regime": "prison_hospital", "as_of": "2014-11-03"}
    assert alice.post(f"{path}/transfer", body).status_code == 428
    early = alice.call("POST", f"{path}/transfer", json={**body, "on": "2001-01-01"}, headers={"If-Match": '"1"'})
    assert pointers(early) == ["#/on"]
    made = alice.call("POST", f"{path}/transfer", json=body, headers={"If-Match": '"1"'})
    assert made.status_code == 201, made.text
    assert (made.json()["facility"], made.json()["from_on"]) == ("Prison hospital", "2014-11-03")
    assert alice.get(path).json()["until_on"] == "2014-11-03"
    again = alice.call("POST", f"{path}/transfer", json=body, headers={"If-Match": '"2"'})
    assert again.status_code == 409
    bob = api.as_holder_of(world.bob)
    assert bob.call("POST", f"{path}/transfer", json=body, headers={"If-Match": '"2"'}).status_code == 403


def test_a_pause_belongs_to_its_petition(api: Api, world: World) -> None:
    alice = api.as_holder_of(world.alice)
    of = {
        "case_id": str(world.case),
        "mechanism": "wgad",
        "addressee": "WGAD",
        "subject": "Arrest",
        "as_of": "2014-11-01",
    }
    other = alice.post("/petitions", of).json()["id"]
    assert alice.get(f"/petitions/{other}/pauses").json()["items"] == []
    assert alice.get(f"/petitions/{other}/pauses/{world.pause}").status_code == 404
    [pause] = alice.get(f"/petitions/{world.petition}/pauses").json()["items"]
    assert (pause["id"], pause["until_on"]) == (str(world.pause), None)
    bob = api.as_holder_of(world.bob)
    body = {"from_on": "2014-11-05", "reason": "Asked", "basis": "Section 9"}
    assert bob.post(f"/petitions/{world.petition}/pauses", body).status_code == 403
    early = alice.post(f"/petitions/{world.petition}/pauses", {**body, "from_on": "2014-09-30"})
    assert pointers(early) == ["#/from_on"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"sent_on": "2014-11-01", "answered_on": "2014-10-31"}, "#/answered_on"),
        ({"sent_on": "2014-11-01", "sent_precision": "unknown"}, "#/sent_precision"),
        ({"sent_precision": "month"}, "#/sent_on"),
        ({"sent_on": "1 November"}, "#/sent_on"),
        ({"reply_within_days": 15}, "#/reply_basis"),
        ({"reply_within_days": 0, "reply_basis": "Section 8"}, "#/reply_within_days"),
        ({"person_id": "01932a10-7a3e-7c11-8f4e-5f1d2c3b4a60"}, "#/person_id"),
        ({"mechanism": "letter"}, "#/mechanism"),
    ],
)
def test_a_bad_petition_is_refused_by_its_field(api: Api, world: World, body: dict[str, Any], pointer: str) -> None:
    alice = api.as_holder_of(world.alice)
    of = {
        "case_id": str(world.case),
        "mechanism": "wgad",
        "addressee": "WGAD",
        "subject": "Arrest",
        "as_of": "2014-11-01",
    }
    assert pointers(alice.post("/petitions", {**of, **body})) == [pointer]
    assert len(alice.get("/petitions").json()["items"]) == 1


def test_a_month_is_not_over_before_its_last_day(api: Api, world: World) -> None:
    alice = api.as_holder_of(world.alice)
    body = {"sent_on": "2014-11-30", "sent_precision": "month", "answered_on": "2014-12-02"}
    assert pointers(alice.patch(f"/petitions/{world.petition}", body, version=1)) == ["#/sent_on"]
    body = {"sent_on": "2014-10-31", "sent_precision": "month", "answered_on": "2014-10-02"}
    answer = alice.patch(f"/petitions/{world.petition}", body, version=1)
    assert answer.status_code == 200, answer.text


def test_care_that_happened_on_a_day_is_known_to_the_day(api: Api, world: World) -> None:
    alice = api.as_holder_of(world.alice)
    of = {"case_id": str(world.case), "person_id": str(world.person), "as_of": "2014-11-01"}
    body = {**of, "kind": "exam", "outcome": "Seen", "requested_on": "2014-10-20", "occurred_on": "2014-10-25"}
    assert alice.post("/care-events", body).json()["occurred_precision"] == "day"
    assert pointers(alice.post("/care-events", {**body, "occurred_on": "2014-10-19"})) == ["#/occurred_on"]
