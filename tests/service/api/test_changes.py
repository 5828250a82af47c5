"""What can be written: every family, from the right version, and never a column that is not the caller's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import inspect, select

from service.records import (
    Assertion,
    AuditEntry,
    CareEvent,
    Case,
    CaseText,
    ClockPause,
    Destination,
    DetentionEpisode,
    Document,
    FollowUp,
    HealthCondition,
    IsolationPlacement,
    NameVariant,
    ParoleReview,
    Person,
    Petition,
    Proceeding,
    Sentence,
    Subscription,
    TargetOfficial,
    Timetable,
    UrgentAction,
)
from tests.service.api.test_access import CHANGES, ONE, everything, filled

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from tests.service.api.calling import Api
    from tests.service.api.conftest import World

RECORDS: dict[str, type[Any]] = {
    "/cases/{case_id}": Case,
    "/persons/{person_id}": Person,
    "/health-conditions/{condition_id}": HealthCondition,
    "/care-events/{event_id}": CareEvent,
    "/detention-episodes/{episode_id}": DetentionEpisode,
    "/isolation-placements/{placement_id}": IsolationPlacement,
    "/proceedings/{proceeding_id}": Proceeding,
    "/sentences/{sentence_id}": Sentence,
    "/parole-reviews/{review_id}": ParoleReview,
    "/petitions/{petition_id}": Petition,
    "/petitions/{petition_id}/pauses/{pause_id}": ClockPause,
    "/documents/{document_id}": Document,
    "/assertions/{assertion_id}": Assertion,
    "/case-texts/{text_id}": CaseText,
    "/follow-ups/{follow_up_id}": FollowUp,
    "/subscriptions/{subscription_id}": Subscription,
    "/destinations/{destination_id}": Destination,
    "/destinations/{destination_id}/timetable": Timetable,
    "/target-officials/{official_id}": TargetOfficial,
    "/urgent-actions/{action_id}": UrgentAction,
}


def new(world: World) -> dict[str, dict[str, Any]]:
    """A body for everything that can be created."""
    of = {"case_id": str(world.case), "person_id": str(world.person)}
    return {
        "/cases": {
            "reference": "ABC-2030-001", "title": "Fay Sample, writer", "country": "KZ", "time_zone": "Asia/Almaty",
            "detention_status": "sentenced", "summary": "A writer.",
        },
        "/persons": {"case_id": str(world.case), "names": [{"text": "Gus Sample", "kind": "legal"}]},
        "/health-conditions": {
            **of, "label": "Asthma", "severity": "mild", "certainty": "reported", "care_access": "partial",
            "as_of": "2014-11-01",
        },
        "/care-events": {**of, "kind": "exam", "outcome": "Seen by a doctor", "as_of": "2014-11-01"},
        "/detention-episodes": {**of, "facility": "Colony 1", "from_on": "2014-02-01", "as_of": "2014-11-01"},
        "/isolation-placements": {**of, "from_on": "2014-11-01", "as_of": "2014-11-01"},
        "/proceedings": {**of, "kind": "appeal", "occurred_on": "2014-11-01", "as_of": "2014-11-01"},
        "/sentences": {**of, "months": 72, "as_of": "2014-11-01"},
        "/parole-reviews": {**of, "hearing_on": "2014-12-01", "as_of": "2014-11-01"},
        "/petitions": {
            **of, "mechanism": "wgad", "addressee": "WGAD", "subject": "Arrest", "sent_on": "2014-11-01",
            "as_of": "2014-11-01",
        },
        "/petitions/{petition_id}/pauses": {"from_on": "2014-11-01", "reason": "Asked", "basis": "Section 9"},
        "/follow-ups": {"case_id": str(world.case), "kind": "lawyer_access", "title": "Visit", "due_on": "2014-12-01"},
        "/subscriptions": {"destination_id": str(world.destination), "country": "KZ"},
        "/destinations": {"channel": "webhook", "label": "Case system", "url": "https://hooks.example.org/vigil"},
        "/target-officials": {
            "office": "Prosecutor General", "country": "KZ", "last_verified_on": "2014-11-01", "address": "Astana",
        },
        "/urgent-actions": {"case_id": str(world.case), "headline": "No observers", "summary": "Nobody is let in."},
    }  # fmt: skip


def test_everything_can_be_created_and_read_again(api: Api, world: World) -> None:
    dora = api.as_holder_of(world.dora)
    for collection, body in new(world).items():
        path = filled(collection, world)
        made = dora.post(path, body)
        assert made.status_code == 201, (path, made.text)
        read = dora.get(f"{path}/{made.json()['id']}")
        assert read.status_code == 200, path
        assert read.headers["ETag"] == made.headers["ETag"] == f'"{made.json()["version"]}"'
        assert {**made.json(), "secret": 0} == {**read.json(), "secret": 0}


def test_no_column_can_be_smuggled_in(api: Api, world: World, writing: sessionmaker[Session]) -> None:
    dora = api.as_holder_of(world.dora)
    versions = {path: dora.get(filled(path, world)).json()["version"] for path in RECORDS}
    before = everything(writing)
    smuggled = 0
    for path, record in RECORDS.items():
        body, collection = CHANGES[path], path.rpartition("/{")[0]
        for column in inspect(record).columns:
            for own, send in ((body, dora.patch), (new(world).get(collection, {}), dora.post)):
                if collection == "/documents" and send is dora.post:
                    continue  # its body is the file: see test_documents.py
                if column.key in own or _is_offered(
                    api, *(("post", collection) if send is dora.post else ("patch", path)), column.key
                ):
                    continue
                extra = {**own, column.key: "x"}
                target = filled(collection if send is dora.post else path, world)
                answer = (
                    dora.post(target, extra) if send is dora.post else dora.patch(target, extra, version=versions[path])
                )
                assert answer.status_code == 422, (path, column.key, answer.text)
                assert "not yours to set" in answer.text
                smuggled += 1
    assert smuggled > 100, "the walk found hardly any column"
    assert everything(writing) == before


def _is_offered(api: Api, method: str, path: str, column: str) -> bool:
    """Whether the description offers this field to callers."""
    document = api.app.state.described = getattr(api.app.state, "described", None) or _document(api)
    operation = document["paths"].get(f"/api/v1{path}", {}).get(method)
    if operation is None:
        return False
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    names = [schema["$ref"]] if "$ref" in schema else [one["$ref"] for one in schema["oneOf"]]
    shapes = [document["components"]["schemas"][name.rpartition("/")[2]] for name in names]
    return any(column in shape["properties"] for shape in shapes)


def _document(api: Api) -> dict[str, Any]:
    from service.api.description import description

    return description(api.app.routes)


@pytest.mark.parametrize("version", [None, "*", '"999"', 'W/"1"'])
def test_a_change_needs_the_version_that_was_read(
    version: str | None, api: Api, world: World, writing: sessionmaker[Session]
) -> None:
    dora = api.as_holder_of(world.dora)
    before = everything(writing)
    headers = {"If-Match": version} if version else {}
    for path, body in CHANGES.items():
        answer = dora.call("PATCH", filled(path, world), json=body, headers=headers)
        expected = 412 if version and version != "*" else 428
        assert answer.status_code == expected, (path, answer.text)
    for path in ("/subscriptions/{subscription_id}", "/destinations/{destination_id}"):
        assert dora.call("DELETE", filled(path, world), headers=headers).status_code == expected
    assert everything(writing) == before


def test_the_second_of_two_writers_is_told(api: Api, world: World) -> None:
    alice = api.as_holder_of(world.alice)
    version = alice.get(f"/cases/{world.case}").json()["version"]
    assert alice.patch(f"/cases/{world.case}", {"summary": "First."}, version=version).status_code == 200
    second = alice.patch(f"/cases/{world.case}", {"summary": "Second."}, version=version)
    assert second.status_code == 412
    assert second.json()["type"] == "/problems/stale"
    assert alice.get(f"/cases/{world.case}").json()["summary"] == "First."


def test_new_names_raise_the_version_of_their_person(api: Api, world: World, writing: sessionmaker[Session]) -> None:
    alice = api.as_holder_of(world.alice)
    version = alice.get(f"/persons/{world.person}").json()["version"]
    names = [{"text": "Dana Sampel", "kind": "legal"}, {"text": "Дана", "kind": "transliteration", "script": "Cyrl"}]
    answer = alice.patch(f"/persons/{world.person}", {"names": names}, version=version)
    assert [name["text"] for name in answer.json()["names"]] == ["Dana Sampel", "Дана"]
    assert answer.json()["version"] == version + 1
    with writing() as session:
        kept = select(NameVariant.text).where(NameVariant.person_id == world.person).order_by(NameVariant.position)
        assert session.scalars(kept).all() == ["Dana Sampel", "Дана"]


def test_a_moved_follow_up_is_due_anew(api: Api, world: World) -> None:
    alice = api.as_holder_of(world.alice)
    path = f"/follow-ups/{world.follow_up}"
    before = alice.get(path).json()
    body = {"due_on": "2015-01-31", "reason": "The ministry asked for time."}
    after = alice.patch(path, body, version=before["version"]).json()
    assert (after["due_on"], after["due_revision"]) == ("2015-01-31", before["due_revision"] + 1)


@pytest.mark.parametrize(
    "step",
    [
        {"state": "done", "evidence": "The letter came."},
        {"state": "waived", "reason": "She withdrew it."},
        {"state": "cancelled", "reason": "Entered twice."},
    ],
)
def test_a_closed_follow_up_cannot_be_closed_again(step: dict[str, str], api: Api, world: World) -> None:
    alice = api.as_holder_of(world.alice)
    path = f"/follow-ups/{world.follow_up}"
    version = alice.get(path).json()["version"]
    closed = alice.patch(path, step, version=version)
    assert closed.status_code == 200, closed.text
    assert closed.json()["state"] == step["state"]
    assert alice.patch(path, step, version=closed.json()["version"]).status_code == 409


@pytest.mark.parametrize(
    "step",
    [
        {},
        {"state": "done"},
        {"state": "done", "reason": "Wrong word."},
        {"due_on": "2015-01-01"},
        {"state": "waived", "evidence": "Wrong word."},
        {"due_on": "2015-01-01", "state": "done", "reason": "Both."},
    ],
)
def test_a_step_says_what_and_why(step: dict[str, str], api: Api, world: World) -> None:
    alice = api.as_holder_of(world.alice)
    assert alice.patch(f"/follow-ups/{world.follow_up}", step, version=1).status_code == 422


def test_health_of_somebody_else_is_not_written_into_a_case(api: Api, world: World) -> None:
    dora = api.as_holder_of(world.dora)
    stranger = dora.get("/persons", params={"case_id": str(world.other_case)}).json()["items"][0]["id"]
    answer = dora.post("/health-conditions", {**new(world)["/health-conditions"], "person_id": stranger})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#/person_id"


def test_a_change_is_noted_without_its_values(api: Api, world: World, writing: sessionmaker[Session]) -> None:
    alice = api.as_holder_of(world.alice)
    path = f"/health-conditions/{world.condition}"
    alice.patch(path, {"label": "A telling word"}, version=1)
    with writing() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(2)).all()
        noted = [(entry.actor, entry.action, entry.record, entry.detail) for entry in reversed(entries)]
        assert noted[0] == ("alice (token)", "change", "health_condition", {"columns": ["label"]})
        # The condition was there before any rule was applied: what follows from it was opened now.
        assert noted[1][:3] == ("alice (token)", "rule_opened", "follow_up")
        assert "telling" not in str(noted)


def test_null_is_refused_where_a_record_needs_a_value(api: Api, world: World) -> None:
    alice = api.as_holder_of(world.alice)
    assert alice.patch(f"/cases/{world.case}", {"title": None}, version=1).status_code == 422
    assert alice.patch(f"/cases/{world.case}", {"facility": None}, version=1).status_code == 200


def test_a_case_that_is_opened_gets_a_page_nobody_can_guess(api: Api, world: World) -> None:
    made = api.as_holder_of(world.dora).post("/cases", new(world)["/cases"]).json()
    assert len(made["slug"]) == 20
    assert made["reference"].lower() not in made["slug"]
    assert api.as_holder_of(world.dora).post("/cases", new(world)["/cases"]).status_code == 409


def test_only_who_writes_everywhere_opens_a_case(api: Api, world: World) -> None:
    assert api.as_holder_of(world.alice).post("/cases", new(world)["/cases"]).status_code == 403


def test_the_records_of_the_matrix_are_the_changeable_ones() -> None:
    assert set(RECORDS) == set(CHANGES) <= set(ONE)
