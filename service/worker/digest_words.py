"""The words of one digest, which are its reader's alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.channels import form_of
from service.facts import at_detail, digest_told

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.messages import Message
    from service.commands.claims import Claim
    from service.vocabulary import Detail
    from service.worker.parts import WorkerParts


def digest_message(
    session: Session,
    parts: WorkerParts,
    claim: Claim,
    digest_id: UUID,
    *,
    detail: Detail,
    time_zone: str,
    now: datetime,
) -> tuple[Message, Claim] | None:
    """What still stands of it at `now` (UTC) in words, and the claim with a subscription that still stands as its reason.

    None: nothing does. The days are those of `time_zone` (IANA).
    """
    told = digest_told(
        session,
        digest_id,
        tier=claim.tier,
        time_zone=time_zone,
        now=now,
        links=parts.links,
        organisation=parts.settings.organisation,
    )
    if told is None:
        return None
    said = at_detail(told.facts, detail, news_url=parts.links.news)
    message = parts.renderer.render(said, claim.language, form=form_of(claim.channel))
    return message, claim._replace(subscription_id=told.subscription_id)
