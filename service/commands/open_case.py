"""A case is opened."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from service.commands.audit import audit
from service.errors import Conflict
from service.records import Case
from service.records.base import new_id
from service.vocabulary import DetentionStatus, Monitoring

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from alerts.facts import Tier
    from service.security.encryption import Vault

# 80 bits: the page of an unlisted case cannot be guessed.
_SLUG_BYTES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """What a case begins with; `country` is ISO 3166-1 alpha-2, `time_zone` the IANA zone of the facility."""

    reference: str
    title: str
    country: str
    time_zone: str
    detention_status: DetentionStatus
    summary: str
    tier: Tier
    facility: str | None = None
    last_verified_on: date | None = None


def open_case(session: Session, given: NewCase, *, now: datetime, by: str, vault: Vault) -> Case:
    """Write the case with a page address that does not tell its reference. Raises Conflict when the reference is taken."""
    if session.scalar(select(Case.id).where(Case.reference == given.reference)) is not None:
        raise Conflict("A case bears this reference already.")
    case = Case(
        id=new_id(), reference=given.reference, slug=secrets.token_hex(_SLUG_BYTES), tier=given.tier, title=given.title,
        country=given.country, time_zone=given.time_zone, facility=given.facility, summary=given.summary,
        detention_status=given.detention_status, monitoring=Monitoring.ACTIVE,
        last_verified_on=given.last_verified_on, created_at=now,
    )  # fmt: skip
    session.add(case)
    session.flush()
    audit(
        session, at=now, actor=by, action="open_case", record="case", record_id=str(case.id),
        detail={"reference": case.reference}, key=vault.audit_key,
    )  # fmt: skip
    return case
