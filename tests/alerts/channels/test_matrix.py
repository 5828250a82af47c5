"""A Matrix event has a fixed transaction, mentions nobody and keeps to the specification's tags."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from alerts.channels.matrix import LONGEST_CONTENT, Matrix, content_of
from alerts.facts import MatrixRoom
from alerts.network import Network
from alerts.outcomes import Accepted, Outcome, Refused
from tests.alerts.http_listener import Answer, Received, answering, listening
from tests.alerts.samples import CHAT, KEY, NAMED, envelope

if TYPE_CHECKING:
    from alerts.rendering import Renderer

pytestmark = pytest.mark.anyio

ROOM = "!room/with:odd#signs.example.org"
ALLOWED = {"p", "br", "strong", "a"}


async def sent(answer: Answer, *, attempt: int = 1, **of: bool) -> tuple[Outcome, list[Received]]:
    async with listening(answer) as listener:
        network = Network(trusted_origins=[listener.origin])
        address = MatrixRoom(homeserver_url=f"{listener.origin}/", room_id=ROOM, access_token="syt_secret")
        outcome = await Matrix(network).send(CHAT, address, envelope(attempt=attempt, **of))
        await network.aclose()
    return outcome, listener.requests


def saying(status: int, headers: str = "", **fields: object) -> bytes:
    return answering(status, json.dumps(fields).encode(), headers)


async def test_the_event_is_put_under_its_transaction() -> None:
    outcome, [request] = await sent(saying(200, event_id="$abc"))
    assert outcome == Accepted(code=200, provider_ref="$abc")
    path = "/_matrix/client/v3/rooms/%21room%2Fwith%3Aodd%23signs.example.org/send/m.room.message/" + KEY
    assert request.line == f"PUT {path} HTTP/1.1"
    assert request.headers["authorization"] == "Bearer syt_secret"


@pytest.mark.parametrize("key_forgotten", [False, True])
async def test_a_repeat_says_so_only_where_the_homeserver_can_no_longer_tell(key_forgotten: bool) -> None:
    _, [request] = await sent(saying(200, event_id="$abc"), maybe_sent=True, key_forgotten=key_forgotten)
    assert json.loads(request.body)["body"].startswith("(repeat) ") is key_forgotten


def test_the_content_rings_rooms_and_mentions_nobody() -> None:
    content = content_of(CHAT)
    assert content["msgtype"] == "m.text"
    assert content["m.mentions"] == {}
    assert content["format"] == "org.matrix.custom.html"
    assert content["body"].startswith("Overdue by 3 days, case KAZ-2014-003\n\nWhat must happen: a follow-up\nBy when")
    assert content["body"].endswith(f"\n\n{CHAT.url}")


def test_the_html_has_the_allowed_tags_only_and_escapes_the_rest(renderer: Renderer) -> None:
    hostile = replace(NAMED, title="<img src=x onerror=y> <b>&", person_name='"><script>')
    html = content_of(renderer.render(hostile, "en", form="chat"))["formatted_body"]
    assert set(re.findall(r"</?([a-z0-9]+)", html)) == ALLOWED
    assert "&lt;img" in html
    assert '<a href="https://vigil.example.org/c/k3">Open the case</a>' in html
    assert 'href="https://vigil.example.org/c/k3?a=1&amp;b=2"' in content_of(CHAT)["formatted_body"]


def test_a_long_message_loses_its_end_and_not_its_beginning() -> None:
    content = content_of(replace(CHAT, paragraphs=("first", *("<я>" * 1500 for _ in range(20)))))
    assert len(json.dumps(content, ensure_ascii=False).encode()) <= LONGEST_CONTENT
    assert "first" in content["body"]


@pytest.mark.parametrize(
    ("status", "errcode"),
    [(403, "M_FORBIDDEN"), (404, "M_NOT_FOUND"), (413, "M_TOO_LARGE"), (400, "M_BAD_JSON"), (400, "M_NOT_JSON")],
)
async def test_what_the_homeserver_says_of_this_room_is_final(status: int, errcode: str) -> None:
    outcome, _ = await sent(saying(status, errcode=errcode, error="no"))
    assert isinstance(outcome, Refused)
    assert (outcome.permanent, outcome.code, outcome.our_side) == (True, status, False)
    assert outcome.gone is (errcode in {"M_FORBIDDEN", "M_NOT_FOUND"})
    assert outcome.our_mistake is not outcome.gone


@pytest.mark.parametrize("errcode", ["M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", ""])
async def test_a_token_that_is_refused_is_our_matter_and_kills_nothing(errcode: str) -> None:
    outcome, _ = await sent(saying(401, errcode=errcode), attempt=50)
    assert isinstance(outcome, Refused)
    assert (outcome.permanent, outcome.our_side) == (False, True)
    assert "syt_secret" not in repr(outcome)


@pytest.mark.parametrize(
    ("header", "milliseconds", "wait"),
    [
        ("Retry-After: 5\r\n", 4377, 5.0),
        ("", 4377, 4.377),
        ("Retry-After: 2\r\n", 9000, 9.0),
        ("", "soon", None),
        ("", -5, None),
    ],
)
async def test_the_later_of_both_hints_is_obeyed(header: str, milliseconds: object, wait: float | None) -> None:
    outcome, _ = await sent(saying(429, header, errcode="M_LIMIT_EXCEEDED", retry_after_ms=milliseconds))
    assert isinstance(outcome, Refused)
    assert (outcome.permanent, outcome.retry_after_s) == (False, wait)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"[" * 5000, b'"x"', b"\xff"])
async def test_an_answer_that_is_no_json_is_sorted_by_its_status(body: bytes) -> None:
    outcome, _ = await sent(answering(502, body))
    assert isinstance(outcome, Refused)
    assert not outcome.permanent
    assert isinstance((await sent(answering(200, body)))[0], Accepted)


def test_a_repeat_is_right_for_23_hours_and_then_held() -> None:
    assert Matrix.repeat_policy.hold_after_s == 23 * 3600
