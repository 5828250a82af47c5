"""The inside of an encrypted mail: the whole message with its headers, as the reader's program will show it."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING

from alerts.channels.mime import MAIL_POLICY, set_parts, without_controls
from alerts.messages import OUTER_SUBJECT, personalise

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.facts import Recipient
    from alerts.messages import Mail


def inside_of(mail: Mail, recipient: Recipient, *, sender: str, to: str, written_at: datetime) -> bytes:
    """The mail as this recipient reads it, before it is encrypted: the same bytes each time.

    The headers inside are the true ones, and each `HP-Outer` says what stands outside (RFC 9788); `protected-headers`
    says the same to older programs. Raises NotPersonal and Unwritable.
    """
    read = personalise(mail, recipient)
    outside = {"From": sender, "To": to, "Date": format_datetime(written_at), "Subject": OUTER_SUBJECT}
    message = EmailMessage(policy=MAIL_POLICY)
    for name, value in {**outside, "Subject": read.subject}.items():
        message[name] = without_controls(name, value)
    for name, value in outside.items():
        message["HP-Outer"] = f"{name}: {value}"
    set_parts(message, read)
    message.set_param("protected-headers", "v1")
    message.set_param("hp", "cipher")
    return message.as_bytes()
