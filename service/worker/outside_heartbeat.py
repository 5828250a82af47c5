"""The sign of life sent outside: a POST without a body to an address that only the operator knows."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog

from alerts.network import Network, NetworkError
from service.commands.beat import beat
from service.vocabulary import Beat

if TYPE_CHECKING:
    from service.worker.parts import JobParts

log = structlog.get_logger()

# The next one follows in five minutes; nobody waits long for this one.
DEADLINE_S = 10.0


def send_outside_heartbeat(parts: JobParts) -> None:
    """Send it where the settings say, and note the answer; no transaction is open meanwhile, and no failure is raised.

    The address holds a token: neither it nor what the library says of it is ever logged or noted.
    """
    url = parts.settings.heartbeat_url
    if url is None:
        return
    try:
        status = asyncio.run(_post(url.get_secret_value(), parts.settings.trusted_origins))
        reason = None if 200 <= status < 300 else f"The answer was {status}."
    except NetworkError as error:
        reason = str(error)
    except Exception as error:  # noqa: BLE001 - noted by its name alone: its text may hold the address
        reason = f"An internal error: {type(error).__name__}."
    if reason is not None:
        log.warning("the outside heartbeat was not taken", outcome=reason)
    name = Beat.OUTSIDE_HEARTBEAT.value if reason is None else Beat.OUTSIDE_HEARTBEAT.failed
    with parts.writing.begin() as session:
        beat(session, name, at=parts.wall_clock.now(), detail={"reason": reason} if reason else {})


async def _post(url: str, trusted_origins: tuple[str, ...]) -> int:
    parts = urlsplit(url)
    # The operator chose this origin, so it may lie in a private network.
    network = Network(trusted_origins=(*trusted_origins, f"{parts.scheme}://{parts.netloc}"))
    try:
        response = await network.post(url, content=b"", headers={}, deadline_s=DEADLINE_S)
    finally:
        await network.aclose()
    return response.status
