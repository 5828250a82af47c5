"""What one try at a delivery needs beside its words: its key, its personal links, and where it comes back to."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid5

from sqlalchemy import func, select

from alerts.channels import CHANNELS
from alerts.facts import Envelope, Recipient
from service.records import Attempt, Digest
from service.security.return_addresses import ReturnAddresses
from service.vocabulary import FOLLOWED, NOTICES, AlertKind

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.commands.claims import Claim
    from service.links import Links
    from service.queries.standing import ToldAlert
    from service.worker.parts import WorkerParts

# What a subscription is the reason for; where one ended with its case, its link says so.
_CAUSED = (*FOLLOWED, AlertKind.CASE_CLOSED)


class Envelopes:
    """Writes the envelopes of one installation: with addresses for what comes back, where it has an intake for it."""

    def __init__(self, parts: WorkerParts) -> None:
        self._parts = parts
        domain = parts.settings.intake.domain
        self._returns = ReturnAddresses.of(parts.vault, domain) if domain else None

    def around(self, session: Session, claim: Claim, alert: ToldAlert | None) -> Envelope:
        """The envelope of one try; raises what the database raises."""
        written_at = alert.created_at if alert else _closed_at(session, claim) or claim.first_attempt_at
        links = self._parts.links
        recipient = Recipient()
        if claim.subscription_id is not None and (alert is None or alert.kind in _CAUSED):
            if alert is None:
                # A summary holds what several wishes asked for: its way out is that of all summaries.
                stop = links.unsubscribe_from_summaries(claim.destination_id)
                by_mail = self._returns.stop_summaries(claim.subscription_id) if self._returns else None
            else:
                stop = links.unsubscribe(claim.subscription_id)
                by_mail = self._returns.stop(claim.subscription_id) if self._returns else None
            list_id = f"s{claim.subscription_id}"
            recipient = Recipient(list_id=list_id, unsubscribe_url=stop, one_click_url=stop, stop_mailbox=by_mail)
        return Envelope(
            key=claim.key,
            recipient=recipient,
            written_at=written_at,
            now=self._parts.wall_clock.now(),
            resource_url=_resource_url(links, claim, alert),
            maybe_sent=claim.maybe_sent,
            key_forgotten=_is_forgotten(session, claim),
            attempt=claim.attempt,
            ways=claim.ways,
            return_path=self._returns.bounce(claim.id) if self._returns else None,
            thread=_thread(claim, alert) if recipient.list_id else None,
        )


def _resource_url(links: Links, claim: Claim, alert: ToldAlert | None) -> str:
    if alert is not None and alert.kind in NOTICES:
        return links.destination(alert.facts["destination_id"])
    return links.alert(claim.alert_id) if claim.alert_id else links.public_url


def _thread(claim: Claim, alert: ToldAlert | None) -> str:
    """What one reader is told of one case belongs together, and so do their digests; no id can be read from it."""
    about = alert.case_id if alert is not None else None
    return str(uuid5(claim.destination_id, f"case {about}" if about else "digests"))


def _is_forgotten(session: Session, claim: Claim) -> bool:
    """Whether a try may have arrived so long ago that the receiver no longer knows its key: staff sent it again."""
    hold_after_s = CHANNELS[claim.channel].repeat_policy.hold_after_s
    if hold_after_s is None or not claim.maybe_sent:
        return False
    first_at = session.scalar(select(func.min(Attempt.started_at)).where(Attempt.delivery_id == claim.id))
    return first_at is not None and (claim.leased_until - first_at).total_seconds() >= hold_after_s


def _closed_at(session: Session, claim: Claim) -> datetime | None:
    return session.scalar(select(Digest.closed_at).where(Digest.id == claim.digest_id))
