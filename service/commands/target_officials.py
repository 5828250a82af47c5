"""Officials to write to are put on record, changed and verified."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from service.commands.audit import audit
from service.errors import InvalidInput, Problem
from service.records import TargetOfficial
from service.records.base import new_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from service.security.encryption import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOfficial:
    """An office and how to reach it, as verified on a day; `salutations` by language (BCP 47)."""

    office: str
    country: str
    last_verified_on: date
    name: str | None = None
    address: str | None = None
    mailbox: str | None = None
    salutations: Mapping[str, str] = field(default_factory=dict)


def add_official(session: Session, given: NewOfficial, *, now: datetime, by: str, vault: Vault) -> TargetOfficial:
    """Write the official. Raises InvalidInput where there is no way to reach them, or a day that is still to come."""
    require_reachable(given.address, given.mailbox)
    require_past(given.last_verified_on, now=now)
    official = TargetOfficial(**{**asdict(given), "salutations": dict(given.salutations)}, id=new_id(), created_at=now)
    session.add(official)
    session.flush()
    audit(
        session, at=now, actor=by, action="add_official", record="target_official", record_id=str(official.id),
        detail={"office": official.office}, key=vault.audit_key,
    )  # fmt: skip
    return official


def require_reachable(address: str | None, mailbox: str | None) -> None:
    """Raise InvalidInput unless a letter could be sent."""
    if not address and not mailbox:
        raise InvalidInput([Problem("address", "Give a postal address or a mailbox.")])


def require_past(verified_on: date, *, now: datetime) -> None:
    """Raise InvalidInput for a day that is still to come at `now` (UTC)."""
    if verified_on > now.date():
        raise InvalidInput([Problem("last_verified_on", "This day is still to come.")])
