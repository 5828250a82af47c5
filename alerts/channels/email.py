"""A mailbox, by the organisation's own mail relay."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

import aiosmtplib

from alerts.bounces import is_hard
from alerts.channels.base import EARLY_S, LONGEST_EXCERPT, RepeatPolicy
from alerts.channels.mime import PreparedMail
from alerts.channels.relay import RelayRefused, Sessions, drop
from alerts.facts import EmailAddress
from alerts.messages import Form, Mail, SealedMail
from alerts.outcomes import Accepted, Refused, Unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.channels.relay import Relay
    from alerts.facts import Envelope
    from alerts.outcomes import Outcome

# One alert in every language and tier, several times over.
PREPARED_KEPT = 64
DOMAINS_KEPT = 1_024

# Quoted local parts and comments are legal and unused; refusing them leaves nothing to inject.
_ADDRESS = re.compile(r"[^\s<>\"(),:;\\@\x00-\x20\x7f-\x9f]{1,64}@[^\s<>\"(),:;\\@\[\]\x00-\x20\x7f-\x9f]{1,253}")

# A relay that says 421 is going away, or has enough of us.
LEFT_ALONE_S = 30.0
# What was said counts, whatever becomes of the session that said it.
RESET_WITHIN_S = 2.0

_CLOSING = 421
_RECIPIENT_TAKEN = (250, 251)
_START_INPUT = 354
_OUR_LOGIN = frozenset({530, 534, 535, 538})
_TOO_LARGE = 552


class Email:
    """Hands one mail for one recipient to a relay; a repeat has the same Message-ID and the same bytes.

    `relays`: the preferred one first; the others take over when it cannot.
    """

    name: ClassVar[str] = "email"
    form: ClassVar[Form] = Form.MAIL
    address_type: ClassVar[type] = EmailAddress
    budget_s: ClassVar[float] = 30.0
    repeat_policy: ClassVar[RepeatPolicy] = RepeatPolicy()

    def __init__(self, relays: Sequence[Relay]) -> None:
        self._relays = {relay.name: relay for relay in relays}
        self._sessions = {relay.name: Sessions(relay) for relay in relays}
        self._prepared: OrderedDict[Mail, PreparedMail] = OrderedDict()

    async def send(self, message: Mail | SealedMail, address: EmailAddress, envelope: Envelope) -> Outcome:
        """One SMTP transaction. Raises NotPersonal and Unwritable, which are mistakes of ours."""
        to = _ascii_address(address.address)
        if to is None:
            return Refused(permanent=True, reason="This is not a mail address that we can write to.")
        first = next(iter(self._relays.values()))
        content = self._prepare(message).fill_in(
            to=to,
            envelope=envelope,
            domain=first.message_id_domain,
        )
        return await self._handed_over(_Transfer(content, to), envelope)

    async def _handed_over(self, transfer: _Transfer, envelope: Envelope) -> Outcome:
        """By the first relay that takes it; once it may have been taken, no other is asked."""
        failed: list[str] = []
        outcome: Outcome = Refused(permanent=False, reason="There is no mail relay.", our_side=True)
        try:
            async with asyncio.timeout(self.budget_s - 2 * EARLY_S):
                for way in [way for way in envelope.ways if way in self._sessions] or self._sessions:
                    failed.append(way)
                    outcome = await self._by(self._sessions[way], transfer, envelope.return_path)
                    if isinstance(outcome, Accepted):
                        before = tuple(failed[:-1])
                        return replace(outcome, failed_ways=before) if before else outcome
                    if isinstance(outcome, Unknown):
                        break
                    if not _is_relay_trouble(outcome):
                        return replace(outcome, failed_ways=tuple(failed[:-1]))
        except TimeoutError:
            outcome = transfer.broken_off()
        return replace(outcome, failed_ways=tuple(failed))

    async def _by(self, sessions: Sessions, transfer: _Transfer, return_path: str | None) -> Outcome:
        try:
            async with sessions.session(return_path) as smtp:
                return await transfer.over(smtp, sessions.relay.name)
        except RelayRefused as error:
            return Refused(permanent=False, code=error.code, reason=str(error), our_side=True)
        except (aiosmtplib.SMTPException, OSError):
            return transfer.broken_off()

    async def aclose(self) -> None:
        """Closes the connections to the relays."""
        await asyncio.gather(*(sessions.aclose() for sessions in self._sessions.values()))

    def _prepare(self, mail: Mail | SealedMail) -> PreparedMail:
        first = next(iter(self._relays.values()))
        if isinstance(mail, SealedMail):
            # One reader's alone: kept, it would only push out what many share.
            return PreparedMail(mail, sender=first.sender, reply_to=first.reply_to)
        prepared = self._prepared.get(mail)
        if prepared is None:
            prepared = PreparedMail(mail, sender=first.sender, reply_to=first.reply_to)
            self._prepared[mail] = prepared
            if len(self._prepared) > PREPARED_KEPT:
                self._prepared.popitem(last=False)
        return prepared


class _Transfer:
    """RCPT and DATA for one recipient, whether they began, and whether the final dot was written."""

    def __init__(self, content: bytes, to: str) -> None:
        self._began = False
        self._ended = False
        self._refusal: Refused | None = None
        self._content = content
        self._to = f"TO:<{to}>".encode("ascii")

    def broken_off(self) -> Refused | Unknown:
        """What it means that the line broke, or the time ran out, just now."""
        if self._refusal:
            return self._refusal
        if self._ended:
            return Unknown(reason="The line to the relay broke after the data had been sent.")
        reason = "The line to the relay broke before the data had been sent."
        return Refused(permanent=False, reason=reason, our_side=not self._began)

    async def over(self, smtp: aiosmtplib.SMTP, way: str) -> Outcome:
        self._began, self._ended, self._refusal = True, False, None
        response = await smtp.execute_command(b"RCPT", self._to)
        if response.code not in _RECIPIENT_TAKEN:
            return await self._turned_away(smtp, response.code, response.message)
        response = await smtp.execute_command(b"DATA")
        if response.code != _START_INPUT:
            return await self._turned_away(smtp, response.code, response.message)
        if smtp.protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        if smtp.protocol._buffer:  # noqa: SLF001 - the library has no other word for it
            # An answer that came before its question would pass for the one to the dot.
            raise aiosmtplib.SMTPServerDisconnected("The relay spoke out of turn")
        self._ended = True
        smtp.protocol.write(self._content + b".\r\n")
        response = await smtp.protocol.read_response()
        if 200 <= response.code < 300:
            return Accepted(code=response.code, excerpt=response.message[:LONGEST_EXCERPT], way=way)
        if not 400 <= response.code < 600:
            drop(smtp)
            return Unknown(reason="The relay's answer to the data made no sense.")
        return await self._turned_away(smtp, response.code, response.message)

    async def _turned_away(self, smtp: aiosmtplib.SMTP, code: int, message: str) -> Refused:
        """The refusal; the session is made ready for the next message, or closed if it will not be."""
        self._refusal = _refused(code, message)
        try:
            async with asyncio.timeout(RESET_WITHIN_S):
                await smtp.rset()
        except (aiosmtplib.SMTPException, OSError):
            drop(smtp)
        return self._refusal


def _is_relay_trouble(outcome: Outcome) -> bool:
    """Whether the relay failed before it had everything, so that another may be asked."""
    return (
        isinstance(outcome, Refused)
        and not outcome.permanent
        and (outcome.code in {None, _CLOSING} or outcome.our_side)
    )


def _refused(code: int, message: str) -> Refused:
    """RFC 5321, section 4.2.1: 4yz for now, 5yz for good; but not where it is our login that is refused."""
    excerpt = message[:LONGEST_EXCERPT]
    if code in _OUR_LOGIN:
        reason = "The mail relay refused our login."
        return Refused(permanent=False, code=code, reason=reason, excerpt=excerpt, our_side=True)
    if code == _CLOSING:
        reason = "The mail relay is closing (status 421)."
        wait_s = LEFT_ALONE_S
        return Refused(permanent=False, code=code, reason=reason, excerpt=excerpt, our_side=True, retry_after_s=wait_s)
    if not 500 <= code < 600:
        reason = f"The mail server cannot take it now (status {code})."
        return Refused(permanent=False, code=code, reason=reason, excerpt=excerpt)
    if is_hard(message):
        reason = f"The mail server says that there is no such address (status {code})."
        return Refused(permanent=True, code=code, reason=reason, excerpt=excerpt, no_such_address=True)
    if code == _TOO_LARGE:
        reason = "The mail server finds our message too large (status 552)."
        return Refused(permanent=True, code=code, reason=reason, excerpt=excerpt, our_mistake=True)
    reason = f"The mail server turned it away (status {code})."
    return Refused(permanent=True, code=code, reason=reason, excerpt=excerpt)


def _ascii_address(address: str) -> str | None:
    """The address with its domain in the form that DNS uses, or None if it cannot be written to."""
    if not _ADDRESS.fullmatch(address):
        return None
    local, _, domain = address.rpartition("@")
    try:
        return f"{local.encode('ascii').decode()}@{_as_dns_knows(domain)}"
    except UnicodeError:
        return None


@lru_cache(maxsize=DOMAINS_KEPT)
def _as_dns_knows(domain: str) -> str:
    return domain.encode("idna").decode()
