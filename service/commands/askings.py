"""Forms that anybody may send are put down sealed, and looked at after the browser has its answer."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from alerts.facts import Tier
from service.commands.manage_visits import mail_link
from service.commands.subscribe import subscribe
from service.commands.wishes import wish_from_plain
from service.records import Asking, Case
from service.records.base import new_id
from service.security.encryption import Unreadable
from service.vocabulary import AskingKind, Monitoring

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.commands.wishes import Wish
    from service.security.encryption import Vault

_COLUMN = "asking.fields_sealed"
# The process that took the form looks at it at once; what is older was left behind by one that died.
LEFT_BEHIND_AFTER = timedelta(seconds=30)


def leave_asking(
    session: Session, kind: AskingKind, fields: Mapping[str, Any], *, wall_now: datetime, vault: Vault
) -> UUID:
    """Put a form down: one row, sealed, the same work whatever the address. Returns its id."""
    asking = Asking(id=new_id(), kind=kind, created_at=wall_now)
    asking.fields_sealed = vault.seal(json.dumps(dict(fields)), column=_COLUMN, row_id=asking.id)
    session.add(asking)
    session.flush()
    return asking.id


def left_behind(session: Session, *, wall_now: datetime) -> Sequence[UUID]:
    """The forms that nobody has looked at though they should have been."""
    return session.scalars(
        select(Asking.id).where(Asking.created_at < wall_now - LEFT_BEHIND_AFTER).order_by(Asking.created_at)
    ).all()


def answer_asking(session: Session, asking_id: UUID, *, now: datetime, wall_now: datetime, vault: Vault) -> None:
    """Take the form out and do what it asks for; nothing when somebody else has taken it."""
    taken = session.execute(
        delete(Asking).where(Asking.id == asking_id).returning(Asking.kind, Asking.fields_sealed)
    ).first()
    if taken is None:
        return
    try:
        fields = json.loads(vault.open(taken.fields_sealed, column=_COLUMN, row_id=asking_id))
    except Unreadable:
        # Sealed with a key that is gone: nobody can ever read it, and whoever sent it may ask again.
        return
    if taken.kind is AskingKind.MANAGE:
        mail_link(session, fields["address"], wall_now=wall_now, now=now, vault=vault)
        return
    wish = wish_from_plain(fields["wish"])
    if _may_be_followed(session, wish):
        subscribe(
            session, wish, address=fields["address"], language=fields["language"], time_zone=fields["time_zone"],
            now=now, wall_now=wall_now, vault=vault,
        )  # fmt: skip


def _may_be_followed(session: Session, wish: Wish) -> bool:
    if wish.case_id is None:
        return True
    case = session.get(Case, wish.case_id)
    return case is not None and case.tier is Tier.PUBLIC and case.monitoring is not Monitoring.CLOSED
