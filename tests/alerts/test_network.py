"""The one way out dials nothing it should not, and says how far it came."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager
from itertools import product
from random import Random
from typing import TYPE_CHECKING, Any

import httpcore
import pytest

from alerts.network import (
    CONNECTIONS_PER_HOST,
    MOST_OF_AN_ANSWER,
    ForbiddenTarget,
    LineBroke,
    Network,
    Response,
    Unreachable,
    tls_context,
)
from tests.alerts.http_listener import OK, Listener, answering, listening
from tests.alerts.test_forbidden_addresses import FORBIDDEN, PUBLIC

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tests.alerts.certificates import Authority

pytestmark = pytest.mark.anyio

PUBLIC_NUMBER = "1.1.1.1"
TLS = ssl.create_default_context()


class Recorder:
    """A resolver and a connector that leave the machine alone and remember what they were asked."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.resolved: list[str] = []
        self.dialled: list[str] = []
        self._answers = list(answers)

    async def resolve(self, host: str, _port: int) -> Sequence[str]:
        self.resolved.append(host)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if not answer:
            raise OSError("no such host")
        return answer

    async def connect(self, address: str, _port: int, _timeout_s: float | None) -> httpcore.AsyncNetworkStream:
        self.dialled.append(address)
        raise httpcore.ConnectError("nothing is dialled in a test")

    def network(self, **options: Any) -> Network:
        return Network(resolve=self.resolve, connect=self.connect, tls=TLS, **options)


async def post(network: Network, url: str, *, deadline_s: float = 5.0, content: bytes = b"{}") -> Response:
    return await network.post(url, content=content, headers={"X-Test": "1"}, deadline_s=deadline_s)


@asynccontextmanager
async def trusting(listener: Listener) -> AsyncIterator[Network]:
    network = Network(trusted_origins=[listener.origin])
    try:
        yield network
    finally:
        await network.aclose()


def hostile_urls() -> list[str]:
    """300 ways to spell a target that is nobody's business, and some that are no web address at all."""
    hosts = [f"[{address}]" if ":" in address else address for address in FORBIDDEN]
    hosts += [
        *("127.1", "127.0.1", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "2130706433", "017700000001", "127.0.0.1."),
        *(
            "0",
            "0x0",
            "00000000",
            "127。0。0。1",
            "①②⑦.⓪.⓪.①",
            "[::ffff:7f00:1]",
            "[0:0:0:0:0:ffff:127.0.0.1]",
            "%31%32%37.0.0.1",
        ),
        *("[::1%25lo]", "[fe80::1%25eth0]", "169.254.169.254.", "0xa9fea9fe", "2852039166", "[::ffff:a9fe:a9fe]"),
    ]
    forms = ["https://{}/", "https://{}:443/x", "https://user:pw@{}/", "https://{}:8443/"]
    urls = [form.format(host) for form, host in product(forms, hosts)]
    urls += [
        *("http://example.org/", "https://example.org:22/", "ftp://example.org/", "file:///etc/passwd", "gopher://x/"),
        *(
            "https://",
            "https:///x",
            "//example.org/",
            "example.org",
            "",
            "https://exa mple.org/",
            "https://exam\nple.org/",
        ),
        *(
            "https://public.example\\@127.0.0.1/",
            "https://127.0.0.1#@public.example/",
            "https://127.0.0.1?@public.example/",
        ),
        *(
            "unix:///run/docker.sock",
            "https://a@b@127.0.0.1/",
            "https://public.example:0/",
            "https://public.example:99999/",
        ),
    ]
    return urls


async def _refused(network: Network, url: str) -> bool:
    try:
        await post(network, url)
    except ForbiddenTarget:
        return True
    except Unreachable:
        return False
    return False


async def test_300_spellings_of_a_hostile_target_open_no_connection() -> None:
    urls = hostile_urls()
    assert len(urls) >= 300

    dialled: list[str] = []

    async def connect(address: str, _port: int, _timeout_s: float | None) -> httpcore.AsyncNetworkStream:
        dialled.append(address)
        raise httpcore.ConnectError("nothing is dialled in a test")

    async def resolve(host: str, _port: int) -> Sequence[str]:
        # what the system would do with a number, and a loopback answer for any name
        return [host] if host[0].isdigit() or ":" in host else ["127.0.0.1"]

    network = Network(resolve=resolve, connect=connect)
    assert [url for url in urls if not await _refused(network, url)] == []
    assert dialled == []


@pytest.mark.parametrize("address", PUBLIC)
async def test_a_public_target_is_dialled_by_its_number(address: str) -> None:
    recorder = Recorder([address])
    with pytest.raises(Unreachable):
        await post(recorder.network(), "https://hooks.example.org/x")
    assert recorder.resolved == ["hooks.example.org"]
    assert recorder.dialled == [address]


async def test_1000_rebinding_names_are_judged_by_every_answer_and_resolved_once() -> None:
    random = Random(20150309)  # noqa: S311, a fixed seed is the point
    for _ in range(1000):
        bad = random.choice([address for address in FORBIDDEN if "%" not in address])
        answers = [PUBLIC_NUMBER] * random.randrange(3) + [bad] + [PUBLIC_NUMBER] * random.randrange(3)
        recorder = Recorder(answers)
        with pytest.raises(ForbiddenTarget):
            await post(recorder.network(), "https://rebind.example.org/")
        assert recorder.dialled == []
    recorder = Recorder([PUBLIC_NUMBER], ["127.0.0.1"])
    with pytest.raises(Unreachable):
        await post(recorder.network(), "https://rebind.example.org/")
    assert (recorder.resolved, recorder.dialled) == (["rebind.example.org"], [PUBLIC_NUMBER])


async def test_our_own_address_is_refused_too() -> None:
    recorder = Recorder([PUBLIC_NUMBER])
    with pytest.raises(ForbiddenTarget):
        await post(recorder.network(own_addresses=[PUBLIC_NUMBER]), "https://example.org/")
    assert recorder.dialled == []


async def test_a_name_without_an_address_is_unreachable_in_the_same_words_as_a_shut_port() -> None:
    with pytest.raises(Unreachable) as nowhere:
        await post(Recorder([]).network(), "https://example.org/")
    with pytest.raises(Unreachable) as shut:
        await post(Recorder([PUBLIC_NUMBER]).network(), "https://example.org/")
    assert str(nowhere.value) == str(shut.value) == "The server could not be reached."


async def test_a_slow_resolver_does_not_outlast_the_deadline() -> None:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        await asyncio.sleep(60)
        return []

    with pytest.raises(Unreachable):
        await post(Network(resolve=resolve), "https://example.org/", deadline_s=0.05)


async def test_a_second_address_is_tried_when_the_first_is_dead() -> None:
    recorder = Recorder(["1.1.1.1", "1.0.0.1"])
    with pytest.raises(Unreachable):
        await post(recorder.network(), "https://example.org/")
    assert recorder.dialled == ["1.1.1.1", "1.0.0.1"]


async def test_a_trusted_origin_is_exempt_and_its_neighbours_are_not() -> None:
    async with listening() as listener, trusting(listener) as network:
        answer = await post(network, f"{listener.origin}/hook?x=1")
        assert (answer.status, answer.excerpt) == (200, b"ok")
        assert network.is_trusted(listener.origin)
        other_port = listener.origin[:-1] + str((int(listener.origin[-1]) + 1) % 10)
        for url in (
            other_port,
            listener.origin.replace("127.0.0.1", "127.0.0.2"),
            listener.origin.replace("http", "https"),
        ):
            assert not network.is_trusted(url)
            with pytest.raises(ForbiddenTarget):
                await post(network, url)
        assert len(listener.requests) == 1


async def test_the_request_carries_its_host_and_asks_for_no_compression() -> None:
    async with listening() as listener, trusting(listener) as network:
        await network.put(f"{listener.origin}/a%20b", content=b"body", headers={"X-Test": "1"}, deadline_s=5)
    request = listener.requests[0]
    assert request.line == "PUT /a%20b HTTP/1.1"
    assert request.body == b"body"
    assert request.headers["host"] == listener.origin.removeprefix("http://")
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["x-test"] == "1"
    assert not {"cookie", "authorization", "referer"} & request.headers.keys()


async def test_a_redirect_is_an_answer_and_not_followed() -> None:
    async with listening() as target, listening(answering(302, headers=f"Location: {target.origin}/\r\n")) as listener:
        network = Network(trusted_origins=[listener.origin, target.origin])
        answer = await post(network, listener.origin)
        await network.aclose()
    assert answer.status == 302
    assert target.requests == []


async def test_a_cookie_is_not_kept() -> None:
    async with (
        listening(answering(200, headers="Set-Cookie: id=1; Path=/\r\n")) as listener,
        trusting(listener) as network,
    ):
        await post(network, listener.origin)
        await post(network, listener.origin)
    assert listener.connections == 1
    assert "cookie" not in listener.requests[1].headers


async def test_a_proxy_in_the_environment_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with listening() as listener, trusting(listener) as network:
        assert (await post(network, listener.origin)).status == 200


async def test_an_endless_answer_is_cut() -> None:
    async def endless(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async with listening(endless) as listener, trusting(listener) as network:
        answer = await post(network, listener.origin)
    assert (answer.status, len(answer.excerpt)) == (200, MOST_OF_AN_ANSWER)


async def test_a_compressed_answer_is_not_unpacked() -> None:
    body = bytes.fromhex("1f8b0800000000000203") + b"x" * 20
    async with (
        listening(answering(200, body, "Content-Encoding: gzip\r\n")) as listener,
        trusting(listener) as network,
    ):
        assert (await post(network, listener.origin)).excerpt == body


async def test_a_status_counts_even_if_the_rest_only_drips() -> None:
    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 503 X\r\nRetry-After: 7\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b".")
            await asyncio.sleep(0.02)

    async with listening(drip) as listener, trusting(listener) as network:
        answer = await post(network, listener.origin, deadline_s=0.2)
    assert (answer.status, answer.headers["retry-after"]) == (503, "7")


async def test_silence_after_the_body_is_a_broken_line() -> None:
    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listening(silent) as listener, trusting(listener) as network:
        with pytest.raises(LineBroke):
            await post(network, listener.origin, deadline_s=0.2)


async def test_a_reset_after_the_body_is_a_broken_line() -> None:
    async def reset(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with listening(reset) as listener, trusting(listener) as network:
        with pytest.raises(LineBroke):
            await post(network, listener.origin)


async def test_an_answer_that_is_not_http_is_a_broken_line() -> None:
    async with listening(b"220 mail.example.org ESMTP\r\n") as listener, trusting(listener) as network:
        with pytest.raises(LineBroke):
            await post(network, listener.origin, deadline_s=0.2)


async def test_a_shut_port_is_unreachable() -> None:
    async with listening() as listener:
        origin = listener.origin
    network = Network(trusted_origins=[origin])
    with pytest.raises(Unreachable):
        await post(network, origin)


async def test_a_server_without_tls_gets_nothing_of_the_body() -> None:
    received = bytearray()

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.extend(await reader.read(4096))
        writer.write(answering(400))
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    origin = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    network = Network(trusted_origins=[origin], tls=TLS)
    with pytest.raises(Unreachable):
        await post(network, origin, content=b"secret")
    await network.aclose()
    server.close()
    await server.wait_closed()
    assert received
    assert b"secret" not in received


async def loopback(_host: str, _port: int) -> Sequence[str]:
    return ["127.0.0.1"]


async def test_tls_and_the_host_header_keep_the_name_while_a_number_is_dialled(authority: Authority) -> None:
    names: list[str | None] = []
    serving = authority.serving("hooks.example.org")
    serving.sni_callback = lambda _socket, name, _context: names.append(name)
    async with listening(tls=serving) as listener:
        origin = f"https://hooks.example.org:{listener.port}"
        network = Network(trusted_origins=[origin], tls=tls_context(authority.cafile), resolve=loopback)
        assert (await post(network, f"{origin}/x")).status == 200
        await network.aclose()
    assert names == ["hooks.example.org"]
    assert listener.requests[0].headers["host"] == f"hooks.example.org:{listener.port}"


@pytest.mark.parametrize("fault", [{"host": "other.example.org"}, {"expired": True}, {"self_signed": True}])
async def test_a_certificate_that_proves_nothing_gets_nothing(authority: Authority, fault: dict[str, Any]) -> None:
    async with listening(tls=authority.serving(**{"host": "hooks.example.org", **fault})) as listener:
        origin = f"https://hooks.example.org:{listener.port}"
        network = Network(trusted_origins=[origin], tls=tls_context(authority.cafile), resolve=loopback)
        with pytest.raises(Unreachable):
            await post(network, origin)
        await network.aclose()
    assert listener.requests == []


async def test_a_host_never_has_more_than_ten_connections() -> None:
    gate = asyncio.Event()

    async def wait(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await gate.wait()
        writer.write(OK)

    async with listening(wait) as listener, trusting(listener) as network:
        calls = [asyncio.create_task(post(network, listener.origin)) for _ in range(CONNECTIONS_PER_HOST + 5)]
        await asyncio.sleep(0.2)
        assert listener.connections == CONNECTIONS_PER_HOST
        gate.set()
        assert {(await call).status for call in calls} == {200}
