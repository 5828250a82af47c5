"""Evidence through the API: recorded, set side by side, and corrected by two members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.service.api.calling import Api
    from tests.service.api.conftest import World

SENTENCE = "A teacher who serves a sentence far from home."
SAID: dict[str, Any] = {
    "attribute": "place-of-detention", "value": "The colony is 900 km from her home.", "locator": "page 4",
    "as_of": "2014-11-01", "connection": "family",
}  # fmt: skip


class Desk:
    """Alice's desk: what she records about the case."""

    def __init__(self, api: Api, world: World) -> None:
        self.alice, self.dora, self.world = api.as_holder_of(world.alice), api.as_holder_of(world.dora), world

    def source(self, **changed: object) -> str:
        body = {"key": "letter-2014", "title": "A letter", "tier": "public", **changed}
        made = self.alice.post("/sources", body)
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def assertion(self, source_id: str, **changed: object) -> str:
        body = {"case_id": str(self.world.case), "source_id": source_id, **SAID, **changed}
        made = self.alice.post("/assertions", body)
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def statements(self) -> dict[str, list[str]]:
        shown = self.alice.get(f"/cases/{self.world.case}/statements").json()["statements"]
        return {one["text"]: one["assertion_ids"] for one in shown}


@pytest.fixture
def desk(api: Api, world: World) -> Desk:
    return Desk(api, world)


def test_a_sentence_is_published_from_the_moment_it_rests_on_an_assertion(desk: Desk) -> None:
    assert desk.statements()[SENTENCE] == []
    assertion = desk.assertion(desk.source())
    path = f"/cases/{desk.world.case}/statements"
    assert desk.alice.post(path, {"statement": SENTENCE, "assertion_ids": [assertion]}).status_code == 200
    assert desk.statements()[SENTENCE] == [assertion]


def test_official_claims_stand_beside_what_others_found(desk: Desk) -> None:
    source = desk.source()
    found = desk.assertion(source)
    claimed = desk.assertion(source, value="The colony is near her home.", connection="official")
    claims = desk.alice.get(f"/cases/{desk.world.case}/claims").json()["claims"]
    first = claims[0]
    assert (first["attribute"], first["is_contested"]) == ("place-of-detention", True)
    assert [one["id"] for one in first["official"]] == [claimed]
    assert [one["id"] for one in first["independent"]] == [found]


def test_an_assertion_is_not_refuted_behind_its_readers_backs(desk: Desk) -> None:
    assertion = desk.assertion(desk.source())
    answer = desk.alice.patch(f"/assertions/{assertion}", {"verification": "refuted"}, version=1)
    assert answer.status_code == 422
    assert desk.alice.patch(f"/assertions/{assertion}", {"value": "Other"}, version=1).status_code == 422


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"attribute": "Place of detention"}, "#/attribute"),
        ({"tier": "sealed"}, "#/tier"),
        ({"occurred_on": "2014-01-01", "occurred_precision": "unknown"}, "#/occurred_precision"),
        ({"source_id": "01932a10-7a3e-7c11-8f4e-5f1d2c3b4a59"}, "#/source_id"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(desk: Desk, changed: dict[str, str], pointer: str) -> None:
    body = {"case_id": str(desk.world.case), "source_id": str(desk.world.source), **SAID, **changed}
    answer = desk.alice.post("/assertions", body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_a_correction_takes_two_members(desk: Desk) -> None:
    wrong = desk.assertion(desk.source())
    right = desk.assertion(desk.source(key="list-2014"), value="The colony is 90 km from her home.")
    desk.alice.post(f"/cases/{desk.world.case}/statements", {"statement": SENTENCE, "assertion_ids": [wrong]})
    body = {
        "assertion_id": wrong, "kind": "corrected", "replacement_id": right, "was": SENTENCE,
        "reads": "A teacher who serves a sentence near her home.", "reason": "The list of the ministry says so.",
    }  # fmt: skip
    made = desk.alice.post("/corrections", body)
    assert (made.status_code, made.json()["status"]) == (201, "draft"), made.text
    assert desk.alice.get(f"/assertions/{wrong}").json()["replaced_by_id"] == right
    assert desk.statements()[SENTENCE] == []
    path = f"/corrections/{made.json()['id']}/send"
    assert desk.alice.post(path, {}, headers={"If-Match": '"1"'}).status_code == 403
    assert desk.dora.post(path, {}, headers={"If-Match": '"7"'}).status_code == 412
    sent = desk.dora.post(path, {}, headers={"If-Match": '"1"'})
    assert (sent.status_code, sent.json()["status"]) == (200, "sent"), sent.text


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"kind": "disputed"}, "#/disputed_by"),
        ({"kind": "corrected", "reads": "x"}, "#/replacement_id"),
        ({"was": "Dana Sample was moved."}, "#/was"),
    ],
)
def test_a_correction_that_cannot_be_is_refused_by_its_field(desk: Desk, changed: dict[str, str], pointer: str) -> None:
    body = {"assertion_id": str(desk.world.assertion), "kind": "retracted", "was": "x", "reason": "y", **changed}
    answer = desk.alice.post("/corrections", body)
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_a_source_bears_its_key_alone(desk: Desk) -> None:
    desk.source()
    assert desk.alice.post("/sources", {"key": "letter-2014", "title": "Another"}).status_code == 409
