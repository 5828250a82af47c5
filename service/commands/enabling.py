"""A destination that was switched off is given another try: by staff, or by a mailbox's owner who asks again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.commands.audit import audit
from service.vocabulary import DestinationState

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.records import Destination
    from service.security.encryption import Vault


def enable_destination(session: Session, destination: Destination, *, now: datetime, by: str, vault: Vault) -> None:
    """Switch it on and forget its failures; one that was on forgets them too, and nothing else happens.

    What was cancelled while it was off stays cancelled. A mailbox that nobody ever confirmed waits for that as before.
    """
    if destination.state is not DestinationState.DISABLED and destination.first_failure_at is None:
        return
    try_anew(destination, DestinationState.READY if destination.verified_at else DestinationState.PENDING)
    destination.enabled_at = now
    session.flush()
    audit(
        session, at=now, actor=by, action="enable_destination", record="destination", record_id=str(destination.id),
        detail={"channel": destination.channel.value}, key=vault.audit_key,
    )  # fmt: skip


def try_anew(destination: Destination, state: DestinationState) -> None:
    """Put it into this state with nothing held against it."""
    destination.state = state
    if state is DestinationState.PENDING:
        destination.verified_at = None
    destination.failures = 0
    destination.first_failure_at = destination.last_failure_at = None
    destination.disabled_at = destination.disabled_reason = None


def was_private_and_failed(destination: Destination) -> bool:
    """Whether this is a reader's own mailbox that its failures, and nobody's decision, switched off."""
    is_off = destination.state is DestinationState.DISABLED
    return is_off and not destination.label and destination.first_failure_at is not None
