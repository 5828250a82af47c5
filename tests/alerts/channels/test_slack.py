"""A Slack message is within every limit, whatever the case file says."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest
from slack_sdk.models.blocks import Block

from alerts.channels.slack import LONGEST_MESSAGE, Slack, payload_of
from alerts.facts import SlackWebhook
from alerts.network import Network
from alerts.outcomes import Accepted, Outcome, Refused
from tests.alerts.http_listener import OK, Answer, Received, answering, listening
from tests.alerts.samples import CHAT, NAMED, envelope

if TYPE_CHECKING:
    from alerts.messages import Chat
    from alerts.rendering import Renderer

pytestmark = pytest.mark.anyio


async def sent(answer: Answer = OK, *, maybe_sent: bool = False, attempt: int = 1) -> tuple[Outcome, list[Received]]:
    async with listening(answer) as listener:
        network = Network(trusted_origins=[listener.origin])
        address = SlackWebhook(f"{listener.origin}/services/T0/B0/x")
        outcome = await Slack(network).send(CHAT, address, envelope(maybe_sent=maybe_sent, attempt=attempt))
        await network.aclose()
    return outcome, listener.requests


def valid(chat: Chat) -> dict[str, object]:
    payload = payload_of(chat, maybe_sent=True)
    blocks = Block.parse_all(payload["blocks"])
    for block in blocks:
        block.validate_json()
    assert len(blocks) <= 50
    for block in payload["blocks"]:
        if block["type"] == "section":
            assert 0 < len(block["text"]["text"]) <= 3000
        if block["type"] == "header":
            assert 0 < len(block["text"]["text"]) <= 150
    assert sum(len(block.get("text", {}).get("text", "")) for block in payload["blocks"]) < LONGEST_MESSAGE + 200
    return payload


async def test_the_message_is_blocks_with_one_button_and_unfolds_nothing() -> None:
    outcome, [request] = await sent()
    assert outcome == Accepted(code=200, excerpt="ok")
    payload = json.loads(request.body)
    assert payload["text"] == "Overdue by 3 days, case KAZ-2014-003"
    assert (payload["unfurl_links"], payload["unfurl_media"]) == (False, False)
    assert [block["type"] for block in payload["blocks"]] == ["header", "section", "section", "actions"]
    assert payload["blocks"][0]["text"]["text"] == payload["text"]
    assert payload["blocks"][-1]["elements"][0]["url"] == CHAT.url
    assert payload["blocks"][1]["text"]["verbatim"] is True


def test_only_the_three_signs_that_slack_names_are_escaped() -> None:
    payload = payload_of(replace(CHAT, paragraphs=("<!channel> & <@U1> *b* _i_ \"q\" 'a'",)), maybe_sent=False)
    assert payload["blocks"][1]["text"]["text"] == "&lt;!channel&gt; &amp; &lt;@U1&gt; *b* _i_ \"q\" 'a'"


async def test_a_message_that_may_have_arrived_says_that_it_is_a_repeat() -> None:
    _, [request] = await sent(maybe_sent=True)
    payload = json.loads(request.body)
    assert payload["text"] == "(repeat) Overdue by 3 days, case KAZ-2014-003"
    assert payload["blocks"][0]["text"]["text"].startswith("(repeat) ")


@pytest.mark.parametrize(
    "chat",
    [
        replace(CHAT, title="t" * 500),
        replace(CHAT, paragraphs=("&" * 5000,)),
        replace(CHAT, paragraphs=("<" * 749 + "&<>" * 50,)),
        replace(CHAT, paragraphs=tuple("p" * 2900 for _ in range(20))),
        replace(CHAT, paragraphs=tuple(str(n) for n in range(200))),
        replace(CHAT, url_label="l" * 200),
        replace(CHAT, url="https://vigil.example.org/" + "x" * 4000),
        replace(CHAT, url=None),
        replace(CHAT, paragraphs=()),
    ],
)
def test_no_message_is_over_a_limit(chat: Chat) -> None:
    valid(chat)


def test_a_cut_never_splits_an_escape() -> None:
    for length in range(2990, 3010):
        text = payload_of(replace(CHAT, paragraphs=("x" * length + "&&&&",)), maybe_sent=False)["blocks"][1]["text"][
            "text"
        ]
        assert len(text) <= 3000
        assert "&" not in text.replace("&amp;", "")


def test_1000_random_texts_leave_no_control_sequence(renderer: Renderer) -> None:
    random = Random(8)  # noqa: S311, a fixed seed is the point
    signs = [
        "<!everyone>",
        "<@U123>",
        "<https://evil.example|x>",
        "&lt;",
        "\u202e",
        "\u2066",
        "\x00",
        "\n",
        "http://evil.example",
        "я",
    ]
    for _ in range(1000):
        text = "".join(random.choices(signs, k=random.randrange(1, 40)))
        chat = renderer.render(replace(NAMED, title=text, person_name=text), "en", form="chat")
        whole = json.dumps(valid(chat), ensure_ascii=False)
        assert "<" not in whole
        assert not {"\u202e", "\u2066", "\x00"} & set(whole)
        assert "://evil" not in whole


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.slack.com.evil.example/services/x",
        "https://evil.example/hooks.slack.com",
        "http://hooks.slack.com/services/x",
        "https://hooks.slack.com:8443/services/x",
        "https://user@hooks.slack.com/services/x",
        "https://[hooks.slack.com/",
        "",
    ],
)
async def test_a_webhook_is_at_slack_or_nowhere(url: str) -> None:
    outcome = await Slack(Network()).send(CHAT, SlackWebhook(url), envelope())
    assert isinstance(outcome, Refused)
    assert outcome.permanent
    assert "evil" not in outcome.reason


@pytest.mark.parametrize(
    ("status", "gone", "our_mistake"), [(400, False, True), (403, False, False), (404, True, False), (410, True, False)]
)
async def test_what_slack_says_is_final_and_whose_matter_it_is(status: int, gone: bool, our_mistake: bool) -> None:
    outcome, _ = await sent(answering(status, b"channel_is_archived"))
    assert isinstance(outcome, Refused)
    assert (outcome.permanent, outcome.code, outcome.excerpt) == (True, status, "channel_is_archived")
    assert (outcome.gone, outcome.our_mistake) == (gone, our_mistake)


def test_an_address_never_prints_its_secret() -> None:
    assert "T0" not in repr(SlackWebhook("https://hooks.slack.com/services/T0/B0/x"))
