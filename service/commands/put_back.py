"""Puts claims back in line of which nothing was tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, case, update

from service.records import Delivery
from service.records.base import UtcDateTime
from service.vocabulary import DeliveryState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.commands.claims import Claim

_D = Delivery.__table__.c


def put_back(session: Session, waiting: Sequence[tuple[Claim, datetime]]) -> None:
    """Let these be claimed again from an instant on (the database's clock), while their leases are ours.

    The try does not count, the 72 hours do not begin, and the reason of the last real try stays.
    """
    if not waiting:
        return
    session.connection().execute(
        update(Delivery.__table__)  # type: ignore[arg-type] # a record's table is a table
        .where(_D.id == bindparam("of_id"), _D.lease_token == bindparam("of_token"))
        .values(
            # What may have been sent by an earlier try still may have.
            state=case((_D.maybe_sent, DeliveryState.UNKNOWN.value), else_=DeliveryState.QUEUED.value),
            attempts=_D.attempts - 1,
            first_attempt_at=bindparam("first_at", type_=UtcDateTime),
            due_at=bindparam("again_at", type_=UtcDateTime),
            lease_token=None,
        ),
        [
            {
                "of_id": claim.id, "of_token": claim.lease_token, "again_at": again_at,
                "first_at": None if claim.begins else claim.first_attempt_at,
            }
            for claim, again_at in sorted(waiting, key=lambda pair: pair[0].id)
        ],
    )  # fmt: skip
