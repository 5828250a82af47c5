"""Stand-ins that are passed in: channels that record what they are given and answer as they are told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from alerts.channels import CHANNELS
from alerts.channels.base import RepeatPolicy
from alerts.messages import Form
from alerts.outcomes import Accepted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from alerts.channels.base import Channel
    from alerts.facts import Address, Envelope
    from alerts.messages import Message
    from alerts.outcomes import Outcome


@dataclass
class Sent:
    """One try that a channel was given."""

    channel: str
    message: Message
    address: Address
    envelope: Envelope


@dataclass
class Post:
    """Everything that the recording channels were given, and what they answer.

    `answer` gets the try and says the outcome; `before_answer` is awaited first, for a receiver that takes its time.
    """

    sent: list[Sent] = field(default_factory=list)
    answer: Callable[[Sent], Outcome] = lambda _: Accepted(code=250)
    before_answer: Callable[[Sent], Awaitable[None]] | None = None

    def channels(self) -> dict[str, Channel]:
        """A recording channel for every name."""
        return {name: RecordingChannel.named(name, self) for name in CHANNELS}

    def keys(self) -> list[str]:
        """The keys in the order in which they came."""
        return [one.envelope.key for one in self.sent]


class RecordingChannel:
    """A channel that writes down what it is given."""

    name: ClassVar[str] = ""
    form: ClassVar[Form] = Form.MAIL
    address_type: ClassVar[type] = object
    budget_s: ClassVar[float] = 20.0
    repeat_policy: ClassVar[RepeatPolicy] = RepeatPolicy()

    def __init__(self, post: Post) -> None:
        self._post = post

    @staticmethod
    def named(name: str, post: Post) -> RecordingChannel:
        """A channel that passes for the real one of this name."""
        real = CHANNELS[name]
        made: type[RecordingChannel] = type(
            f"Recording{real.__name__}",
            (RecordingChannel,),
            {
                "name": name,
                "form": real.form,
                "address_type": real.address_type,
                "budget_s": real.budget_s,
                "repeat_policy": real.repeat_policy,
            },
        )
        return made(post)

    async def send(self, message: Any, address: Any, envelope: Envelope) -> Outcome:
        """Write the try down, and answer."""
        one = Sent(self.name, message, address, envelope)
        self._post.sent.append(one)
        if self._post.before_answer is not None:
            await self._post.before_answer(one)
        return self._post.answer(one)

    async def aclose(self) -> None:
        """Nothing is open."""
