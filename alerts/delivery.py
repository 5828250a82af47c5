"""One try at one delivery: the right channel, within its time, with an outcome whatever happens."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from alerts.channels import channel_name
from alerts.channels.base import EARLY_S
from alerts.messages import Chat, Event, Form, Mail, SealedMail
from alerts.outcomes import Refused, Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.channels.base import Channel
    from alerts.facts import Address, Envelope
    from alerts.messages import Sendable
    from alerts.outcomes import Outcome

_FORMS: Mapping[Form, tuple[type, ...]] = {Form.MAIL: (Mail, SealedMail), Form.CHAT: (Chat,), Form.EVENT: (Event,)}


async def deliver(
    message: Sendable, address: Address, envelope: Envelope, *, channels: Mapping[str, Channel]
) -> Outcome:
    """Sends the message to the address and says what became of it.

    Ends two seconds before the channel's budget is spent, so that the outcome can be recorded in time.
    A mistake of ours is a refusal for good that names it, so that one poisoned message never stops the others.
    """
    name = channel_name(address)
    if name not in channels:
        return Refused(permanent=False, reason=f"The channel {name} is not set up here.", our_side=True)
    channel = channels[name]
    if not isinstance(message, _FORMS[channel.form]):
        return Refused(
            permanent=True, reason=f"An internal error: {name} got a {type(message).__name__}.", our_mistake=True
        )
    try:
        async with asyncio.timeout(channel.budget_s - EARLY_S):
            return await channel.send(message, address, envelope)
    except TimeoutError:
        # every channel ends its own waiting earlier and knows how far it came; here nobody does
        return Unknown(reason="The time ran out, and it is not known what had been sent.")
    except Exception as error:  # noqa: BLE001, parked with its name and shown to staff
        return Refused(
            permanent=True, reason=f"An internal error: {type(error).__name__}.", our_mistake=True, maybe_sent=True
        )
