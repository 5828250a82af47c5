"""One message over HTTP to a failing server, by the real channels."""

from __future__ import annotations

import asyncio
import base64
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from alerts.channels import open_channels
from alerts.delivery import deliver
from alerts.facts import Address, MatrixRoom, SignedWebhook, SlackWebhook
from alerts.messages import Event
from alerts.network import Network, tls_context
from tests.alerts.samples import CHAT, envelope

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from alerts.outcomes import Outcome
    from tests.alerts.http_listener import Answer

SECRET = "whsec_" + base64.b64encode(b"f" * 32).decode()
EVENT = Event(type="follow_up.overdue")
# Loading the system's authorities takes longer than a hundred tries.
TLS = tls_context()
OVER_HTTP = ("webhook", "slack", "matrix")


def address_at(origin: str, channel: str) -> Address:
    """Where this channel finds its receiver on a server."""
    if channel == "webhook":
        return SignedWebhook(f"{origin}/hook", (SECRET,))
    if channel == "slack":
        return SlackWebhook(f"{origin}/services/T0/B0/x")
    return MatrixRoom(origin, "!room:example.org", "syt_token")


async def send_to(origin: str, channel: str, *, attempt: int = 1, **options: Any) -> Outcome:
    """One try, within the channel's budget; `options` are the network's."""
    network = Network(trusted_origins=[origin], **{"tls": TLS, **options})
    channels = open_channels(network=network, relays=())
    message = EVENT if channel == "webhook" else CHAT
    began_at = asyncio.get_running_loop().time()
    try:
        outcome = await deliver(message, address_at(origin, channel), envelope(attempt=attempt), channels=channels)
    finally:
        await network.aclose()
    assert asyncio.get_running_loop().time() - began_at < channels[channel].budget_s
    return outcome


@asynccontextmanager
async def failing_at_once(fault: Answer) -> AsyncIterator[int]:
    """A port of 127.0.0.1 whose server does this as soon as somebody calls, whatever they want."""
    tasks: set[asyncio.Task[None]] = set()

    async def fail(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if isinstance(fault, bytes):
                writer.write(fault)
                await reader.read()
            else:
                await fault(reader, writer)
        except ConnectionError:
            return
        finally:
            writer.transport.abort()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(fail(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
        await asyncio.sleep(0.01)
