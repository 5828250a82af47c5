"""The job that empties the mailbox to which mail comes back: each message's consequence is committed before it is put away."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

from service.commands.beat import beat
from service.commands.take_in_mail import forget_incoming, take_in_mail
from service.security.return_addresses import ReturnAddresses
from service.vocabulary import Beat
from service.worker.mailbox import open_mailbox

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.vocabulary import MailTakenIn
    from service.worker.mailbox import Letter
    from service.worker.parts import WorkerParts

log = structlog.get_logger()

TAKE_IN_MAIL = Beat.TAKE_IN_MAIL.value
_FAILED = "failed"


def take_in_mailbox(parts: WorkerParts) -> Mapping[str, int] | None:
    """Take in what is unread; how many messages led to what, or None where no mailbox is named.

    A message that a worker dies over, or that two workers read at once, has its consequence once all the same. Raises
    MailboxTrouble, and what the database raises; then the messages stay unread.
    """
    intake = parts.settings.intake
    if intake.imap_host is None or intake.domain is None:
        return None
    addresses = ReturnAddresses.of(parts.vault, intake.domain)
    led_to: Counter[str] = Counter()
    with open_mailbox(intake) as mailbox:
        for letter in mailbox.unread():
            try:
                led_to[_taken_in(parts, letter, addresses).value] += 1
            except SQLAlchemyError:
                raise
            except Exception as error:
                # A mistake of ours over one message must not keep the others unread.
                log.exception("a mail that came in could not be taken in", error=type(error).__name__)
                led_to[_FAILED] += 1
                mailbox.put_aside(letter)
                continue
            mailbox.put_away(letter)
    with parts.writing.begin() as session:
        forget_incoming(session, now=parts.wall_clock.now())
        beat(session, TAKE_IN_MAIL, at=parts.wall_clock.now(), detail=dict(led_to))
    return led_to


def _taken_in(parts: WorkerParts, letter: Letter, addresses: ReturnAddresses) -> MailTakenIn:
    with parts.writing.begin() as session:
        return take_in_mail(
            session, letter.raw, addresses=addresses, now=parts.wall_clock.now(), vault=parts.vault
        )  # fmt: skip
