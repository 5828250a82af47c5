"""The fault grid of mail's TLS: a relay that proves nothing gets neither a login nor a mail, and no delivery dies of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pytest

from alerts.outcomes import Refused
from tests.faults.broken_lines import saying
from tests.faults.failing_relay import BANNER, DOT, STARTTLS, failing_relay
from tests.faults.mailing import LOGIN, channel_to, fault_at, only_greetings_were_in_the_clear, send
from tests.faults.outcomes import check
from tests.faults.passing_time import while_time_passes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.alerts.certificates import Authority
    from tests.alerts.http_listener import Answer

    Security = Literal["implicit", "starttls"]

pytestmark = pytest.mark.anyio

BAD_CERTIFICATES: Mapping[str, dict[str, Any]] = {
    "smtp-expired-certificate": {"expired": True},
    "smtp-wrong-host": {"host": "relay.example.org"},
    "smtp-self-signed": {"self_signed": True},
}
either_security = pytest.mark.parametrize("security", ["implicit", "starttls"])


@either_security
@pytest.mark.parametrize("fault", BAD_CERTIFICATES)
async def test_a_relay_has_a_bad_certificate(authority: Authority, security: Security, fault: str) -> None:
    tls = authority.serving(**{"host": "127.0.0.1", **BAD_CERTIFICATES[fault]})
    async with (
        failing_relay(
            {}, starttls=tls if security == "starttls" else None, implicit=tls if security == "implicit" else None
        ) as relay,
        channel_to(relay, security=security, cafile=authority.cafile, **LOGIN) as channel,
    ):
        outcome = await send(channel)
    check(outcome, "ours")
    assert isinstance(outcome, Refused)
    assert "TLS" in outcome.reason
    only_greetings_were_in_the_clear(relay)
    assert relay.taken == []


async def test_a_relay_is_vouched_for_by_an_authority_that_is_not_ours(authority: Authority) -> None:
    async with (
        failing_relay({}, implicit=authority.serving("127.0.0.1")) as relay,
        channel_to(relay, security="implicit", **LOGIN) as channel,
    ):
        check(await send(channel), "ours")
    assert relay.commands == []


@either_security
@pytest.mark.parametrize("fault", ["reset", "hang", "hang-up", "garbage", "plain"])
async def test_a_relay_fails_in_the_handshake(authority: Authority, security: Security, fault: str) -> None:
    answer = b"220 relay.example.org ESMTP\r\n" if fault == "plain" else fault_at(fault, BANNER)
    script = {BANNER: answer} if security == "implicit" else {STARTTLS: saying(b"220 go\r\n", answer)}
    async with (
        failing_relay(script, starttls=authority.serving("127.0.0.1")) as relay,
        channel_to(relay, security=security, cafile=authority.cafile, **LOGIN) as channel,
    ):
        check(await while_time_passes(send(channel)), "ours")
    only_greetings_were_in_the_clear(relay)


@pytest.mark.parametrize("account", [{}, LOGIN], ids=["no-login", "login"])
async def test_the_offer_of_starttls_is_taken_out(authority: Authority, account: dict[str, str]) -> None:
    async with (
        failing_relay({}, starttls=authority.serving("127.0.0.1"), strips_starttls=True) as relay,
        channel_to(relay, security="starttls", cafile=authority.cafile, **account) as channel,
    ):
        check(await send(channel), "ours")
    only_greetings_were_in_the_clear(relay)


async def test_an_answer_put_in_before_tls_is_not_believed(authority: Authority) -> None:
    script: dict[str, Answer] = {STARTTLS: b"220 go\r\n250 injected\r\n", DOT: fault_at("5xx", DOT)}
    async with (
        failing_relay(script, starttls=authority.serving("127.0.0.1")) as relay,
        channel_to(relay, security="starttls", cafile=authority.cafile, **LOGIN) as channel,
    ):
        outcome = await while_time_passes(send(channel))
    # hung up on, or thrown away: either way the real relay has the last word
    assert isinstance(outcome, Refused)
    only_greetings_were_in_the_clear(relay)
