"""Mail is handed over by verified TLS, once, and what a relay answers is sorted; tests/faults holds what it fails to do."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from alerts.channels.email import LEFT_ALONE_S, Email
from alerts.channels.relay import InsecureRelay, Relay
from alerts.facts import EmailAddress
from alerts.outcomes import Accepted, Outcome, Refused, Unknown
from tests.alerts.mail_servers import mail_server, scripted_server
from tests.alerts.samples import KEY, NAMED, SUBSCRIBER, envelope

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from alerts.rendering import Renderer
    from tests.alerts.certificates import Authority

pytestmark = pytest.mark.anyio

ALICE = EmailAddress("alice@example.org")


def relay_at(port: int, **changes: Any) -> Relay:
    plain = Relay(
        host="127.0.0.1",
        port=port,
        security="none",
        sender="Vigil <alerts@example.org>",
        message_id_domain="alerts.example.org",
    )
    return replace(plain, **changes)


@asynccontextmanager
async def channel_to(port: int, **changes: Any) -> AsyncIterator[Email]:
    channel = Email([relay_at(port, **changes)])
    try:
        yield channel
    finally:
        await channel.aclose()
        await asyncio.sleep(0.01)


async def one(renderer: Renderer, channel: Email, to: EmailAddress = ALICE) -> Outcome:
    return await channel.send(renderer.render(NAMED, "ru", form="mail"), to, envelope(recipient=SUBSCRIBER))


async def scripted(renderer: Renderer, script: dict[str, bytes | None], **changes: Any) -> tuple[Outcome, list[bytes]]:
    async with scripted_server(script) as server, channel_to(server.port, **changes) as channel:
        return await one(renderer, channel), server.lines


async def test_a_mail_arrives_for_one_recipient_in_its_envelope(renderer: Renderer) -> None:
    async with mail_server() as server, channel_to(server.port) as channel:
        way = f"smtp:127.0.0.1:{server.port}"
        assert await one(renderer, channel) == Accepted(code=250, excerpt="2.0.0 queued as 1A2B", way=way)
    [envelope_taken] = server.taken
    assert envelope_taken.mail_from == "alerts@example.org"
    assert envelope_taken.rcpt_tos == ["alice@example.org"]
    content = envelope_taken.original_content
    assert content is not None
    assert f"Message-ID: <{KEY}@alerts.example.org>\r\n".encode() in content


async def test_each_mail_over_one_connection_has_its_own_return_path(renderer: Renderer) -> None:
    mail = renderer.render(NAMED, "ru", form="mail")
    paths = ["b+one@returns.example.org", None, "b+two@returns.example.org"]
    async with mail_server() as server, channel_to(server.port) as channel:
        for path in paths:
            await channel.send(mail, ALICE, envelope(recipient=SUBSCRIBER, return_path=path))
    assert [one.mail_from for one in server.taken] == [path or "alerts@example.org" for path in paths]
    assert server.sessions == 1


@pytest.mark.parametrize("security", ["starttls", "implicit"])
async def test_a_verified_relay_gets_the_mail_by_tls_and_login(
    renderer: Renderer, authority: Authority, security: str
) -> None:
    tls = authority.serving("127.0.0.1")
    serving: dict[str, Any] = {"starttls": tls} if security == "starttls" else {"implicit": tls}
    async with (
        mail_server(**serving, needs_login=True) as server,
        channel_to(
            server.port, security=security, cafile=authority.cafile, username="vigil", password="secret"
        ) as channel,
    ):
        assert isinstance(await one(renderer, channel), Accepted)
    assert (len(server.taken), server.logins) == (1, [True])


@pytest.mark.parametrize("host", ["relay.example.org", "10.0.0.1", "192.168.1.1", "localhost.example.org", ""])
def test_a_relay_beyond_this_machine_needs_tls(host: str) -> None:
    with pytest.raises(InsecureRelay):
        relay_at(25, host=host)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_a_relay_on_this_machine_does_not(host: str) -> None:
    assert relay_at(25, host=host).sender_address == "alerts@example.org"


def test_a_relay_never_prints_its_password_and_needs_a_sender() -> None:
    assert "secret" not in repr(relay_at(25, password="secret"))
    with pytest.raises(ValueError, match="sender"):
        relay_at(25, sender="Vigil")


@pytest.mark.parametrize("command", ["RCPT", "DATA", "."])
@pytest.mark.parametrize("code", [450, 451, 452])
async def test_4xx_is_for_now(renderer: Renderer, command: str, code: int) -> None:
    outcome, _ = await scripted(renderer, {command: f"{code} 4.2.2 not now\r\n".encode()})
    assert isinstance(outcome, Refused)
    assert (outcome.permanent, outcome.code, outcome.our_side) == (False, code, False)


@pytest.mark.parametrize("code", [421, 450, 550, 553])
async def test_a_relay_that_does_not_take_our_sender_is_our_matter(renderer: Renderer, code: int) -> None:
    outcome, _ = await scripted(renderer, {"MAIL": f"{code} 5.7.1 no\r\n".encode()})
    assert isinstance(outcome, Refused)
    assert (outcome.permanent, outcome.code, outcome.our_side) == (False, code, True)


@pytest.mark.parametrize("command", ["RCPT", "DATA", "."])
async def test_a_relay_that_closes_is_left_alone_for_a_while(renderer: Renderer, command: str) -> None:
    outcome, _ = await scripted(renderer, {command: b"421 4.3.2 shutting down\r\n"})
    assert isinstance(outcome, Refused)
    assert (outcome.permanent, outcome.our_side, outcome.retry_after_s) == (False, True, LEFT_ALONE_S)
    assert len(outcome.failed_ways) == 1


@pytest.mark.parametrize("command", ["RCPT", "DATA", "."])
@pytest.mark.parametrize("code", [550, 552, 553, 554])
async def test_5xx_is_for_good(renderer: Renderer, command: str, code: int) -> None:
    outcome, _ = await scripted(renderer, {command: f"{code} 5.7.1 no\r\n".encode()})
    assert isinstance(outcome, Refused)
    assert (outcome.permanent, outcome.code, outcome.no_such_address) == (True, code, False)
    assert outcome.excerpt == "5.7.1 no"


@pytest.mark.parametrize("code", [530, 535])
async def test_a_refused_login_is_our_matter_and_kills_nothing(renderer: Renderer, code: int) -> None:
    outcome, _ = await scripted(renderer, {"MAIL": f"{code} 5.7.0 log in first\r\n".encode()})
    assert isinstance(outcome, Refused)
    assert (outcome.permanent, outcome.code, outcome.our_side) == (False, code, True)


async def test_a_wrong_password_is_our_matter_and_kills_nothing(renderer: Renderer, authority: Authority) -> None:
    async with (
        mail_server(implicit=authority.serving("127.0.0.1"), needs_login=True) as server,
        channel_to(
            server.port, security="implicit", cafile=authority.cafile, username="vigil", password="wrong"
        ) as channel,
    ):
        outcome = await one(renderer, channel)
    assert isinstance(outcome, Refused)
    assert (outcome.permanent, outcome.code, outcome.our_side) == (False, 535, True)
    assert (server.taken, set(server.logins)) == ([], {False})


@pytest.mark.parametrize(
    "reply", [b"550 5.1.1 nobody\r\n", b"550-5.1.1 nobody\r\n550 5.1.1 here\r\n", b"553 5.1.10 x\r\n"]
)
async def test_an_address_that_does_not_exist_counts_as_a_bounce(renderer: Renderer, reply: bytes) -> None:
    outcome, _ = await scripted(renderer, {"RCPT": reply})
    assert isinstance(outcome, Refused)
    assert (outcome.permanent, outcome.no_such_address) == (True, True)
    assert "alice" not in outcome.reason


@pytest.mark.parametrize("status", [b"5.1.0", b"5.1.5", b"5.1.7", b"5.1.8", b"5.1.20"])
async def test_what_is_said_of_our_own_address_is_no_bounce(renderer: Renderer, status: bytes) -> None:
    outcome, _ = await scripted(renderer, {"RCPT": b"550 " + status + b" no\r\n"})
    assert isinstance(outcome, Refused)
    assert (outcome.permanent, outcome.no_such_address) == (True, False)


async def test_a_message_that_is_too_large_is_named_as_such(renderer: Renderer) -> None:
    outcome, _ = await scripted(renderer, {".": b"552 5.3.4 too big\r\n"})
    assert isinstance(outcome, Refused)
    assert "too large" in outcome.reason
    assert outcome.our_mistake


async def test_a_connection_is_kept_for_the_next_mail(renderer: Renderer) -> None:
    async with mail_server() as server, channel_to(server.port) as channel:
        for _ in range(5):
            assert isinstance(await one(renderer, channel), Accepted)
        assert server.sessions == 1
        server.replies["RCPT"] = "550 5.1.1 nobody"
        assert isinstance(await one(renderer, channel), Refused)
        del server.replies["RCPT"]
        assert isinstance(await one(renderer, channel), Accepted)
        assert server.sessions == 1
    assert len(server.taken) == 6


async def test_a_kept_connection_that_went_stale_costs_nothing(renderer: Renderer) -> None:
    async with mail_server() as server, channel_to(server.port) as channel:
        assert isinstance(await one(renderer, channel), Accepted)
        server.replies["MAIL"] = "421 4.3.2 shutting down"
        refused = await one(renderer, channel)
        assert isinstance(refused, Refused)
        assert not refused.permanent
        del server.replies["MAIL"]
        assert isinstance(await one(renderer, channel), Accepted)
    assert len(server.taken) == 2


async def test_a_relay_never_sees_more_connections_than_it_was_promised(renderer: Renderer) -> None:
    async with mail_server() as server, channel_to(server.port, connections=3) as channel:
        outcomes = await asyncio.gather(*(one(renderer, channel) for _ in range(20)))
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert server.sessions <= 3
    assert len(server.taken) == 20


async def test_a_lone_dot_in_the_text_does_not_end_the_message(renderer: Renderer) -> None:
    mail = replace(
        renderer.render(NAMED, "en", form="mail"), text="one\n.\nRCPT TO:<x@example.org>\nvigil0stop0link0text\n"
    )
    async with mail_server() as server, channel_to(server.port) as channel:
        await channel.send(mail, ALICE, envelope(recipient=SUBSCRIBER))
    [taken] = server.taken
    assert b"\r\n.\r\nRCPT TO" in (taken.content if isinstance(taken.content, bytes) else b"")


@pytest.mark.parametrize(
    ("address", "written"),
    [("alice+kaz@example.org", "alice+kaz@example.org"), ("alice@почта.example", "alice@xn--80a1acny.example")],
)
async def test_a_domain_is_written_as_dns_knows_it(renderer: Renderer, address: str, written: str) -> None:
    async with mail_server() as server, channel_to(server.port) as channel:
        assert isinstance(await one(renderer, channel, EmailAddress(address)), Accepted)
    assert server.taken[0].rcpt_tos == [written]


@pytest.mark.parametrize(
    "address",
    ["", "alice", "@example.org", "a@b@example.org", "a@example.org>", "a b@example.org", "a@example.org\r\nRCPT TO:<b@example.org>",
     "a\x00@example.org", "алиса@example.org", "a@[127.0.0.1]", '"a b"@example.org', "a@" + "x" * 300, "a,b@example.org"],
)  # fmt: skip
async def test_what_is_no_address_is_refused_for_good_without_a_connection(renderer: Renderer, address: str) -> None:
    async with mail_server() as server, channel_to(server.port) as channel:
        outcome = await one(renderer, channel, EmailAddress(address))
    assert isinstance(outcome, Refused)
    assert outcome.permanent
    assert server.sessions == 0


@pytest.mark.parametrize(
    "trouble",
    [{"CONNECT": b"554 no service\r\n"}, {"CONNECT": None}, {"MAIL": b"451 not now\r\n"}, {"RCPT": None}, {"DATA": None},
     {"RCPT": b"421 closing\r\n"}, {".": b"421 closing\r\n"}],
    ids=lambda script: "-".join(f"{command} {answer}" for command, answer in script.items()),
)  # fmt: skip
async def test_another_relay_takes_over_when_one_cannot(renderer: Renderer, trouble: dict[str, bytes | None]) -> None:
    async with scripted_server(trouble) as first, mail_server() as second:
        channel = Email([relay_at(first.port), relay_at(second.port)])
        outcome = await one(renderer, channel)
        await channel.aclose()
    assert isinstance(outcome, Accepted)
    assert outcome.way == f"smtp:127.0.0.1:{second.port}"
    assert outcome.failed_ways == (f"smtp:127.0.0.1:{first.port}",)
    assert len(second.taken) == 1


@pytest.mark.parametrize("answer", [b"450 4.2.2 not now\r\n", b"550 5.1.1 nobody\r\n"])
async def test_what_one_relay_says_of_the_recipient_holds_for_all(renderer: Renderer, answer: bytes) -> None:
    async with scripted_server({"RCPT": answer}) as first, mail_server() as second:
        channel = Email([relay_at(first.port), relay_at(second.port)])
        outcome = await one(renderer, channel)
        await channel.aclose()
    assert isinstance(outcome, Refused)
    assert outcome.failed_ways == ()
    assert second.sessions == 0


async def test_what_may_have_been_taken_is_given_to_no_other_relay(renderer: Renderer) -> None:
    async with scripted_server({".": None}) as first, mail_server() as second:
        channel = Email([relay_at(first.port), relay_at(second.port)])
        outcome = await one(renderer, channel)
        await channel.aclose()
    assert isinstance(outcome, Unknown)
    assert outcome.failed_ways == (f"smtp:127.0.0.1:{first.port}",)
    assert second.sessions == 0


async def test_only_the_relays_whose_gates_are_open_are_tried(renderer: Renderer) -> None:
    async with mail_server() as first, mail_server() as second:
        channel = Email([relay_at(first.port), relay_at(second.port)])
        open_way = f"smtp:127.0.0.1:{second.port}"
        message = renderer.render(NAMED, "ru", form="mail")
        outcome = await channel.send(message, ALICE, replace(envelope(recipient=SUBSCRIBER), ways=(open_way,)))
        await channel.aclose()
    assert isinstance(outcome, Accepted)
    assert (first.sessions, len(second.taken)) == (0, 1)
