"""Whose page a mailed link opens."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import Request
from sqlalchemy.orm import Session

from service.errors import NotFound
from service.pages.rendering import speak_to
from service.records import Subscriber
from service.web import Parts


def linked_subscriber(
    request: Request, session: Session, parts: Parts, purpose: str, token: str, now: datetime
) -> UUID:
    """The subscriber whom a link of this purpose names; the answer is in their language from here on.

    Raises the signer's errors for a link that is forged or expired, and NotFound when its subscriber was erased.
    """
    subscriber_id = UUID(parts.signer.read(purpose, token, now=now))
    subscriber = session.get(Subscriber, subscriber_id)
    if subscriber is None:
        raise NotFound("This link leads nowhere any more.")
    speak_to(request, subscriber.language)
    return subscriber_id
