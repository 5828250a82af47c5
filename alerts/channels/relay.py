"""The mail relay: how it is reached, and the connections kept open to it."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import parseaddr
from functools import cached_property
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal, cast

import aiosmtplib

from alerts.network import tls_context

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from alerts.gates import Pace

# Ten connections to a relay that takes 50 ms a message make 200 messages a second.
MOST_CONNECTIONS = 10
# Relays hang up on the idle after 30 s or more; a shorter wait seldom meets a line that is already dead.
KEPT_IDLE_S = 20.0
# For connecting, TLS, login and MAIL together: a relay that hangs must leave time for the next one.
OPEN_WITHIN_S = 10.0
QUIT_WITHIN_S = 1.0


class InsecureRelay(ValueError):
    """A relay beyond this machine must be reached by TLS."""


class RelayRefused(Exception):
    """No session could be opened: nothing is wrong with any one message."""

    def __init__(self, reason: str, code: int | None = None) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Relay:
    """Where mail is handed over. `security`: `implicit` (RFC 8314, port 465), `starttls` (RFC 3207, port 587), or
    `none`, which only a loopback address may have. `cafile`: the only authorities believed, else the system's.
    `connections` at a time, and with `pace` no more mails than that.
    """

    host: str
    port: int
    security: Literal["implicit", "starttls", "none"]
    sender: str
    message_id_domain: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    cafile: Path | None = None
    reply_to: str | None = None
    connections: int = MOST_CONNECTIONS
    pace: Pace | None = None

    def __post_init__(self) -> None:
        if self.security == "none" and not _is_loopback(self.host):
            raise InsecureRelay(f"the relay {self.host} is not on this machine, so it needs TLS")
        if "@" not in self.sender_address:
            raise ValueError("the relay's sender is not a mail address")

    @cached_property
    def name(self) -> str:
        """What its gate is called."""
        return f"smtp:{self.host}:{self.port}"

    @cached_property
    def sender_address(self) -> str:
        """The bare address of the sender."""
        return parseaddr(self.sender)[1]


class Sessions:
    """Open sessions with the relay, at most `relay.connections` at a time. Belongs to one event loop."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self._tls = tls_context(relay.cafile) if relay.security != "none" else None
        self._free = asyncio.Semaphore(relay.connections)
        self._kept: deque[tuple[float, aiosmtplib.SMTP]] = deque()

    @asynccontextmanager
    async def session(self, return_path: str | None = None) -> AsyncIterator[aiosmtplib.SMTP]:
        """A session that has taken MAIL FROM with this address (None: the sender's). It is kept if it is still connected
        at the end. Raises RelayRefused.
        """
        async with self._free:
            smtp = await self._began(return_path or self.relay.sender_address)
            try:
                yield smtp
            except BaseException:
                drop(smtp)
                raise
            if smtp.is_connected:
                self._kept.append((_now(), smtp))

    async def aclose(self) -> None:
        """Takes leave of the relay in every kept session."""
        kept, self._kept = [smtp for _, smtp in self._kept], deque()
        await asyncio.gather(*(_quit(smtp) for smtp in kept))
        # the transports close on the loop's next turns
        await asyncio.sleep(0)

    async def _began(self, sender: str) -> aiosmtplib.SMTP:
        while self._kept:
            kept_at, smtp = self._kept.pop()
            if _now() - kept_at > KEPT_IDLE_S or not smtp.is_connected:
                drop(smtp)
                continue
            if await self._goes_on(smtp, sender):
                return smtp
        return await self._opened(sender)

    async def _goes_on(self, smtp: aiosmtplib.SMTP, sender: str) -> bool:
        try:
            async with asyncio.timeout(OPEN_WITHIN_S):
                response = await smtp.execute_command(b"MAIL", f"FROM:<{sender}>".encode("ascii"))
        except (aiosmtplib.SMTPException, OSError):
            drop(smtp)
            return False
        except BaseException:
            drop(smtp)
            raise
        if response.code != aiosmtplib.SMTPStatus.completed:
            # the relay grew tired of it; nothing was sent, so a new one costs nothing
            drop(smtp)
            return False
        return True

    async def _opened(self, sender: str) -> aiosmtplib.SMTP:
        relay = self.relay
        smtp = aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            # never the default None, which a man in the middle can strip
            use_tls=relay.security == "implicit",
            start_tls=relay.security == "starttls",
            tls_context=self._tls,
            username=relay.username,
            password=relay.password,
            local_hostname=relay.message_id_domain,
            # one deadline for everything that a try waits for, instead of one for each reply
            timeout=None,
        )
        try:
            async with asyncio.timeout(OPEN_WITHIN_S):
                await smtp.connect()
                await smtp.mail(sender)
        except (aiosmtplib.SMTPException, OSError) as error:
            drop(smtp)
            raise _refusal(error) from error
        except BaseException:
            drop(smtp)
            raise
        return smtp


def drop(smtp: aiosmtplib.SMTP) -> None:
    """Hang up at once: nothing that waits to be written leaves any more."""
    transport = smtp.transport
    smtp.close()
    _abort(transport)


def _refusal(error: aiosmtplib.SMTPException | OSError) -> RelayRefused:
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return RelayRefused("The mail relay refused our login.", error.code)
    if isinstance(error, aiosmtplib.SMTPSenderRefused):
        return RelayRefused("The mail relay does not take mail from our sender just now.", error.code)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return RelayRefused("The mail relay refused the session.", error.code)
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return RelayRefused("The mail relay's TLS cannot be trusted.")
    return RelayRefused("The mail relay could not be reached safely.")


async def _quit(smtp: aiosmtplib.SMTP) -> None:
    transport = smtp.transport
    try:
        async with asyncio.timeout(QUIT_WITHIN_S):
            await smtp.quit()
    except (aiosmtplib.SMTPException, OSError):
        pass
    finally:
        # after its quit the library waits in TLS for a goodbye that need not come
        smtp.close()
        _abort(transport)


def _abort(transport: asyncio.BaseTransport | None) -> None:
    if transport is not None:
        # uvloop's transports are no subclasses of asyncio's, and behave like them
        cast("asyncio.WriteTransport", transport).abort()


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _now() -> float:
    return asyncio.get_running_loop().time()
