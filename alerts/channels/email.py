"""A mailbox, by the organisation's own mail relay."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from typing import TYPE_CHECKING, ClassVar

import aiosmtplib

from alerts.channels.base import EARLY_S, LONGEST_EXCERPT, RepeatPolicy
from alerts.channels.mime import PreparedMail
from alerts.channels.relay import RelayRefused, Sessions
from alerts.facts import Accepted, EmailAddress, Refused, Unknown
from alerts.messages import Form, Mail

if TYPE_CHECKING:
    from alerts.channels.relay import Relay
    from alerts.facts import Envelope, Outcome

# One alert in every language and tier, several times over.
PREPARED_KEPT = 64

# Quoted local parts and comments are legal and unused; refusing them leaves nothing to inject.
_ADDRESS = re.compile(r"[^\s<>\"(),:;\\@\x00-\x20\x7f-\x9f]{1,64}@[^\s<>\"(),:;\\@\[\]\x00-\x20\x7f-\x9f]{1,253}")
_NO_SUCH_ADDRESS = re.compile(r"5\.1\.[0-9]{1,3}\b")

_START_INPUT = 354
_OUR_LOGIN = frozenset({530, 534, 535, 538})
_TOO_LARGE = 552


class Email:
    """Hands one mail for one recipient to the relay; a repeat has the same Message-ID and the same bytes."""

    name: ClassVar[str] = "email"
    form: ClassVar[Form] = Form.MAIL
    address_type: ClassVar[type] = EmailAddress
    budget_s: ClassVar[float] = 30.0
    repeat_policy: ClassVar[RepeatPolicy] = RepeatPolicy()

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._sessions = Sessions(relay)
        self._prepared: OrderedDict[Mail, PreparedMail] = OrderedDict()

    async def send(self, message: Mail, address: EmailAddress, envelope: Envelope) -> Outcome:
        """One SMTP transaction. Raises NotPersonal and Unwritable, which are mistakes of ours."""
        to = _ascii_address(address.address)
        if to is None:
            return Refused(permanent=True, reason="This is not a mail address that we can write to.")
        content = self._prepare(message).fill_in(
            to=to,
            envelope=envelope,
            domain=self._relay.message_id_domain,
            unsubscribe_mailbox=self._relay.unsubscribe_mailbox,
        )
        transfer = _Transfer(content, to)
        try:
            async with asyncio.timeout(self.budget_s - 2 * EARLY_S), self._sessions.session() as smtp:
                return await transfer.over(smtp)
        except RelayRefused as error:
            return Refused(permanent=False, code=error.code, reason=str(error), our_side=True)
        except aiosmtplib.SMTPSenderRefused as error:
            return _refused(error.code, error.message)
        except (aiosmtplib.SMTPException, OSError):
            if transfer.ended:
                return Unknown(reason="The line to the relay broke after the data had been sent.")
            reason = "The line to the relay broke before the data had been sent."
            return Refused(permanent=False, reason=reason, our_side=not transfer.began)

    async def aclose(self) -> None:
        """Closes the connections to the relay."""
        await self._sessions.aclose()

    def _prepare(self, mail: Mail) -> PreparedMail:
        prepared = self._prepared.get(mail)
        if prepared is None:
            prepared = PreparedMail(mail, sender=self._relay.sender, reply_to=self._relay.reply_to)
            self._prepared[mail] = prepared
            if len(self._prepared) > PREPARED_KEPT:
                self._prepared.popitem(last=False)
        return prepared


class _Transfer:
    """RCPT and DATA for one recipient, whether they began, and whether the final dot was written."""

    def __init__(self, content: bytes, to: str) -> None:
        self.began = False
        self.ended = False
        self._content = content
        self._to = to

    async def over(self, smtp: aiosmtplib.SMTP) -> Outcome:
        self.began = True
        try:
            await smtp.rcpt(self._to)
        except aiosmtplib.SMTPRecipientRefused as error:
            return await self._turned_away(smtp, error.code, error.message)
        response = await smtp.execute_command(b"DATA")
        if response.code != _START_INPUT:
            return await self._turned_away(smtp, response.code, response.message)
        if smtp.protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        smtp.protocol.write(self._content)
        self.ended = True
        smtp.protocol.write(b".\r\n")
        response = await smtp.protocol.read_response()
        if 200 <= response.code < 300:
            return Accepted(code=response.code, excerpt=response.message[:LONGEST_EXCERPT])
        if not 400 <= response.code < 600:
            smtp.close()
            return Unknown(reason="The relay's answer to the data made no sense.")
        return await self._turned_away(smtp, response.code, response.message)

    async def _turned_away(self, smtp: aiosmtplib.SMTP, code: int, message: str) -> Refused:
        """The refusal; the session is made ready for the next message, or closed if it will not be."""
        try:
            await smtp.rset()
        except (aiosmtplib.SMTPException, OSError):
            smtp.close()
        return _refused(code, message)


def _refused(code: int, message: str) -> Refused:
    """RFC 5321, section 4.2.1: 4yz for now, 5yz for good; but not where it is our login that is refused."""
    excerpt = message[:LONGEST_EXCERPT]
    if code in _OUR_LOGIN:
        reason = "The mail relay refused our login."
        return Refused(permanent=False, code=code, reason=reason, excerpt=excerpt, our_side=True)
    if not 500 <= code < 600:
        reason = f"The mail server cannot take it now (status {code})."
        return Refused(permanent=False, code=code, reason=reason, excerpt=excerpt)
    if _NO_SUCH_ADDRESS.match(message):
        reason = f"The mail server says that there is no such address (status {code})."
        return Refused(permanent=True, code=code, reason=reason, excerpt=excerpt, no_such_address=True)
    if code == _TOO_LARGE:
        reason = "The mail server finds our message too large (status 552)."
    else:
        reason = f"The mail server turned it away (status {code})."
    return Refused(permanent=True, code=code, reason=reason, excerpt=excerpt)


def _ascii_address(address: str) -> str | None:
    """The address with its domain in the form that DNS uses, or None if it cannot be written to."""
    if not _ADDRESS.fullmatch(address):
        return None
    local, _, domain = address.rpartition("@")
    try:
        return f"{local.encode('ascii').decode()}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return None
