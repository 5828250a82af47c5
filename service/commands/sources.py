"""A document, report or witness is put on record."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.facts import Tier
from service.commands.audit import audit
from service.errors import Conflict
from service.records import Source
from service.records.base import new_id
from service.vocabulary import Reliability

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from service.security.encryption import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSource:
    """What is said of a source; `key` is how people call it."""

    key: str
    title: str
    tier: Tier = Tier.RESTRICTED
    publisher: str | None = None
    url: str | None = None
    published_on: date | None = None
    reliability: Reliability = Reliability.UNDETERMINED


def add_source(session: Session, given: NewSource, *, now: datetime, by: str, vault: Vault) -> Source:
    """Write the source. Raises Conflict when its key is taken."""
    if session.scalar(select(Source.id).where(Source.key == given.key)) is not None:
        raise Conflict("A source bears this key already.")
    source = Source(id=new_id(), created_at=now, **asdict(given))
    session.add(source)
    session.flush()
    audit(
        session, at=now, actor=by, action="add_source", record="source", record_id=str(source.id),
        detail={"key": source.key}, key=vault.audit_key,
    )  # fmt: skip
    return source
