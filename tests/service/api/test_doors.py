"""What every door does: pages, problems, idempotency, the description."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import jsonschema
import pytest
from sqlalchemy import func, select

from service.api.problems import SLUGS
from service.records import Alert, Delivery, IdempotencyKey
from service.vocabulary import AlertKind, DestinationState
from tests.factories import make_case

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from service.clock import FixedClock
    from tests.service.api.calling import Api
    from tests.service.api.conftest import World

MARKER = "zq7marker"


def queued_tests(writing: sessionmaker[Session]) -> int:
    """How many test messages were queued."""
    with writing() as session:
        of_tests = select(Alert.id).where(Alert.kind == AlertKind.DESTINATION_TEST)
        return session.scalar(select(func.count()).select_from(Delivery).where(Delivery.alert_id.in_(of_tests))) or 0


def test_pages_stay_true_while_cases_are_added(api: Api, world: World, writing: sessionmaker[Session]) -> None:
    dora = api.as_holder_of(world.dora)
    with writing.begin() as session:
        first = {str(make_case(session).id) for _ in range(5)} | {str(world.case), str(world.other_case)}
    seen: list[str] = []
    link: str | None = "/api/v1/cases?limit=2"
    while link is not None:
        answer = dora.get(link.removeprefix("/api/v1"))
        seen += [item["id"] for item in answer.json()["items"]]
        following = answer.headers.get("Link")
        assert (following is None) == (answer.json()["next"] is None)
        link = following.partition(">")[0].removeprefix("<") if following else None
        if len(seen) < 8:
            with writing.begin() as session:
                make_case(session)
    assert len(seen) == len(set(seen))
    assert first <= set(seen)
    assert all(earlier < later for earlier, later in pairwise(seen))
    assert all(set(dora.get("/cases").json()) == {"items", "next"} for _ in range(1))


def test_the_filter_follows_to_the_next_page(api: Api, world: World, writing: sessionmaker[Session]) -> None:
    with writing.begin() as session:
        for _ in range(3):
            make_case(session, country="FR")
    answer = api.as_holder_of(world.dora).get("/cases", params={"country": "FR", "limit": "2", "other": MARKER})
    link = answer.headers["Link"]
    assert "country=FR" in link
    assert MARKER not in link
    rest = api.as_holder_of(world.dora).get(link.partition(">")[0].removeprefix("</api/v1")).json()
    assert [item["country"] for item in rest["items"]] == ["FR"]


def test_a_cursor_of_another_list_or_an_altered_one_is_refused(api: Api, world: World) -> None:
    dora = api.as_holder_of(world.dora)
    cursor = dora.get("/cases", params={"limit": 1}).json()["next"]
    for path, after in (("/persons", cursor), ("/cases", cursor[:-2] + "xx"), ("/cases", "nonsense")):
        answer = dora.get(path, params={"after": after})
        assert answer.status_code == 422
        assert answer.json()["errors"] == [{"pointer": "query:after", "detail": "This is no cursor of this list."}]


@pytest.mark.parametrize("limit", ["0", "201", "many", "-1"])
def test_a_limit_out_of_bounds_is_refused(limit: str, api: Api, world: World) -> None:
    assert api.as_holder_of(world.dora).get("/cases", params={"limit": limit}).status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "given"),
    [
        ("POST", "/cases", {"json": {"reference": MARKER, "time_zone": MARKER, "country": MARKER, MARKER: MARKER}}),
        ("POST", "/cases", {"content": f'{{"title": {MARKER}', "headers": {"Content-Type": "application/json"}}),
        ("POST", "/cases", {"content": MARKER, "headers": {"Content-Type": "text/plain"}}),
        ("POST", "/cases", {"json": [MARKER]}),
        ("POST", "/persons", {"json": {"case_id": MARKER, "names": [{"text": "x", "kind": MARKER, MARKER: 1}]}}),
        ("POST", "/destinations", {"json": {"channel": MARKER, "label": "x"}}),
        ("POST", "/destinations", {"json": {"channel": "email", "label": "x", "address": MARKER}}),
        ("POST", "/follow-ups", {"json": {"kind": MARKER, "due_on": MARKER, "title": "x"}}),
        ("GET", "/cases", {"params": {"limit": MARKER, "country": MARKER, "monitoring": MARKER, "after": MARKER}}),
        ("GET", f"/cases/{MARKER}", {}),
        ("GET", f"/{MARKER}", {}),
        ("PUT", "/cases", {"json": {"title": MARKER}}),
        ("PATCH", "/subscriptions/99999999999999999999999", {"json": {"cadence": MARKER}}),
    ],
)
def test_a_refusal_never_repeats_what_was_sent(
    method: str, path: str, given: dict[str, Any], api: Api, world: World
) -> None:
    answer = api.as_holder_of(world.dora).call(method, path, **given)
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "instance"} <= set(answer.json())
    assert answer.json()["status"] == answer.status_code
    assert MARKER not in answer.text + str(answer.headers)


def test_control_characters_are_refused(api: Api, world: World) -> None:
    for text in ("a\x00b", "a\u2028b", "a\nb", "\ud800", "   "):
        answer = api.as_holder_of(world.dora).call(
            "PATCH", f"/cases/{world.case}", content=_ascii({"title": text}),
            headers={"If-Match": '"1"', "Content-Type": "application/json"},
        )  # fmt: skip
        assert answer.status_code == 422, repr(text)


def _ascii(body: dict[str, str]) -> bytes:
    import json

    return json.dumps(body).encode("ascii")


def test_the_same_key_sends_one_test_message(api: Api, world: World, writing: sessionmaker[Session]) -> None:
    dora = api.as_holder_of(world.dora)
    path, headers = f"/destinations/{world.destination}/test", {"Idempotency-Key": "once"}
    first, second = (dora.call("POST", path, headers=headers) for _ in range(2))
    assert first.status_code == second.status_code == 202
    assert first.json() == second.json()
    assert queued_tests(writing) == 1
    delivery = dora.get(f"/deliveries/{first.json()['delivery_id']}")
    assert delivery.json()["state"] == "queued"
    assert dora.call("POST", path, headers={"Idempotency-Key": "twice"}).status_code == 202
    assert queued_tests(writing) == 2


def test_a_test_without_a_key_sends_nothing(api: Api, world: World, writing: sessionmaker[Session]) -> None:
    for headers in ({}, {"Idempotency-Key": "x" * 101}):
        answer = api.as_holder_of(world.dora).call("POST", f"/destinations/{world.destination}/test", headers=headers)
        assert answer.status_code == 400
    assert queued_tests(writing) == 0


def test_a_key_is_not_used_for_another_request(api: Api, world: World, writing: sessionmaker[Session]) -> None:
    dora = api.as_holder_of(world.dora)
    body = {"channel": "webhook", "label": "Case system", "url": "https://hooks.example.org/vigil"}
    other = dora.post("/destinations", body).json()["id"]
    headers = {"Idempotency-Key": "once"}
    assert dora.call("POST", f"/destinations/{world.destination}/test", headers=headers).status_code == 202
    assert dora.call("POST", f"/destinations/{other}/test", headers=headers).status_code == 422
    assert queued_tests(writing) == 1


def test_a_key_is_forgotten_after_a_day(
    api: Api, world: World, writing: sessionmaker[Session], clock: FixedClock
) -> None:
    with writing.begin() as session:
        session.add(
            IdempotencyKey(
                caller=world.dora.split("_")[1], key="once", route="x", request_hash="x", status=202, response="{}",
                created_at=clock.now() - timedelta(hours=24),
            )
        )  # fmt: skip
        # stored as the token's id is written, with hyphens
        for key in session.new:
            key.caller = (
                f"{key.caller[:8]}-{key.caller[8:12]}-{key.caller[12:16]}-{key.caller[16:20]}-{key.caller[20:]}"
            )
    headers = {"Idempotency-Key": "once"}
    path = f"/destinations/{world.destination}/test"
    assert api.as_holder_of(world.dora).call("POST", path, headers=headers).status_code == 202
    assert queued_tests(writing) == 1


def test_a_destination_is_not_used_as_a_hammer(api: Api, world: World, writing: sessionmaker[Session]) -> None:
    dora, path = api.as_holder_of(world.dora), f"/destinations/{world.destination}/test"
    answers = [dora.call("POST", path, headers={"Idempotency-Key": f"key {n}"}) for n in range(6)]
    assert [answer.status_code for answer in answers] == [202] * 5 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert queued_tests(writing) == 5


def test_a_switched_off_destination_is_not_tested(api: Api, world: World, writing: sessionmaker[Session]) -> None:
    from service.records import Destination

    with writing.begin() as session:
        session.get_one(Destination, world.destination).state = DestinationState.DISABLED
    headers = {"Idempotency-Key": "once"}
    path = f"/destinations/{world.destination}/test"
    assert api.as_holder_of(world.dora).call("POST", path, headers=headers).status_code == 409
    assert queued_tests(writing) == 0


def test_the_description_is_for_token_holders_and_has_an_example_everywhere(api: Api, world: World) -> None:
    assert api.get("/openapi.json").status_code == 401
    document = api.as_holder_of(world.bob).get("/openapi.json").json()
    checked = 0
    for path, item in document["paths"].items():
        assert path.startswith("/api/v1/")
        for method, operation in item.items():
            assert operation["security"][0]["token"], (method, path)
            contents = [operation["requestBody"]["content"]] if "requestBody" in operation else []
            contents += [answer["content"] for answer in operation["responses"].values() if "content" in answer]
            assert contents, (method, path)
            for content in contents:
                for media in content.values():
                    jsonschema.validate(media["example"], {**media["schema"], "components": document["components"]})
                    checked += 1
    assert checked > 150


def test_examples_of_bodies_are_accepted_where_they_stand_alone(api: Api, world: World) -> None:
    document = api.as_holder_of(world.dora).get("/openapi.json").json()
    for collection in ("/cases", "/destinations"):
        body = document["paths"][f"/api/v1{collection}"]["post"]["requestBody"]["content"]["application/json"][
            "example"
        ]
        assert api.as_holder_of(world.dora).post(collection, body).status_code == 201


def outside(api: Api, path: str, method: str = "GET") -> httpx.Response:
    """Ask for something that is not below /api/v1."""

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app=api.app)
        async with httpx.AsyncClient(transport=transport, base_url="https://vigil.example.org") as client:
            return await client.request(method, path)

    return anyio.run(send)


def test_errors_outside_the_api_are_not_problem_details(api: Api) -> None:
    answer = outside(api, "/nowhere")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


def test_every_type_of_problem_has_a_page(api: Api) -> None:
    for name, slug in SLUGS.items():
        answer = outside(api, f"/problems/{name}")
        assert answer.status_code == outside(api, f"/problems/{name}", "HEAD").status_code == 200
        assert f"<h1>{slug.title}</h1>" in answer.text
    assert outside(api, "/problems/none").status_code == 404


def test_a_problem_names_the_collection_and_not_the_record(api: Api, world: World) -> None:
    answer = api.as_holder_of(world.charlie).get(f"/persons/{world.person}")
    assert answer.json()["instance"] == "/api/v1/persons"
